"""Contributions from a table: goods and hours, all of it or nothing, and nothing the second time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.utils.translation import gettext as _

from cooperatives.models import Cooperative, Hub, Membership, Process, Role
from cooperatives.services.contributions import lock_cooperative
from cooperatives.services.many_contributions import Delivery, Hours, SomeRefused, give_many
from cooperatives.services.people import refuse_unless
from cooperatives.services.table_cells import (
    Brought,
    Problem,
    TableRefused,
    WrongCell,
    moment_in,
    quantity_in,
    told_in,
    unit_in,
)
from ledger import queries as ledger

HEADS = ("date", "member", "goods", "gross", "tare", "unit", "place", "lot", "process", "minutes", "key")


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
        "minutes": _("Minutes"), "key": _("Key"), "grade": _("Grade"),
    }  # fmt: skip


def import_contributions(
    *, cooperative: Cooperative, rows: Sequence[Sequence[str]], by: Membership, at: datetime, is_rehearsal: bool = False
) -> Brought:
    """Record whatever stands in `rows` (the first is the head) and is not in the books; a rehearsal keeps nothing.

    A row with goods is a delivery, a row with a process is work. What the same row of the same words brought before is
    passed over, and so is what carries the key of an entry. Raises NotAllowed (a steward or a clerk),
    TableRefused with row, column and reason of all that is wrong.
    """
    refuse_unless(by, Role.STEWARD, Role.CLERK, cooperative=cooperative)
    told, problems = told_in(rows, columns(), {"date", "member"}), list[Problem]()
    new = known = 0
    with transaction.atomic():
        lock_cooperative(cooperative.pk)
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
            except WrongCell as wrong:
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
            raise TableRefused(sorted(problems, key=lambda problem: problem.row))
        transaction.set_rollback(is_rehearsal)
    return Brought(new, known)


def _keys(cooperative: Cooperative, told: Sequence[Mapping[str, str]]) -> list[str]:
    """A key for each row by its words; the same words a second time in one table are a second contribution."""
    seen: Counter[str] = Counter()
    keys = []
    for said in told:
        # A row without a grade has the key that it had before there were any.
        heads = [head for head in HEADS if head != "key"] + (["grade"] if said.get("grade") else [])
        words = "\x1f".join(said.get(head, "") for head in heads)
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
        raise WrongCell("member", _("We know no such member."))
    when = moment_in(said, "date", at)
    if bool(said.get("goods")) == bool(said.get("process")):
        raise WrongCell("goods", _("A row has goods, or the process that somebody worked in."))
    if code := said.get("process"):
        process = about.processes.get(code)
        if process is None:
            raise WrongCell("process", _("We know no such process."))
        minutes = said.get("minutes", "")
        if not minutes.isdecimal() or not 0 < int(minutes) <= 60 * 24 * 31:
            raise WrongCell("minutes", _("Minutes are a whole number above zero."))
        return Hours(member, process, int(minutes), when, key)
    unit = unit_in(said.get("unit", ""), about.goods.get(said["goods"], "g"))
    place = said.get("place", "").casefold()
    hub = about.hubs.get(place) if place else next(iter(about.hubs.values()), None)
    if hub is None:
        raise WrongCell("place", _("We know no such place."))
    return Delivery(
        giver=member, goods=said["goods"], unit=unit, hub=hub, lot_code=said.get("lot") or None, at=when,
        key=key, quantity=quantity_in(said, "gross", unit),
        tare=quantity_in(said, "tare", unit) if said.get("tare") else 0, grade=said.get("grade", ""),
    )  # fmt: skip
