"""What the lines of a letter are, so that it can be set as a page: words, sums in a column, links to press."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINK = re.compile(r"^(?:(?P<words>.*\S)\s*:\s+)?(?P<link>https?://\S+)$")
_SUM = re.compile(r"^(?P<words>.*\S)\s*:\s+(?P<amount>-?[\d.,\s]*\d\s[A-Z][A-Z0-9]{1,9})$")


@dataclass(frozen=True, slots=True)
class Line:
    """`words` alone; or with an `amount` of money; or what stands on a `link`."""

    words: str
    amount: str = ""
    link: str = ""
    is_counted: bool = False  # goods, of which the line says how many; other sums are totals


def paragraphs(body: str) -> list[list[Line]]:
    """The letter, paragraph by paragraph; an empty line parts them."""
    blocks = re.split(r"\n\s*\n", body.replace("\r\n", "\n").strip())
    return [[_line(text.strip()) for text in block.split("\n")] for block in blocks if block.strip()]


def _line(text: str) -> Line:
    if found := _LINK.match(text):
        return Line(found["words"] or "", link=found["link"])
    if found := _SUM.match(text):
        return Line(found["words"], amount=found["amount"], is_counted=" × " in found["words"])
    return Line(text)
