"""Give me: the lots at hand, the processes under way and what is in them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from cooperatives.models import (
    Cooperative,
    Hub,
    Lot,
    Membership,
    Process,
    Showing,
)
from cooperatives.queries.people import names_of
from cooperatives.rules import lineage
from ledger import queries as ledger
from ledger.rules.entries import PART, Address
from ledger.rules.readings import NetFlow, net_flows


@dataclass(frozen=True, slots=True)
class LotAtHand:
    """A lot that holds something: how much, in its unit, and whether it was drawn from (it takes nothing more then).

    `brought_by` names the other cooperative whose it is, where one brought it here for a share."""

    lot: Lot
    quantity: int
    is_drawn: bool
    brought_by: str = ""

    @property
    def code(self) -> str:
        return self.lot.code

    @property
    def goods(self) -> str:
        return self.lot.goods

    @property
    def unit(self) -> str:
        return self.lot.unit


def lots_at_hand(cooperative: Cooperative) -> list[LotAtHand]:
    """The lots of a cooperative that hold anything, newest first; packaging that comes back is no goods."""
    held: dict[str, int] = defaultdict(int)
    drawn = set()
    for holding, is_drawn in ledger.lots_held(f"{cooperative.address}/lots/"):
        if holding.unit != PART:
            path = lineage.path_of(holding.address)
            held[path] += holding.quantity
            if is_drawn:
                drawn.add(path)
    codes = [path.rpartition("/")[2] for path in held]
    lots = Lot.objects.filter(cooperative=cooperative, code__in=codes, container=None).select_related(
        "hub", "cooperative"
    )
    return [LotAtHand(lot, held[lot.path], lot.path in drawn) for lot in lots]


def lots_before(cooperative: Cooperative, *, before: int | None, most: int) -> list[LotAtHand]:
    """At most so many lots that hold anything, the last opened first: before the lot of that number, where one is
    named."""
    rows = sorted(lots_at_hand(cooperative), key=lambda row: -row.lot.pk)
    return [row for row in rows if before is None or row.lot.pk < before][:most]


def lots_to_use(cooperative: Cooperative) -> list[LotAtHand]:
    """What may go into a process: the cooperative's lots that hold anything, newest first, then those that others
    brought to its hubs for a share."""
    held = {(row.address, row.unit): row.quantity for row in ledger.balances(prefix=f"{cooperative.address}/lots/")}
    codes = {lineage.path_of(address).rpartition("/")[2] for address, unit in held if unit != PART}
    is_theirs = Q(hub__cooperative=cooperative) & ~Q(cooperative=cooperative)
    found = list(
        Lot.objects.filter(Q(cooperative=cooperative, code__in=codes) | is_theirs, container=None).select_related(
            "hub", "cooperative"
        )
    )
    if brought := [lot.address for lot in found if lot.cooperative_id != cooperative.pk]:
        held |= {(row.address, row.unit): row.quantity for row in ledger.balances(addresses=brought)}
    rows = [
        LotAtHand(lot, quantity, False, lot.cooperative.name if lot.cooperative_id != cooperative.pk else "")
        for lot in found
        if (quantity := held.get((lot.address, lot.unit)))
    ]
    return sorted(rows, key=lambda row: bool(row.brought_by))


def lot(slug: str, code: str) -> Lot | None:
    """The lot of that code in the cooperative of that short name."""
    found = Lot.objects.filter(cooperative__slug=slug, code=code)
    return found.select_related("cooperative__place", "hub__place", "process").first()


def hubs() -> list[Hub]:
    """All hubs of all cooperatives, each cooperative's together."""
    return list(Hub.objects.select_related("cooperative").order_by("cooperative__name", "name"))


def open_processes(cooperative: Cooperative) -> list[Process]:
    """Processes that have not been finished, newest first."""
    return list(cooperative.processes.filter(finished_at=None).select_related("cooperative"))


def process(slug: str, code: str) -> Process | None:
    """The process of that code in the cooperative of that short name."""
    found = Process.objects.filter(cooperative__slug=slug, code=code)
    return found.select_related("cooperative__place", "recipe__recipe").first()


def process_names(paths: Iterable[str]) -> dict[str, str]:
    """What each process makes, in its maker's words, by its address; accounts that are no process are left out."""
    codes = {path.rpartition("/processes/")[2]: path for path in paths if "/processes/" in path}
    found = Process.objects.filter(code__in=codes).select_related("cooperative")
    return {process.address: process.name for process in found}


@dataclass(frozen=True, slots=True)
class Inside:
    """One thing that went into a process, or came out of it: what it is, how much, and its key in the journal."""

    who: str
    owner: str
    what: str
    unit: str
    quantity: int
    key: str
    at: datetime
    evidence: str
    shown: str = ""  # what shows a value that no scale weighs


def flows_of(process: Process) -> list[NetFlow]:
    """What went into a process and came out of it, less what was undone."""
    return net_flows(ledger.entries_touching([process.address]))


def inside(
    process: Process,
    reader: Membership | None,
    known: Iterable[NetFlow] | None = None,
    names: Mapping[str, str] | None = None,
) -> list[Inside]:
    """What stands in a process now, in order: inputs above zero, outputs below, parts left out. `known`: its flows, and
    `names`: what owners are called, where these were read already."""
    flows = [f for f in (flows_of(process) if known is None else known) if f.unit != PART]
    here = [f for f in flows if process.address in (f.giver, f.taker)]
    others = [f.giver if f.taker == process.address else f.taker for f in here]
    names = names_of({lineage.owner_of(other) for other in others}, reader=reader, known=names)
    declared = [f.key for f in here if f.taker == process.address and f.giver.startswith("nature/")]
    shown = dict(Showing.objects.filter(key__in=declared).values_list("key", "words")) if declared else {}
    return [
        Inside(
            names.get(lineage.owner_of(other), lineage.owner_of(other)), lineage.owner_of(other),
            Address.parse(other).purpose, f.unit, f.quantity if f.taker == process.address else -f.quantity,
            f.key, f.at, f.evidence, shown.get(f.key, ""),
        )
        for f, other in zip(here, others, strict=True)
    ]  # fmt: skip
