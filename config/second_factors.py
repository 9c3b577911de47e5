"""How second factors are kept: the secret of an authenticator app is locked, so that a copied database lets nobody in.

Who has lost the key of this installation (SECRET_KEY) sets these factors up again.
"""

import base64

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """allauth's own ways in our words, and a lock on what it would keep in the clear."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "add_email_blocked": _("Whoever has a second factor adds no further address."),
        "cannot_delete_authenticator": _("Your second factor is needed where you work with money."),
        "cannot_generate_recovery_codes": _("They come with the first passkey or app."),
        "incorrect_code": _("This code is wrong, or it was used or is too old."),
        "unverified_email": _("Confirm your e-mail address first, so that a lost phone does not lock you out."),
    }

    def encrypt(self, text: str) -> str:
        return _lock().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _lock().decrypt(encrypted_text.encode()).decode()


def _lock() -> MultiFernet:
    """The key of today first, then those of before, so that changing SECRET_KEY locks nobody out."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_key(secret))) for secret in secrets])


def _key(secret: str | bytes) -> bytes:
    told = secret.encode() if isinstance(secret, str) else secret
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"rennet second factors").derive(told)
