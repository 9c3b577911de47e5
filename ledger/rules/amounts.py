"""Quantities: whole numbers of a unit's smallest part, exactly, to and from what people write."""

import re
import unicodedata

from ledger.rules.refusal import BadInput

LARGEST = 2**63 - 1  # what one flow, one balance and PostgreSQL's bigint can hold


class NotANumber(BadInput):
    """“{text}” is not a number we can read. Write it like 12.5."""


class TooPrecise(BadInput):
    """“{text}” has more than {exponent} decimal places."""


class TooLarge(BadInput):
    """“{text}” is larger than we can record."""


def parse_quantity(text: str, exponent: int, decimal_mark: str = ".") -> int:
    """The quantity that `text` says, in the unit's smallest part (`exponent` decimals); never rounded.

    Digits of any script are read, the minus of print (U+2212) and the Arabic decimal mark (U+066B) too. Spaces and
    apostrophes may group digits, the decimal mark may not: "1,234" is 1.234 where the comma is the mark and refused
    where it is not, since a guess could be a thousandfold wrong.
    """
    said = unicodedata.normalize("NFC", text).strip()
    digits = re.sub(r"\d", lambda digit: str(int(digit[0])), said).replace("−", "-")
    plain = re.sub(r"(?<=\d)[ \u00a0\u202f'’](?=\d{3}(?!\d))", "", digits)
    parts = re.fullmatch(r"([+-]?)(\d+)(?:[" + re.escape(decimal_mark) + r"٫](\d+))?", plain)
    if not parts:
        raise NotANumber(text=said)
    sign, whole, decimals = (
        parts.group(1),
        parts.group(2),
        (parts.group(3) or "").rstrip("0"),
    )
    if len(decimals) > exponent:
        raise TooPrecise(text=said, exponent=exponent)
    quantity = int(whole + decimals.ljust(exponent, "0")) if len(whole) < 25 else LARGEST + 1
    if quantity > LARGEST:
        raise TooLarge(text=said)
    return -quantity if sign == "-" else quantity


def format_quantity(quantity: int, exponent: int, decimal_mark: str = ".") -> str:
    """`quantity` smallest parts as people write it, with all its decimals: 1250 with exponent 2 is "12.50"."""
    sign, digits = (
        ("-" if quantity < 0 else ""),
        str(abs(quantity)).rjust(exponent + 1, "0"),
    )
    return f"{sign}{digits[:-exponent]}{decimal_mark}{digits[-exponent:]}" if exponent else sign + digits
