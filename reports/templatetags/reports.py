"""Tags of the reports: exact ratios, and words for what was given, in the reader's language."""

import re
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from django import template
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from cooperatives.rules.energy import USE_MINUTE
from ledger.rules.entries import EVIDENCE
from ledger.rules.readings import NetFlow
from reports.tables import work_words

register = template.Library()

UNDEFINED = "–"


@register.simple_tag
def ratio(value: Fraction | None, places: int = 2, sign: str = "") -> str:
    """{% ratio lot.mass %} → 1.25; a dash where it is undefined"""
    return UNDEFINED if value is None else number_format(rounded(value, places), places).replace("-", "−", 1) + sign


@register.simple_tag
def billionths(quantity: int, unit: str) -> str:
    """{% billionths row.quantity "g" %} → 0.45 g; time in minutes and seconds: 41 min 40 s"""
    shown = rounded(Fraction(quantity, 10**9), 3).normalize()
    word = _("min of use") if unit == USE_MINUTE else unit
    seconds = round(Fraction(quantity * 60, 10**9))
    if unit == "min" and shown % 1 and seconds:
        minutes, rest = divmod(seconds, 60)
        return "\u00a0".join(f"{many}\u00a0{sign}" for many, sign in ((minutes, "min"), (rest, "s")) if many)
    return f"{number_format(Decimal(f'{shown:f}'))}\u00a0{word}"


@register.filter
def from_to(said: str) -> str:
    """0.42-0.45 → 0.42–0.45, with the reader's decimal mark; other words as they are"""
    if ends := re.fullmatch(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)", said):
        return "–".join(number_format(Decimal(end)) for end in ends.groups())
    return said


@register.simple_tag
def weakest(flows: Iterable[NetFlow]) -> str:
    """The weakest evidence among some flows"""
    return max((flow.evidence for flow in flows), key=EVIDENCE.index, default="")


@register.simple_tag
def code_of(path: str) -> str:
    """{% code_of "coops/fern/lots/bars-31" %} → bars-31"""
    return path.rpartition("/")[2]


@register.simple_tag
def share_bar(share: Fraction) -> SafeString:
    """A share of somewhere else, in ink: it wears no colour that has a meaning here"""
    return format_html(
        '<svg class="bar edge" aria-hidden="true" focusable="false"><rect class="pale" width="100%" height="100%"/>'
        '<rect class="ink3" width="{}%" height="100%"/></svg>',
        str(rounded(share * 100, 2)),  # SVG wants a point in every language
    )


@register.filter
def whole(quantity: Fraction) -> int:
    """The nearest whole number of smallest parts"""
    return round(quantity)


@register.filter
def work_word(kind: str) -> str:
    """What a kind of work is called"""
    return work_words().get(kind, kind)


@register.filter
def gift_word(what: str) -> str:
    """What was given, in words: harvest, work/family, stock …"""
    word, _slash, name = what.partition("/")
    if word == "work":
        return _("Work: %(kind)s") % {"kind": work_words().get(name, name or _("all"))}
    named = {
        "harvest": _("Harvest"), "stock": _("Bought in"), "tools": _("Tools"), "recipe": _("Recipe"),
        "body": _("From nature"), "count": _("Found"), "opening": _("There before"), "copies": _("Copies"),
    }  # fmt: skip
    return named.get(word, word)


def rounded(value: Fraction, places: int) -> Decimal:
    """The nearest decimal, halves up, without leaving the integers."""
    scaled = (2 * value.numerator * 10**places + value.denominator) // (2 * value.denominator)
    return Decimal(scaled).scaleb(-places)
