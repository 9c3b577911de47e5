"""Template tags of the ledger: quantities in their units, words for purposes and actions."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext, pgettext

from ledger.rules.amounts import format_quantity
from ledger.rules.entries import HOLDERS
from ledger.templatetags.accounts import owner_word

register = template.Library()


@register.simple_tag
def in_unit(quantity: int, unit: str, units: Mapping[str, Any]) -> str:
    """{% in_unit 1250 "EUR@coops/fern" units %} → 12.50 EUR owed by fern; units by code give the decimals"""
    exponent = known.exponent if (known := units.get(unit)) else 0
    # An amount of so many decimals has no other form in the reader's language than its mark and its groups.
    figure = number_format(format_quantity(quantity, exponent), exponent, use_l10n=True, force_grouping=True)
    return f"{figure.replace('-', '−', 1)} {unit_word(unit)}"


@register.filter
def unit_word(unit: str) -> str:
    """A unit as people say it: EUR, g, EUR owed by fern (a cooperative or the market; others with what they are)."""
    money, _, debtor = unit.partition("@")
    if not debtor:
        return unit
    kind, _, name = debtor.partition("/")
    return gettext("%(money)s owed by %(debtor)s") % {
        "money": money,
        "debtor": name if kind in HOLDERS else owner_word(debtor),
    }


@register.filter
def reason_word(reason: str) -> str:
    """Why an error was declared, as people say it."""
    words = {
        "did-not-occur": gettext("It did not happen"),
        "incorrect-data": gettext("What was written down was wrong"),
    }
    return words.get(reason, reason)


@register.filter
def purpose_word(purpose: str) -> str:
    """A purpose as people say it; a purpose without a word of ours stays as it was recorded."""
    words = {
        "delivery": gettext("Delivery"),
        "making": gettext("Making"),
        "payment": gettext("Payment"),
        "carriage": gettext("Carriage"),
        "sale": gettext("Sale"),
        "handover": gettext("Handed over"),
        "fee": gettext("Fee"),
        "share": gettext("Share"),
        "payout": gettext("Paid out"),
        "advance": gettext("Advance"),
        "correction": gettext("Correction"),
        "refund": gettext("Refund"),
        "loss": gettext("Loss"),
        "debt": gettext("Debt"),
        "tax": pgettext("a payment to the state", "Tax"),
        "grant": gettext("Grant"),
        "sweep": gettext("Moved between keepers"),
        "purchase": gettext("Purchase"),
        "count": gettext("Count"),
        "opening": gettext("From before the books"),
        "credit": gettext("Paid in credit"),
        "care": gettext("Care"),
        "capital": gettext("Capital paid in"),
        "fund": gettext("Fund"),
        "gift": gettext("Gift"),
        "move": gettext("Moved"),
        "dispute": gettext("Dispute of a payment"),
        "aside": gettext("Set aside until the card’s fee is known"),
    }
    return words.get(purpose, purpose)


@register.filter
def document_word(kind: str) -> str:
    """A kind of document as people say it; one without a word of ours stays as it was recorded."""
    words = {
        "unit": gettext("A unit was declared"),
        "place": gettext("A place was named"),
        "boundary": gettext("A place’s boundary was told"),
        "agent": gettext("Nature or a community was registered"),
        "agreement": gettext("An agreement was adopted"),
        "recipe": gettext("A recipe was written down"),
        "roster": gettext("The witnesses were named"),
        "hand-over": gettext("Witnesses handed over to others"),
        "closed-period": gettext("A period was closed"),
        "credit": gettext("The rule of a credit circle was written down"),
        "credit-limit": gettext("Limits of a credit account were set"),
        "labels": gettext("The labels of a recipe were changed"),
        "ownership": gettext("It was declared who owns a cooperative"),
    }
    return words.get(kind, kind)
