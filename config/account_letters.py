"""The letters that let somebody in, set as all our letters are; and what is said where somebody is not let in."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.mail import EmailMessage
from django.utils.translation import gettext_lazy as _

from cooperatives.post import as_mail


class AccountLetters(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """allauth's own ways; the words, and the page beside them, are ours."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account is closed."),
        "cannot_remove_primary_email": _("Letters go to this address. Let them go to another one first."),
        "duplicate_email": _("This address is yours already."),
        "email_password_mismatch": _("This e-mail address and this password do not belong together."),
        "email_taken": _("Somebody has an account with this address already."),
        "enter_current_password": _("This is not the password you have now."),
        "incorrect_code": _("This code is wrong, or it was used or is too old."),
        "incorrect_password": _("This password is wrong."),
        "invalid_password_reset": _("This link is used up"),
        "max_email_addresses": _("More than %d addresses are too many. Remove one first."),
        "rate_limited": _("Too often in a short time. Try again in some minutes."),
        "too_many_login_attempts": _("Too often in a short time. Try again in some minutes."),
        "unknown_email": _("Nobody here has this address."),
        "unverified_primary_email": _("Confirm that address first."),
    }

    def render_mail(self, *args: Any, **kwargs: Any) -> EmailMessage:
        plain = super().render_mail(*args, **kwargs)
        made = as_mail(plain.subject, plain.body, plain.to[0])
        made.from_email, made.extra_headers = plain.from_email, plain.extra_headers
        return made
