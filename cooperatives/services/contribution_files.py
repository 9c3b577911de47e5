"""Contributions from a table: goods and hours, all of it or nothing, and nothing the second time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time
from hashlib import sha256

from django.db import transaction
from django.utils import formats, timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from cooperatives.models import Cooperative, Hub, Membership, Process, Role
from cooperatives.rules.measures import SPOKEN, read_measure
from cooperatives.services.contributions import lock_cooperative
from cooperatives.services.many_contributions import Delivery, Hours, SomeRefused, give_many
from cooperatives.services.member_files import Brought, Problem
from cooperatives.services.people import refuse_unless
from ledger import queries as ledger
from ledger.rules.refusal import BadInput, Refusal

HEADS = ("date", "member", "goods", "gross", "tare", "unit", "place", "lot", "process", "minutes", "key")


class ContributionsRefused(BadInput):
    """This table cannot be taken as it is: {count} of its rows have a problem. Nothing was recorded."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(count=len({problem.row for problem in problems}))
        self.problems = tuple(problems)


class _Wrong(Exception):
    """One cell cannot be read: its head, and why."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the rows of a table may name."""

    members: Mapping[str, Membership]
    hubs: Mapping[str, Hub]
    processes: Mapping[str, Process]
    goods: Mapping[str, str]  # name → unit, of lots that were opened before


def columns() -> dict[str, str]:
    """The heads of the table in the reader's language; the English ones are read too."""
    return {
        "date": _("Date"), "member": _("Member’s number"), "goods": _("Goods"), "gross": _("On the scale"),
        "tare": _("Tare"), "unit": _("Counted in"), "place": _("Place"), "lot": _("Lot"), "process": _("Process"),
        "minutes": _("Minutes"), "key": _("Key"),
    }  # fmt: skip


def import_contributions(
    *, cooperative: Cooperative, rows: Sequence[Sequence[str]], by: Membership, at: datetime, is_rehearsal: bool = False
) -> Brought:
    """Record whatever stands in `rows` (the first is the head) and is not in the books; a rehearsal keeps nothing.

    A row with goods is a delivery, a row with a process is work. What the same row of the same words brought before is
    passed over, and so is what carries the key of an entry. Raises NotAllowed (a steward or a clerk),
    ContributionsRefused with row, column and reason of all that is wrong.
    """
    refuse_unless(by, Role.STEWARD, Role.CLERK, cooperative=cooperative)
    at_heads, problems = _heads(rows[0])
    if problems:
        raise ContributionsRefused(problems)
    new = known = 0
    with transaction.atomic():
        lock_cooperative(cooperative.pk)
        told = [
            (line, said)
            for line, row in enumerate(rows[1:], start=2)
            if any((said := {h: row[n].strip() for h, n in at_heads.items() if n < len(row)}).values())
        ]
        keys = _keys(cooperative, [said for _line, said in told])
        before = ledger.entries_by_key([*keys, *(said["key"] for _line, said in told if said.get("key"))])
        about = _known(cooperative)
        gifts, lines = list[Delivery | Hours](), list[int]()
        for (line, said), key in zip(told, keys, strict=True):
            if key in before or said.get("key") in before:
                known += 1
                continue
            try:
                gifts.append(_read(said, about, at, key))
                lines.append(line)
            except _Wrong as wrong:
                head, why = wrong.args
                problems.append(Problem(line, columns()[head], why))
        new = len(gifts)
        try:
            give_many(by=by, cooperative=cooperative, gifts=gifts)
        except SomeRefused as some:
            for n, no in some.refusals.items():
                head = "process" if isinstance(gifts[n], Hours) else "goods"
                problems.append(Problem(lines[n], columns()[head], no.words(_)))
        if problems:
            raise ContributionsRefused(sorted(problems, key=lambda problem: problem.row))
        transaction.set_rollback(is_rehearsal)
    return Brought(new, known)


