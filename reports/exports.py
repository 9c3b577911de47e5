"""The numbers of a report for other programs: rows of a CSV, values of a JSON object. The same tables as its page."""

import csv
import io
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from ledger.rules.amounts import format_quantity
from reports.queries import Asked, LotLine, Sealed
from reports.rules.figures import VERSION
from reports.tables import Measure, Row, Table, measures

HEAD = ("table", "key", "label", "quantity", "unit", "group", "people", "evidence")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
PLACES = 6  # decimals of a ratio


def written(quantity: int | None, exponent: int) -> str:
    """A whole number of smallest parts as a decimal with a point; empty where it is withheld."""
    return "" if quantity is None else format_quantity(quantity, exponent)


def ratio(value: Fraction | None) -> str:
    """A ratio with six decimals, rounded half up; empty where it is undefined."""
    if value is None:
        return ""
    scaled = (2 * value.numerator * 10**PLACES + value.denominator) // (2 * value.denominator)
    return format_quantity(scaled, PLACES)


def csv_text(tables: Iterable[Table], exponent: int, facts: Sequence[tuple[str, str]], lots: Sequence[LotLine]) -> str:
    """Every figure, one a line, money in its main unit; first what was asked, last the ratios of each lot."""
    out = io.StringIO()
    write = csv.writer(out)
    write.writerow(HEAD)
    for name, value in facts:
        write.writerow(map(inert, ("report", name, name, value, "", "", "", "")))
    for table in tables:
        for row in table.rows:
            write.writerow(map(inert, _cells(table, row, exponent)))
        if table.total is not None:
            total = Row("total", "total", table.total)
            write.writerow(map(inert, _cells(table, total, exponent)))
    for line in lots:
        for measure in measures(line):
            where = (f"lot {line.lot.path}", measure.key, measure.label)
            write.writerow(map(inert, (*where, ratio(measure.value), "", "", "", "")))
    return out.getvalue()


def json_body(tables: Iterable[Table], facts: Sequence[tuple[str, str]], lots: Sequence[LotLine]) -> dict[str, Any]:
    """The same figures as JSON: whole numbers of smallest parts as strings, ratios as decimals, null where withheld."""
    return {
        "report": dict(facts),
        "tables": [
            {
                "name": table.name, "unit": table.unit,
                "rows": [_object(table, row) for row in table.rows],
                "total": None if table.total is None else str(table.total),
            }
            for table in tables
        ],
        "lots": [
            {"lot": line.lot.path, "measures": {m.key: _decimal(m) for m in measures(line)}} for line in lots
        ],
    }  # fmt: skip


def facts_of(asked: Asked, sealed: Sealed, price: int) -> list[tuple[str, str]]:
    """What a figure must say of itself: boundary, period, method, and the log it was worked out from."""
    return [
        ("boundary", asked.boundary),
        ("cooperative", asked.cooperative),
        ("since", asked.since.isoformat() if asked.since else ""),
        ("until", asked.until.isoformat() if asked.until else ""),
        ("money", asked.money),
        ("paid by buyers, smallest part", str(price)),
        ("method version", str(VERSION)),
        ("log size", str(sealed.size)),
        ("log root", sealed.root),
    ]


def inert(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula. A number below zero stays a number."""
    text = str(cell)
    if text.startswith(FORMULA) and not text.removeprefix("-").replace(".", "", 1).isdigit():
        return f"'{text}"
    return text


def _cells(table: Table, row: Row, exponent: int) -> tuple[object, ...]:
    unit = row.unit or table.unit
    if table.name == "chain":
        quantity = written(row.quantity, 9)
    else:
        quantity = written(row.quantity, 0 if unit == "min" else exponent)
    people = "" if row.people is None else row.people
    return table.name, row.key, row.label, quantity, unit, row.group, people, row.evidence


def _object(table: Table, row: Row) -> dict[str, Any]:
    return {
        "key": row.key, "label": row.label, "quantity": None if row.quantity is None else str(row.quantity),
        "unit": row.unit or table.unit, "group": row.group, "people": row.people, "evidence": row.evidence,
    }  # fmt: skip


def _decimal(measure: Measure) -> str | None:
    return ratio(measure.value) or None
