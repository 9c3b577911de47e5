"""Published figures by year, by process and by price: each row as its source gives it, and who that source is."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reports.baselines import HERE

Cell = str | int | Decimal


@dataclass(frozen=True, slots=True)
class Series:
    """One table: what it is, a head for each column, and its rows; the last cell of a row names the source."""

    name: str
    title: Promise
    says: Promise
    heads: Sequence[Promise]
    rows: Sequence[tuple[Sequence[Cell], str]]


# file: title, what to know about it, {column of the file: its head}
TABLES: Mapping[str, tuple[Promise, Promise, Mapping[str, Promise]]] = {
    "divine": (
        _("A chocolate whose farmers own a part: Divine and Kuapa Kokoo"),
        _("Empty cells are years for which the source says nothing. After 2020 the farmers kept a fifth."),
        {"fiscal_year": _("Year"), "turnover_gbp": _("Turnover, £"), "kuapa_share_pct": _("Owned by the farmers, %"),
         "dividend_to_kuapa_gbp": _("Dividend to them, £"), "beans_tonnes": _("Beans, t"),
         "members": _("Members")},
    ),
    "taza": (
        _("A chocolate that publishes what it pays: Taza"),
        _("Farmers in every country it buys from; paid to them directly, in US dollars."),
        {"year": _("Year"), "farmers": _("Farmers"), "female_farmers": _("Women among them"),
         "beans_tonnes": _("Beans, t"), "paid_usd": _("Paid, $")},
    ),
    "comte": (
        _("A cheese of many farms: Comté"),
        _("Milk for Comté and ordinary milk, in euro per 1,000 litres."),
        {"year": _("Year"), "farms": _("Farms"), "dairies": _("Dairies"), "cheese_tonnes": _("Cheese, t"),
         "milk_price_eur_per_1000l": _("Milk for Comté"), "conventional_milk_eur_per_1000l": _("Ordinary milk")},
    ),
    "yields": (
        _("How much becomes how little"),
        _("What goes in and what comes out; the demonstration makes its goods by these."),
        {"process": _("Process"), "input_qty": _("In"), "input": _("Of what"), "output_qty": _("Out"),
         "output": _("Becomes")},
    ),
    "prices": (
        _("Who receives a price elsewhere"),
        _("Shares of a price or of its value, in percent unless the row says otherwise; the measures differ."),
        {"product": _("Good"), "market": _("Where"), "year": _("Year"), "actor": _("Who"), "share_pct": _("Share"),
         "note": _("Note")},
    ),
}  # fmt: skip


@cache
def series() -> tuple[Series, ...]:
    """All tables, in the order in which they are shown."""
    return tuple(_read(name, *said) for name, said in TABLES.items())


def _read(name: str, title: Promise, says: Promise, columns: Mapping[str, Promise]) -> Series:
    rows: list[tuple[Sequence[Cell], str]] = []
    with (HERE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            # A file says "same" where a row has the source of the one above it.
            source = rows[-1][1] if row["source"] == "same" else row["source"]
            rows.append((tuple(_cell(column, _with_unit(column, row)) for column in columns), source))
    return Series(name, title, says, tuple(columns.values()), rows)


def _with_unit(column: str, row: Mapping[str, str]) -> str:
    """What a file says in a column; after what goes in or comes out, what it is counted in: "milk, l"."""
    said, unit = row[column], row.get(f"{column}_unit", "")
    return f"{said}, {unit}" if unit and unit != said else said


def _cell(column: str, said: str) -> Cell:
    """A number where the file has one; a year is a name."""
    if "year" in column:
        return said.replace("-", "–")
    try:
        return int(said) if said.isdecimal() else Decimal(said)
    except InvalidOperation:
        return said.replace("..", "–")
