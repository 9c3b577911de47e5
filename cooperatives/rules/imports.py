"""Contributions from a file: its bytes read by a mapping into rows, or into the reasons why it cannot be."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from cooperatives.rules.names import plain_name
from ledger.rules.amounts import parse_quantity
from ledger.rules.entries import Flow, claim
from ledger.rules.refusal import BadInput

KILO, HOUR = 1000, 60  # the ledger counts grams and minutes; files say kilograms and hours


class UnreadableMapping(BadInput):
    """The mapping cannot be read: {why}."""


class Work(NamedTuple):
    """A column of hours: what kind of work, and the column of its wage (empty: the giver's own, unpaid)."""

    column: str
    kind: str
    wage: str = ""


class Village(NamedTuple):
    """A place the mapping declares, and the cooperative there."""

    slug: str
    path: str
    name: str
    cooperative: str


@dataclass(frozen=True, slots=True)
class FileMapping:
    """What the columns of a file mean, and the units, places and cooperatives they stand for."""

    name: str
    encoding: str
    delimiter: str
    decimal_mark: str
    evidence: str
    columns: Mapping[str, str]
    work: tuple[Work, ...]
    goods: Mapping[str, str]
    currency: str
    exponent: int
    seasons: tuple[datetime, ...]
    around: tuple[tuple[str, str], ...]
    places: Mapping[str, Village]

    @property
    def wanted(self) -> list[str]:
        """Every column the file must have."""
        return [*self.columns.values(), *(w.column for w in self.work), *(w.wage for w in self.work if w.wage)]


class Problem(NamedTuple):
    """Why a row cannot be read, or what about it does not fit: the row by its line, the column, the reason."""

    row: int
    column: str
    reason: str


class Hours(NamedTuple):
    """Minutes of one kind of work, and what they earn in all, in the smallest part of the money."""

    work: Work
    minutes: int
    wages: int


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file, in grams, minutes and the smallest part of the money."""

    line: int
    key: str
    giver: str
    place: str
    season: int
    gross: int
    net: int
    hours: tuple[Hours, ...]
    total: int

    @property
    def unexplained(self) -> int:
        """Minutes by which `total` differs from the kinds of work together; negative where they say more."""
        return self.total - sum(h.minutes for h in self.hours)


def read_mapping(said: Mapping[str, Any]) -> FileMapping:
    """The mapping that a TOML document says. Raises UnreadableMapping."""
    try:
        mapping = FileMapping(
            name=said["name"], encoding=said["encoding"], delimiter=said["delimiter"],
            decimal_mark=said["decimal_mark"],
            evidence=said["evidence"], columns=dict(said["columns"]), work=tuple(Work(**work) for work in said["work"]),
            goods=dict(said["goods"]), currency=said["money"]["currency"], exponent=said["money"]["exponent"],
            seasons=tuple(season["at"] for season in said["seasons"]),
            around=tuple((place["path"], place["name"]) for place in said["around"]),
            places={name: Village(plain_name(name), **place) for name, place in said["places"].items()},
        )  # fmt: skip
    except (KeyError, TypeError) as error:
        raise UnreadableMapping(why=str(error)) from None
    if missing := {"row", "giver", "place", "gross", "net", "total"} - mapping.columns.keys():
        raise UnreadableMapping(why=f"it names no column for {', '.join(sorted(missing))}")
    if not all(isinstance(at, datetime) and at.tzinfo for at in mapping.seasons):
        raise UnreadableMapping(why="a season's time needs a day, an hour and its time zone")
    return mapping


def read_file(content: bytes, mapping: FileMapping) -> tuple[list[Row], list[Problem]]:
    """The rows of a file, and every reason why one of them cannot be taken; with any, none should be."""
    try:
        text = content.decode(mapping.encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return [], [
            Problem(
                line, "", f"byte {content[error.start]:#04x} is no {mapping.encoding}: save it as {mapping.encoding}"
            )
        ]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=mapping.delimiter)
    header = next(lines, [])
    missing = [
        Problem(1, name, "this column is missing") for name in dict.fromkeys(mapping.wanted) if name not in header
    ]
    if missing:
        return [], missing
    reading = _Reading(mapping, header)
    try:
        for cells in lines:
            if cells:
                reading.take(lines.line_num, cells)
    except csv.Error as error:
        reading.problems.append(Problem(lines.line_num, "", str(error)))
    if not reading.rows and not reading.problems:
        reading.problems.append(Problem(1, "", "the file has no rows"))
    return reading.rows, reading.problems


def flags_of(rows: Iterable[Row], mapping: FileMapping) -> list[Problem]:
    """Figures of the source that do not fit each other; they are kept as they are."""
    flags = []
    for row in rows:
        if row.net > row.gross:
            flags.append(
                Problem(row.line, mapping.columns["net"], f"net is {_kilos(row.net - row.gross)} kg above gross")
            )
        if row.unexplained:
            more = "more" if row.unexplained > 0 else "less"
            hours = f"{abs(row.unexplained) / HOUR:g} h {more} than its parts"
            flags.append(Problem(row.line, mapping.columns["total"], f"the total is {hours}"))
    return flags


class Accounts(NamedTuple):
    """Where a row's flows go: addresses in the ledger."""

    giver: str
    cooperative: str
    lot: str
    process: str
    workers: str
    unexplained: str = "unknown/unexplained/count"


def flows_of(row: Row, accounts: Accounts, mapping: FileMapping) -> list[Flow]:
    """The one entry of a row. A lot receives exactly its net, a process exactly its total (mappings/ricefarms.toml)."""
    unit, unknown = mapping.goods["unit"], accounts.unexplained
    kept = min(row.gross, row.net)
    flows = [
        Flow(f"{accounts.giver}/harvest", accounts.lot, unit, kept),
        Flow(unknown, accounts.lot, unit, row.net - kept),
        Flow(f"{accounts.giver}/harvest", f"{accounts.workers}/goods", unit, row.gross - kept),
    ]
    surplus = max(-row.unexplained, 0)
    for work, minutes, wages in row.hours:
        who = f"{accounts.workers if work.wage else accounts.giver}/work/{work.kind}"
        beyond = min(surplus, minutes)
        surplus -= beyond
        flows += [Flow(who, accounts.process, "min", minutes - beyond), Flow(who, unknown, "min", beyond)]
        owed = claim(mapping.currency, accounts.cooperative)
        flows.append(Flow(f"{accounts.cooperative}/debts", f"{accounts.workers}/debt", owed, wages))
    flows.append(Flow(unknown, accounts.process, "min", max(row.unexplained, 0)))
    return [flow for flow in flows if flow.quantity]


class _Reading:
    """Rows and problems so far, with what must not come twice."""

    def __init__(self, mapping: FileMapping, header: Sequence[str]) -> None:
        self.mapping, self.header = mapping, header
        self.rows: list[Row] = []
        self.problems: list[Problem] = []
        self.keys: set[str] = set()
        self.seasons: dict[str, int] = {}
        self.homes: dict[str, str] = {}

    def take(self, line: int, cells: Sequence[str]) -> None:
        found = len(self.problems)
        if len(cells) != len(self.header):
            hint = " (a decimal comma?)" if self.mapping.delimiter == "," and len(cells) > len(self.header) else ""
            self.problems.append(
                Problem(line, "", f"it has {len(cells)} cells and the header {len(self.header)}{hint}")
            )
            return
        said = dict(zip(self.header, cells, strict=True))
        row = self._row(line, said)
        if len(self.problems) == found:
            self.rows.append(row)

    def _row(self, line: int, said: dict[str, str]) -> Row:
        names = self.mapping.columns
        key, giver, place = (said[names[column]].strip() for column in ("row", "giver", "place"))
        self._refuse_names(line, key, giver, place)
        season = self.seasons[giver] = self.seasons.get(giver, 0) + 1
        if season > len(self.mapping.seasons):
            self._refuse(line, names["giver"], f"“{giver}” has more rows than there are seasons")
        gross, net = (self._quantity(line, names[column], said, KILO) for column in ("gross", "net"))
        total = self._quantity(line, names["total"], said, HOUR)
        hours = tuple(self._hours(line, work, said) for work in self.mapping.work)
        if not (gross or net or total or any(h.minutes for h in hours)):
            self._refuse(line, "", "nothing was given")
        return Row(line, f"import/{self.mapping.name}/{key}", giver, place, season, gross, net, hours, total)

    def _refuse_names(self, line: int, key: str, giver: str, place: str) -> None:
        names = self.mapping.columns
        if not key or not key.isascii() or not key.isprintable() or len(key) > 100:
            self._refuse(line, names["row"], "each row needs a key of plain characters")
        elif key in self.keys:
            self._refuse(line, names["row"], f"“{key}” stands here a second time")
        self.keys.add(key)
        if not giver or len(giver) > 40:
            self._refuse(line, names["giver"], "it is missing, or longer than 40 characters")
        if place not in self.mapping.places:
            self._refuse(line, names["place"], f"“{place}” is no place that the mapping declares")
        elif self.homes.setdefault(giver, place) != place:
            self._refuse(line, names["place"], f"“{giver}” was in {self.homes[giver]} before")

    def _hours(self, line: int, work: Work, said: dict[str, str]) -> Hours:
        minutes = self._quantity(line, work.column, said, HOUR)
        wage = self._amount(line, work.wage, said) if work.wage else 0
        return Hours(work, minutes, (2 * minutes * wage + HOUR) // (2 * HOUR))

    def _amount(self, line: int, column: str, said: dict[str, str]) -> int:
        return self._number(line, column, said[column], self.mapping.exponent)

    def _quantity(self, line: int, column: str, said: dict[str, str], parts: int) -> int:
        thousandths = self._number(line, column, said[column], 3)
        if thousandths * parts % KILO:
            self._refuse(line, column, f"“{said[column]}” is finer than we can record")
        return thousandths * parts // KILO

    def _number(self, line: int, column: str, text: str, exponent: int) -> int:
        mark = self.mapping.decimal_mark
        try:
            number = parse_quantity(text, exponent, mark)
        except BadInput as refusal:
            comma = mark == "." and "," in text
            self._refuse(
                line, column, f"“{text}” has a comma; its decimal mark must be a point" if comma else str(refusal)
            )
            return 0
        if number < 0:
            self._refuse(line, column, f"“{text}” is below zero")
            return 0
        return number

    def _refuse(self, line: int, column: str, reason: str) -> None:
        self.problems.append(Problem(line, column, reason))


def _kilos(grams: int) -> str:
    return f"{grams / KILO:g}"