def _heads(row: Sequence[str]) -> tuple[dict[str, int], list[Problem]]:
    words = columns()
    known = {word.casefold(): head for head, word in words.items()} | {head: head for head in words}
    listed = ", ".join(words.values())
    found: dict[str, int] = {}
    problems = []
    for n, cell in enumerate(row):
        head = known.get(cell.strip().casefold())
        if head is None and cell.strip():
            problems.append(Problem(1, cell, _("We know no such column: %(known)s.") % {"known": listed}))
        elif head is not None:
            found[head] = n
    if not {"date", "member"} <= found.keys() and not problems:
        problems.append(Problem(1, "", _("The first row names the columns: %(known)s.") % {"known": listed}))
    return found, problems


def _keys(cooperative: Cooperative, told: Sequence[Mapping[str, str]]) -> list[str]:
    """A key for each row by its words; the same words a second time in one table are a second contribution."""
    seen: Counter[str] = Counter()
    keys = []
    for said in told:
        words = "\x1f".join(said.get(head, "") for head in HEADS if head != "key")
        digest = sha256(f"{cooperative.slug}\x1f{words}".encode()).hexdigest()[:32]
        seen[digest] += 1
        keys.append(f"import/{digest}/{seen[digest]}")
    return keys


def _known(cooperative: Cooperative) -> _Known:
    members = list(cooperative.memberships.select_related("cooperative"))
    hubs = list(cooperative.hubs.all())
    return _Known(
        members={m.random_name: m for m in members} | {m.number: m for m in members if m.number},
        hubs={hub.name.casefold(): hub for hub in hubs} | {hub.slug: hub for hub in hubs},
        processes={process.code: process for process in cooperative.processes.select_related("cooperative")},
        goods=dict(cooperative.lots.order_by("pk").values_list("goods", "unit")),
    )


def _read(said: Mapping[str, str], about: _Known, at: datetime, key: str) -> Delivery | Hours:
    member = about.members.get(said.get("member", ""))
    if member is None:
        raise _Wrong("member", _("We know no such member."))
    when = _when(said.get("date", ""), at)
    if bool(said.get("goods")) == bool(said.get("process")):
        raise _Wrong("goods", _("A row has goods, or the process that somebody worked in."))
    if code := said.get("process"):
        process = about.processes.get(code)
        if process is None:
            raise _Wrong("process", _("We know no such process."))
        minutes = said.get("minutes", "")
        if not minutes.isdecimal() or not 0 < int(minutes) <= 60 * 24 * 31:
            raise _Wrong("minutes", _("Minutes are a whole number above zero."))
        return Hours(member, process, int(minutes), when, key)
    spoken = {measure.symbol: unit for unit, measure in SPOKEN.items()}
    unit = spoken.get(said.get("unit", ""), said.get("unit") or about.goods.get(said["goods"], "g"))
    place = said.get("place", "").casefold()
    hub = about.hubs.get(place) if place else next(iter(about.hubs.values()), None)
    if hub is None:
        raise _Wrong("place", _("We know no such place."))
    return Delivery(
        giver=member, goods=said["goods"], unit=unit, hub=hub, lot_code=said.get("lot") or None, at=when,
        key=key, quantity=_quantity("gross", said.get("gross", ""), unit),
        tare=_quantity("tare", said.get("tare") or "0", unit),
    )  # fmt: skip


def _quantity(head: str, said: str, unit: str) -> int:
    """In the reader's own writing, else with a point as programs write it."""
    mark = formats.get_format("DECIMAL_SEPARATOR")
    try:
        return read_measure(said, unit, mark if mark in said else ".")
    except Refusal as no:
        raise _Wrong(head, no.words(_)) from None


def _when(said: str, now: datetime) -> datetime:
    """A moment as programs write it, or a day in the reader's own writing; a day alone is its noon, or now."""
    found: datetime | None = None
    with suppress(ValueError):
        found = datetime.combine(day, time(12)) if (day := parse_date(said)) else parse_datetime(said)
    for way in formats.get_format("DATE_INPUT_FORMATS") if found is None else ():
        try:
            found = datetime.combine(datetime.strptime(said, way).date(), time(12))  # noqa: DTZ007  # a day has no zone
            break
        except ValueError:
            continue
    if found is None:
        raise _Wrong("date", _("This is no date."))
    when = found if timezone.is_aware(found) else timezone.make_aware(found)
    if when > now and timezone.localdate(when) == timezone.localdate(now):
        return now
    if when > now:
        raise _Wrong("date", _("This day is still to come."))
    return when
