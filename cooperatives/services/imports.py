"""Importing contributions: every row of a file one exact entry, all or none, and nothing the second time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from cooperatives.models import Cooperative, Lot, Membership, Place, Process, Role
from cooperatives.rules.imports import Accounts, FileMapping, Problem, Row, flags_of, flows_of, read_file
from cooperatives.rules.names import random_name
from cooperatives.services.people import OPERATOR, declare_place, found_cooperative
from ledger import queries as ledger
from ledger.rules.entries import Draft
from ledger.rules.refusal import BadInput
from ledger.services.journal import record_entries, record_owners


class FileRefused(BadInput):
    """This file cannot be imported as it is: {count} of its rows have a problem. Nothing was imported."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(count=len({problem.row for problem in problems}))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file brought: its totals in kilograms and hours, and how many of its rows were new."""

    rows: int
    farms: int
    grams_gross: int
    grams_net: int
    minutes: int
    recorded: int
    flags: tuple[Problem, ...]


def import_contributions(*, content: bytes, mapping: FileMapping, at: datetime, is_rehearsal: bool = False) -> Imported:
    """Record the rows of a file, one entry each, with what the mapping declares made where it is missing.

    A rehearsal does all of it and keeps nothing. Raises FileRefused with the row, column and reason of each problem.
    """
    rows, problems = read_file(content, mapping)
    if problems:
        raise FileRefused(problems)
    with transaction.atomic():
        cooperatives = _declare(mapping, {row.place for row in rows}, at)
        drafts = _drafts(rows, mapping, cooperatives, at)
        _refuse_changed(rows, drafts)
        recorded = record_entries(drafts)
        transaction.set_rollback(is_rehearsal)
    return Imported(
        rows=len(rows), farms=len({(row.place, row.giver) for row in rows}),
        grams_gross=sum(row.gross for row in rows), grams_net=sum(row.net for row in rows),
        minutes=sum(row.total for row in rows), recorded=sum(entry.is_new for entry in recorded),
        flags=tuple(flags_of(rows, mapping)),
    )  # fmt: skip


def _declare(mapping: FileMapping, used: set[str], at: datetime) -> dict[str, Cooperative]:
    """The mapping's places and its cooperatives, by the file's name of the place."""
    known = set(Place.objects.values_list("path", flat=True))
    for path, name in (*mapping.around, *((v.path, v.name) for v in mapping.places.values())):
        if path not in known:
            declare_place(path=path, name=name, at=at)
    found = {}
    for place in sorted(used):
        village = mapping.places[place]
        found[place] = Cooperative.objects.filter(slug=village.slug).first() or found_cooperative(
            name=village.cooperative, slug=village.slug, place=village.path, at=min(at, mapping.seasons[0]), by=None,
            currency=mapping.currency, exponent=mapping.exponent,
        )  # fmt: skip
    workers = {f"workers/{mapping.places[place].slug}": mapping.places[place].path for place in used}
    unknown = workers.keys() - ledger.places_of(workers).keys()
    record_owners([(owner, workers[owner]) for owner in unknown], at=at)
    return found


def _drafts(
    rows: Sequence[Row], mapping: FileMapping, cooperatives: dict[str, Cooperative], at: datetime
) -> list[Draft]:
    farms = _farms(rows, mapping, cooperatives, at)
    lots, processes = _lots_and_processes(rows, mapping, cooperatives)
    drafts = []
    for row in rows:
        here, cooperative = (row.place, row.season), cooperatives[row.place]
        accounts = Accounts(
            giver=farms[row.place, row.giver], cooperative=cooperative.address, lot=lots[here].address,
            process=processes[here].address, workers=f"workers/{mapping.places[row.place].slug}",
        )  # fmt: skip
        flows = tuple(flows_of(row, accounts, mapping))
        when = mapping.seasons[row.season - 1]
        drafts.append(Draft(row.key, "transfer", "delivery", flows, when, (OPERATOR,), mapping.evidence))
    return drafts


def _farms(
    rows: Sequence[Row], mapping: FileMapping, cooperatives: dict[str, Cooperative], at: datetime
) -> dict[tuple[str, str], str]:
    """The ledger's address of each farm, by place and by its number in the file; new ones are admitted unnamed."""
    places = {p.path: p for p in Place.objects.filter(path__in=[v.path for v in mapping.places.values()])}
    farms: dict[tuple[str, str], str] = {}
    for place, cooperative in cooperatives.items():
        numbers = dict(cooperative.memberships.exclude(number="").values_list("number", "address"))
        wanted = dict.fromkeys(row.giver for row in rows if row.place == place)
        new = [
            Membership(
                cooperative=cooperative, address=f"members/{random_name()}", number=number, roles=[Role.MEMBER],
                place=places[mapping.places[place].path], joined_at=cooperative.founded_at,
            )
            for number in wanted if number not in numbers
        ]  # fmt: skip
        Membership.objects.bulk_create(new)
        record_owners([(m.address, mapping.places[place].path) for m in new], at=at)
        numbers |= {m.number: m.address for m in new}
        farms |= {(place, number): numbers[number] for number in wanted}
    return farms


def _lots_and_processes(
    rows: Sequence[Row], mapping: FileMapping, cooperatives: dict[str, Cooperative]
) -> tuple[dict[tuple[str, int], Lot], dict[tuple[str, int], Process]]:
    """The lot and the process of each village and season, made where missing."""
    goods, lots, processes = mapping.goods, {}, {}
    for place, season in sorted({(row.place, row.season) for row in rows}):
        cooperative, when = cooperatives[place], mapping.seasons[season - 1]
        hub = cooperative.hubs.get(slug=cooperative.slug)
        lots[place, season], _ = Lot.objects.get_or_create(
            cooperative=cooperative, code=goods["lot"].format(season=season),
            defaults={"goods": goods["name"], "unit": goods["unit"], "hub": hub, "opened_at": when},
        )  # fmt: skip
        processes[place, season], _ = Process.objects.get_or_create(
            cooperative=cooperative, code=goods["process"].format(season=season),
            defaults={"name": goods["process_name"].format(season=season), "started_at": when},
        )  # fmt: skip
    return lots, processes


def _refuse_changed(rows: Sequence[Row], drafts: Sequence[Draft]) -> None:
    """A row that was imported before must say the same now."""
    known = ledger.entries_by_key(draft.key for draft in drafts)
    changed = [
        Problem(row.line, "", "it was imported before with other figures")
        for row, draft in zip(rows, drafts, strict=True)
        if draft.key in known and known[draft.key].flows != draft.flows
    ]
    if changed:
        raise FileRefused(changed)
