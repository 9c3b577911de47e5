"""Passkeys, codes and recovery: pages in our frame and in French, secrets locked, and a code that is asked for."""

import base64
import hashlib
import hmac
import struct
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client

from config.second_factors import SecondFactors

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

PASSWORD = "a-long-word-7"


def code_of(secret: str) -> str:
    """What an app shows now (RFC 6238: HMAC-SHA-1, thirty seconds, six digits)."""
    told = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    start = told[-1] & 15
    return f"{(struct.unpack('>I', told[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


@pytest.fixture
def cleo(client: Client) -> Client:
    """Cleo's browser, signed in by password, which she has just typed once more."""
    get_user_model().objects.create_user("cleo", "cleo@rennet.example", PASSWORD)
    client.post("/sign-in/login/", {"login": "cleo@rennet.example", "password": PASSWORD})
    client.post("/sign-in/reauthenticate/?next=/", {"password": PASSWORD})
    return client


def set_up_app(client: Client) -> str:
    """Sets up an authenticator app; answers its secret."""
    page = client.get("/sign-in/2fa/totp/activate/")
    secret = str(page.context["form"].secret)
    answer = client.post("/sign-in/2fa/totp/activate/", {"code": code_of(secret)})
    assert answer.status_code == 302
    return secret


class TestPages:
    @pytest.mark.parametrize(
        ("page", "words"),
        [
            ("", "Clés d’accès et second facteur"),
            ("totp/activate/", "Demander désormais son code"),
            ("webauthn/add/", "Créer la clé"),
            ("webauthn/", "Vos clés d’accès"),
        ],
    )
    def test_stand_in_our_frame_and_in_french(self, cleo: Client, page: str, words: str) -> None:
        answer = cleo.get(f"/sign-in/2fa/{page}", headers={"accept-language": "fr"})
        said = answer.content.decode()
        assert answer.status_code == 200
        assert 'class="tabs"' in said and words in said
        assert 'href="/devices/"' in said

    @pytest.mark.parametrize(
        ("page", "words"),
        [
            ("recovery-codes/", "Chacun ouvre une seule fois"),
            ("recovery-codes/generate/", "Faire de nouveaux codes de secours"),
            ("totp/deactivate/", "Garder l’application"),
            ("reauthenticate/", "Utiliser votre mot de passe"),
        ],
    )
    def test_once_there_is_an_app_speak_our_words_too(self, cleo: Client, page: str, words: str) -> None:
        set_up_app(cleo)
        assert words in cleo.get(f"/sign-in/2fa/{page}", headers={"accept-language": "fr"}).content.decode()

    def test_forms_have_labels_of_ours_and_say_them_once(self, client: Client) -> None:
        for page in ("login", "signup", "password/reset"):
            said = client.get(f"/sign-in/{page}/").content.decode()
            assert "E-mail address</label>" in said and "placeholder" not in said

    def test_too_many_letters_in_a_minute_are_refused_in_our_frame(self, client: Client) -> None:
        cache.clear()
        sent = {"email": "cleo@rennet.example"}
        answers = [client.post("/sign-in/password/reset/", sent) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [302] * 5 + [429]
        assert "Too often in a short time" in answers[-1].content.decode()
        cache.clear()

    def test_the_sign_in_page_offers_a_passkey(self, client: Client) -> None:
        assert 'id="passkey_login"' in client.get("/sign-in/login/").content.decode()


class TestAuthenticatorApp:
    def test_its_secret_is_not_kept_in_the_clear(self, cleo: Client) -> None:
        secret = set_up_app(cleo)
        kept = Authenticator.objects.get(type="totp").data["secret"]
        assert secret not in kept
        assert SecondFactors().decrypt(kept) == secret

    def test_a_new_key_of_the_installation_locks_nobody_out(self, cleo: Client, settings: Any) -> None:
        kept = SecondFactors().encrypt("secret")
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another"
        assert SecondFactors().decrypt(kept) == "secret"

    def test_is_asked_for_beside_the_password(self, cleo: Client) -> None:
        secret = set_up_app(cleo)
        cleo.logout()
        sent = {"login": "cleo@rennet.example", "password": PASSWORD}
        answer = cleo.post("/sign-in/login/", sent)
        assert answer["Location"] == "/sign-in/2fa/authenticate/"
        assert "One more proof" in cleo.get(answer["Location"]).content.decode()
        assert cleo.get("/passbook/").status_code == 302  # not signed in yet
        assert cleo.post("/sign-in/2fa/authenticate/", {"code": "000000"}).status_code == 200
        # A code is taken once: the one that set the app up does not sign in too.
        cache.clear()
        assert cleo.post("/sign-in/2fa/authenticate/", {"code": code_of(secret)})["Location"] == "/"
        assert cleo.get("/passbook/").status_code == 200

    def test_a_recovery_code_signs_in_once(self, cleo: Client) -> None:
        set_up_app(cleo)
        cleo.post("/sign-in/2fa/recovery-codes/generate/")
        code = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
        for expected in (302, 200):
            cleo.logout()
            cleo.post("/sign-in/login/", {"login": "cleo@rennet.example", "password": PASSWORD})
            assert cleo.post("/sign-in/2fa/authenticate/", {"code": code}).status_code == expected
