"""What an invoice says of VAT: a row for each rate, summed from the lines as agreed, so nothing is rounded twice."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Taxed:
    """All lines of one rate (per mille): net + vat = gross, in the currency's smallest part."""

    rate: int
    net: int
    vat: int
    gross: int


def taxed(lines: Iterable[Mapping[str, Any]]) -> list[Taxed]:
    """The rows of VAT of some lines (price, vat, vat_rate), by rate. A deposit on a container is no part of the taxable
    amount while the container comes back (Directive 2006/112/EC, article 92 a), so it stands in none."""
    sums: dict[int, list[int]] = {}
    for line in (row for row in lines if not row.get("is_deposit")):
        found = sums.setdefault(line["vat_rate"], [0, 0])
        found[0] += line["vat"]
        found[1] += line["price"]
    return [Taxed(rate, gross - vat, vat, gross) for rate, (vat, gross) in sorted(sums.items())]
