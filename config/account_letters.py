"""The letters that let somebody in, set as all our letters are."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.mail import EmailMessage

from cooperatives.post import as_mail


class AccountLetters(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """allauth's own words and ways; the page beside the words is ours."""

    def render_mail(self, *args: Any, **kwargs: Any) -> EmailMessage:
        plain = super().render_mail(*args, **kwargs)
        made = as_mail(plain.subject, plain.body, plain.to[0])
        made.from_email, made.extra_headers = plain.from_email, plain.extra_headers
        return made
