"""Template tags of carriage: {% countries offer.countries %}, {% address order %}."""

from collections.abc import Iterable

from django import template
from django.utils.translation import get_language

from market.models import Order
from market.rules.countries import say_countries
from market.services.letters import address_of

register = template.Library()


@register.simple_tag
def countries(codes: Iterable[str]) -> str:
    """Countries, said in the reader's language."""
    return say_countries(codes, get_language() or "en")


@register.filter
def country(order: Order) -> str:
    """The country of its address, in capitals and in English, as post offices read it everywhere."""
    return say_countries([order.country], "en").upper()


@register.filter
def address(order: Order) -> str:
    """Where an order is sent, as its buyer's language writes it."""
    return address_of(order)
