"""The frame around every page, the start page and the pages of errors."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from django.views import defaults

from config.refusals import RefusalMiddleware
from ledger.rules.refusal import NotAllowed

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


class TestHome:
    def test_says_what_this_is_and_opens_three_doors(self, client: Client) -> None:
        page = client.get("/").content.decode()
        assert "Many hands, one price, nothing hidden." in page
        assert page.count('<article class="card plain">') == 3

    def test_names_its_language_and_direction(self, client: Client) -> None:
        assert '<html lang="fr" dir="ltr">' in client.get("/", HTTP_ACCEPT_LANGUAGE="fr").content.decode()
        with translation.override("ar"):
            assert 'dir="rtl"' in render_to_string("base.html", request=_asked())

    def test_switching_the_language_keeps_the_page(self, client: Client) -> None:
        answer = client.post("/i18n/setlang/", {"language": "fr", "next": "/sign-in/login/?next=/"})
        assert answer.status_code == 302 and answer.url == "/sign-in/login/?next=/"
        page = client.get("/").content.decode()
        assert 'lang="fr"' in page and "Bien des mains, un prix, rien de caché." in page

    def test_policy_allows_no_inline_script(self, client: Client) -> None:
        policy = client.get("/")["Content-Security-Policy"]
        assert "unsafe" not in policy and "default-src 'none'" in policy


class TestLook:
    def test_is_hidden_from_strangers(self, client: Client) -> None:
        assert client.get("/look/").status_code == 404

    def test_shows_every_part_to_those_who_build(self, client: Client, settings: object) -> None:
        settings.DEBUG = True  # type: ignore[attr-defined]
        assert client.get("/look/").status_code == 200


class TestErrors:
    def test_an_unknown_address_says_so_without_the_database(self, client: Client) -> None:
        client.cookies["session"] = "left-from-yesterday"
        with CaptureQueriesContext(connection) as queries:
            answer = client.get("/no-such-place/", HTTP_ACCEPT_LANGUAGE="fr")
        assert answer.status_code == 404 and not queries
        assert 'lang="fr"' in answer.content.decode()

    def test_a_bug_is_answered_without_database_or_context(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            answer = defaults.server_error(_asked())
        assert answer.status_code == 500 and not queries
        assert b"Something broke here" in answer.content

    def test_a_refusal_is_a_page_with_its_words(self) -> None:
        class OnlyStewards(NotAllowed):
            """Only a steward of {cooperative} may do this."""

        answer = RefusalMiddleware(lambda _: HttpResponse()).process_exception(
            _asked(), OnlyStewards(cooperative="<b>Fern</b>")
        )
        assert answer is not None and answer.status_code == 403
        assert "Only a steward of &lt;b&gt;Fern&lt;/b&gt; may do this." in answer.content.decode()

    def test_a_stale_form_is_answered_kindly(self) -> None:
        client = Client(enforce_csrf_checks=True)
        answer = client.post("/i18n/setlang/", {"language": "fr"})
        assert answer.status_code == 403 and b"This page was open too long" in answer.content


def _asked() -> object:
    request = RequestFactory().get("/somewhere/", HTTP_ACCEPT="text/html")
    request.user = AnonymousUser()
    return request


class TestSignIn:
    @pytest.mark.parametrize("page", ["login", "signup", "password/reset", "confirm-email"])
    def test_stands_in_our_frame(self, client: Client, page: str) -> None:
        answer = client.get(f"/sign-in/{page}/")
        assert answer.status_code == 200
        assert 'class="masthead"' in answer.content.decode()

    def test_a_wrong_password_keeps_the_address_and_names_the_error(self, client: Client) -> None:
        page = client.post("/sign-in/login/", {"login": "dov@post.example", "password": "guess"}).content.decode()
        assert "<title>Error:" in page and 'value="dov@post.example"' in page and 'role="alert"' in page

    @pytest.mark.parametrize("page", ["email", "password/change", "logout"])
    def test_the_account_pages_stand_in_our_frame(self, client: Client, page: str) -> None:
        client.force_login(get_user_model().objects.create_user("cleo", "cleo@post.example", "goat cheese"))
        answer = client.get(f"/sign-in/{page}/")
        assert answer.status_code == 200
        assert 'class="tabs"' in answer.content.decode()
