"""A letter as it goes out: its words, and beside them the same words set in the house's hand."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import get_language_bidi

from cooperatives.rules.letter_lines import paragraphs


def as_mail(subject: str, body: str, to: str) -> EmailMultiAlternatives:
    """The text is the letter; what is set beside it loads nothing from anywhere, and says no more."""
    message = EmailMultiAlternatives(subject, body, to=[to])
    message.attach_alternative(as_page(subject, body), "text/html")
    return message


def as_page(subject: str, body: str) -> str:
    """The letter as HTML."""
    said = {"subject": subject, "paragraphs": paragraphs(body), "address": settings.PUBLIC_ADDRESS}
    return render_to_string("look/letter.html", said | {"is_from_right": get_language_bidi()})
