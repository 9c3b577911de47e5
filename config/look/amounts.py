"""Whole numbers of smallest parts, and times, as a reader's language writes them."""

import re
from datetime import date, datetime
from decimal import Decimal

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision, is_currency
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

# Dates in English are written the way most English-reading members write them, day first.
LOCALES = {"en": "en_GB"}
LETTER_BEFORE_FIGURE = re.compile(r"(?<=[^\W\d_])(?=\d)")  # where CLDR wants a space that Babel does not set
DAYS = {"short": "d MMM", "medium": "d MMM y", "long": "d MMMM y", "full": "EEEE d MMMM y"}


def reader() -> Locale:
    """The locale of the language in force."""
    language = get_language() or "en"
    return Locale.parse(LOCALES.get(language, language), sep="-" if "-" in language else "_")


def money(quantity: int, currency: str, *, exponent: int | None = None, signed: bool = False) -> str:
    """1284 EUR → "€12.84"; XOF has no decimals, KWD three; a community currency is named after its number.

    `exponent` is for a community currency: an ISO currency knows its own.
    """
    places = money_exponent(currency, exponent)
    amount = Decimal(quantity).scaleb(-places)
    plus = "+" if signed and quantity > 0 else ""
    if not is_currency(currency):
        return f"{plus}{decimal(amount, places)} {currency}"
    written = format_currency(amount, currency, locale=reader())
    return plus + LETTER_BEFORE_FIGURE.sub("\u00a0", _signed(written))


def money_exponent(currency: str, otherwise: int | None = None) -> int:
    """Decimals of a currency, by ISO 4217; where it is none, the given ones, or two."""
    return get_currency_precision(currency) if is_currency(currency) or otherwise is None else otherwise


def bare_money(quantity: int, currency: str, *, exponent: int | None = None) -> str:
    """An amount without its currency, for a column whose head names it."""
    places = money_exponent(currency, exponent)
    return decimal(Decimal(quantity).scaleb(-places), places)


def decimal(amount: Decimal, places: int, *, at_most: bool = False) -> str:
    """A number with so many decimals, or at most so many."""
    tail = ("#" if at_most else "0") * places
    return _signed(format_decimal(amount, format="#,##0." + tail if places else "#,##0", locale=reader()))


def _signed(written: str) -> str:
    """With the sign of a figure below zero as wide as a figure, and not a hyphen."""
    return written.replace("-", "−", 1)


def number(quantity: int) -> str:
    """18204 → "18,204"."""
    return format_decimal(quantity, locale=reader())


def share(part: int, whole: int, *, places: int = 0) -> str:
    """A part of a whole in percent; nothing of nothing is 0%."""
    ratio = Decimal(part) / Decimal(whole) if whole else Decimal(0)
    pattern = reader().percent_formats[None].pattern  # as the language writes the sign, and the space before it
    return format_percent(ratio, format=pattern.replace("0", f"0.{'0' * places}") if places else None, locale=reader())


def quantity(amount: int, unit: str, *, exponent: int = 0) -> str:
    """A number of a unit's smallest parts in words: grams grow into kilos, minutes into hours."""
    if unit == "g" and not exponent and abs(amount) >= 1000:
        return f"{decimal(Decimal(amount).scaleb(-3), 3, at_most=True)}\u00a0kg"
    if unit == "Wh" and not exponent and abs(amount) >= 1000:
        return f"{decimal(Decimal(amount).scaleb(-3), 3, at_most=True)}\u00a0kWh"
    if unit == "min" and not exponent and abs(amount) >= 60:
        return duration(amount)
    if unit == "use.min":
        return _("%(time)s of use") % {"time": quantity(amount, "min")}
    figure = decimal(Decimal(amount).scaleb(-exponent), exponent, at_most=True)
    return f"{figure}\u00a0{unit_word(unit, amount if not exponent else 2)}"


def duration(minutes: int) -> str:
    """864 → "14 h 24 min"; a whole number of hours drops the minutes, a hundred hours too."""
    sign = "−" if minutes < 0 else ""
    hours, rest = divmod(abs(minutes), 60)
    if not rest or hours >= 100:
        return f"{sign}{number(hours + (rest >= 30))}\u00a0h"
    return f"{sign}{number(hours)}\u00a0h\u00a0{rest}\u00a0min"


def unit_word(unit: str, count: int) -> str:
    """What a unit is called beside a number; a unit without a word here stands for itself."""
    words = {
        "bar": ngettext("bar", "bars", count),
        "bag": ngettext("bag", "bags", count),
        "cite": ngettext("citation", "citations", count),
        "container": ngettext("container", "containers", count),
        "copy": ngettext("copy", "copies", count),
        "jar": ngettext("jar", "jars", count),
        "litre": ngettext("litre", "litres", count),
        "pc": ngettext("piece", "pieces", count),
        "piece": ngettext("piece", "pieces", count),
        "print": ngettext("print", "prints", count),
        "sheet": ngettext("sheet", "sheets", count),
        "sack": ngettext("sack", "sacks", count),
        "seat": ngettext("seat", "seats", count),
        "tree": ngettext("tree", "trees", count),
        "trained": ngettext("person trained", "people trained", count),
        "meal": ngettext("meal", "meals", count),
        "m2": "m²",
        "wheel": ngettext("wheel", "wheels", count),
    }
    return words.get(unit, unit)


def day(when: date | datetime, form: str = "long") -> str:
    """A date, where the reader's time zone puts it: short, medium, long or full (with the weekday)."""
    local = timezone.localtime(when).date() if isinstance(when, datetime) and timezone.is_aware(when) else when
    if reader().language in ("en", "fr", "es", "sw"):
        return format_date(local, format=DAYS[form], locale=reader())
    return format_date(local, format=form, locale=reader())


def clock(when: datetime) -> str:
    """18:04."""
    return format_time(
        timezone.localtime(when), format="short", locale=reader(), tzinfo=timezone.get_current_timezone()
    )


def moment(when: datetime, form: str = "long") -> str:
    """A date and the time of day."""
    return _("%(day)s, %(time)s") % {"day": day(when, form), "time": clock(when)}


def month(when: date | datetime) -> str:
    """November 2026."""
    return format_date(when, format="LLLL y", locale=reader())
