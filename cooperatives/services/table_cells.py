"""What people write in the cells of a table: its heads, and quantities, days and words in their own language."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from hashlib import sha256

from django.utils import formats, timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from cooperatives.rules.measures import SPOKEN, read_measure
from ledger.rules.refusal import BadInput, Refusal

Told = list[tuple[int, dict[str, str]]]  # each row as a spreadsheet counts it, with its cells by head


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one cell; rows are counted as a spreadsheet does, the head is row 1."""

    row: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Brought:
    """How much of a table is new, and how much was here already."""

    new: int
    known: int


class TableRefused(BadInput):
    """This table cannot be taken as it is: {count} of its rows have a problem. Nothing was recorded."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(count=len({problem.row for problem in problems}))
        self.problems = tuple(problems)


class WrongCell(Exception):
    """One cell cannot be read: its head, and why."""


def told_in(rows: Sequence[Sequence[str]], columns: Mapping[str, str], needed: Iterable[str]) -> Told:
    """The rows that say anything, by the heads in the first: as the reader calls them, or in the words of programs.

    Raises TableRefused where a head is not known, or one of `needed` or all of them are missing.
    """
    known = {word.casefold(): head for head, word in columns.items()} | {head: head for head in columns}
    listed, problems = ", ".join(columns.values()), []
    found: dict[str, int] = {}
    for n, cell in enumerate(rows[0]):
        head = known.get(cell.strip().casefold())
        if head is None and cell.strip():
            problems.append(Problem(1, cell, _("We know no such column: %(known)s.") % {"known": listed}))
        elif head is not None:
            found[head] = n
    if not (found and set(needed) <= found.keys()) and not problems:
        problems.append(Problem(1, "", _("The first row names the columns: %(known)s.") % {"known": listed}))
    if problems:
        raise TableRefused(problems)
    return [
        (line, said)
        for line, row in enumerate(rows[1:], start=2)
        if any((said := {h: row[n].strip() if n < len(row) else "" for h, n in found.items()}).values())
    ]


def unit_in(said: str, otherwise: str) -> str:
    """The unit of the journal for the word of a measure: g for kg; any other word stands for itself."""
    return {measure.symbol: unit for unit, measure in SPOKEN.items()}.get(said, said or otherwise)


def quantity_in(said: Mapping[str, str], head: str, unit: str) -> int:
    """In the reader's own writing, else with a point as programs write it. WrongCell."""
    cell, mark = said.get(head, ""), formats.get_format("DECIMAL_SEPARATOR")
    try:
        return read_measure(cell, unit, mark if mark in cell else ".")
    except Refusal as no:
        raise WrongCell(head, no.words(_)) from None


def count_in(said: Mapping[str, str], head: str, otherwise: int) -> int:
    """A whole number, zero or more; `otherwise` where the cell is empty. WrongCell."""
    cell = said.get(head, "")
    if not cell:
        return otherwise
    if not cell.isdecimal() or len(cell) > 9:
        raise WrongCell(head, _("This is no whole number."))
    return int(cell)


def word_in(said: Mapping[str, str], head: str, words: Mapping[str, str], otherwise: str) -> str:
    """Which of `words` (what programs say → what the reader reads) stands in the cell. WrongCell."""
    cell = said.get(head, "").casefold()
    known = {str(word).casefold(): value for value, word in words.items()} | {value: value for value in words}
    if cell and cell not in known:
        listed = ", ".join(str(word) for word in words.values())
        raise WrongCell(head, _("Write one of these: %(known)s.") % {"known": listed})
    return known[cell] if cell else otherwise


def moment_in(said: Mapping[str, str], head: str, now: datetime) -> datetime:
    """A moment as programs write it, or a day in the reader's own writing: its noon, or now if that is to come."""
    found = _moment(said.get(head, ""))
    if found is None:
        raise WrongCell(head, _("This is no date."))
    when = found if timezone.is_aware(found) else timezone.make_aware(found)
    if when > now and timezone.localdate(when) == timezone.localdate(now):
        return now
    if when > now:
        raise WrongCell(head, _("This day is still to come."))
    return when


def day_in(said: Mapping[str, str], head: str) -> date | None:
    """A day, also one to come; None where the cell is empty. WrongCell."""
    if not said.get(head):
        return None
    found = _moment(said[head])
    if found is None:
        raise WrongCell(head, _("This is no date."))
    return found.date()


def _moment(cell: str) -> datetime | None:
    with suppress(ValueError):
        if found := datetime.combine(day, time(12)) if (day := parse_date(cell)) else parse_datetime(cell):
            return found
    for way in formats.get_format("DATE_INPUT_FORMATS"):
        with suppress(ValueError):
            return datetime.combine(datetime.strptime(cell, way).date(), time(12))  # noqa: DTZ007  # a day has no zone
    return None


def key_for(*words: str) -> str:
    """The key of what a row brings, by the words that tell it apart."""
    return f"import/{sha256('\x1f'.join(words).encode()).hexdigest()[:32]}"
