"""Reading a bank's statement: a CSV table with a head, or ISO 20022 camt.053, into lines with a name of their own.

camt.053: https://www.iso20022.org/iso-20022-message-definitions; only booked entries count.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from defusedxml.ElementTree import ParseError, fromstring

from ledger.rules.amounts import parse_quantity
from ledger.rules.refusal import BadInput

# What banks call the columns that we need, in the languages we have met; the first that is there counts.
COLUMNS = {
    "day": ("booking date", "date", "date op", "date operation", "date comptable", "buchungstag", "fecha", "tanggal"),
    "amount": ("amount", "montant", "betrag", "importe", "jumlah"),
    "credit": ("credit", "haben", "abono", "kredit"),
    "debit": ("debit", "soll", "cargo", "debet"),
    "text": ("reference", "remittance", "description", "details", "libelle", "verwendungszweck", "concepto", "text"),
    "payer": ("payer", "name", "counterparty", "nom", "auftraggeber", "nama"),
    "name": ("id", "transaction id", "bank reference", "line", "numero", "nr"),
}
ACCENTS = str.maketrans("àâäçéèêëîïôöùûüÀÉÈ", "aaaceeeeiioouuuaee")


class UnreadableStatement(BadInput):
    """This is no statement that we can read: a table with a head that names date, amount and text, or camt.053."""


class UnreadableLine(BadInput):
    """Line {number} of the statement cannot be read: {why}."""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One booked line: above zero money came in, below it went out; in the currency's smallest part."""

    name: str
    day: date
    amount: int
    text: str
    payer: str = ""


def read_statement(content: str, *, exponent: int) -> list[StatementLine]:
    """The lines of a statement, in its order. Raises UnreadableStatement, UnreadableLine."""
    text = content.lstrip("\ufeff \r\n")
    found = _camt(text, exponent) if text.startswith("<") else _table(text, exponent)
    return _named(found)


def order_names(text: str) -> set[str]:
    """What in a text could be the name of an order, as `bank_reference` writes it: R and twelve letters, in whatever
    groups somebody typed them."""
    plain = re.sub(r"[^a-z0-9]", "", text.lower())
    return {plain[i + 1 : i + 13] for i in range(len(plain) - 12) if plain[i] == "r"}


def _table(text: str, exponent: int) -> list[StatementLine]:
    rows = _rows(text)
    if len(rows) < 2:
        raise UnreadableStatement
    head = [cell.strip().translate(ACCENTS).lower().rstrip(".") for cell in rows[0]]
    at = {what: next((head.index(name) for name in names if name in head), None) for what, names in COLUMNS.items()}
    if at["day"] is None or at["text"] is None or (at["amount"] is None and at["credit"] is None):
        raise UnreadableStatement
    body = [row for row in rows[1:] if any(cell.strip() for cell in row)]
    mark = _decimal_mark(cell for row in body for cell in row)
    return [_row(number, row, at, mark, exponent) for number, row in enumerate(body, start=2)]


def _rows(text: str) -> list[list[str]]:
    first = text.partition("\n")[0]
    delimiter = max(";\t,", key=first.count)
    return list(csv.reader(text.splitlines(), delimiter=delimiter))


def _decimal_mark(cells: Iterable[str]) -> str:
    return "," if any(re.fullmatch(r"[+-]?[\d. \u00a0\u202f]*\d,\d{1,3}", cell.strip()) for cell in cells) else "."


def _row(number: int, row: Sequence[str], at: dict[str, int | None], mark: str, exponent: int) -> StatementLine:
    def cell(what: str) -> str:
        index = at[what]
        return row[index].strip() if index is not None and index < len(row) else ""

    def money(said: str) -> int:
        return parse_quantity(said.replace("." if mark == "," else ",", ""), exponent, mark) if said else 0

    try:
        amount = money(cell("amount")) or money(cell("credit")) - abs(money(cell("debit")))
        return StatementLine(cell("name"), _day(cell("day")), amount, cell("text"), cell("payer"))
    except (BadInput, ValueError) as no:
        raise UnreadableLine(number=number, why=str(no)) from no


def _day(said: str) -> date:
    if found := re.fullmatch(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})", said):
        return date(int(found[3]), int(found[2]), int(found[1]))
    return date.fromisoformat(said[:10])


def _camt(text: str, exponent: int) -> list[StatementLine]:
    try:
        root = fromstring(re.sub(r"\sxmlns(:\w+)?=(\"[^\"]*\"|'[^']*')", "", text))
    except (ParseError, ValueError) as no:
        raise UnreadableStatement from no
    found = []
    for number, entry in enumerate(root.iter("Ntry"), start=1):
        status = entry.findtext("Sts/Cd") or (entry.findtext("Sts") or "").strip() or "BOOK"
        if status == "BOOK":
            found.append(_camt_line(number, entry, exponent))
    if not found:
        raise UnreadableStatement
    return found


def _camt_line(number: int, entry: Any, exponent: int) -> StatementLine:
    try:
        amount = parse_quantity(entry.findtext("Amt") or "", exponent)
        day = date.fromisoformat((entry.findtext("BookgDt/Dt") or entry.findtext("BookgDt/DtTm") or "")[:10])
    except (BadInput, ValueError) as no:
        raise UnreadableLine(number=number, why=str(no)) from no
    said = [*entry.iter("Ustrd"), *entry.iter("Ref"), *entry.iter("EndToEndId"), *entry.iter("AddtlNtryInf")]
    payer = next((name.text or "" for party in entry.iter("Dbtr") for name in party.iter("Nm")), "")
    sign = -1 if entry.findtext("CdtDbtInd") == "DBIT" else 1
    words = " ".join(part.text.strip() for part in said if part.text)
    return StatementLine(entry.findtext("AcctSvcrRef") or "", day, sign * amount, words, payer)


def _named(lines: Iterable[StatementLine]) -> list[StatementLine]:
    """Each line under the bank's own name for it; where the bank gives none, under what it says and how often it said
    so, so that the same line has the same name in every statement that holds it."""
    seen = Counter[str]()
    named = []
    for line in lines:
        name = re.sub(r"[^A-Za-z0-9._-]", "-", line.name)[:60]
        if not name:
            said = f"{line.day} {line.amount} {line.text} {line.payer}"
            seen[said] += 1
            name = f"{line.day:%Y%m%d}-{sha256(f'{said} {seen[said]}'.encode()).hexdigest()[:16]}"
        named.append(StatementLine(name, line.day, line.amount, line.text, line.payer))
    return named
