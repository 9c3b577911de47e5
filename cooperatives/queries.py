"""Give me: people and their names, what is at hand and under way, how a lot came about, and a member's passbook."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from cooperatives.models import (
    Agreement,
    Audience,
    Cooperative,
    Correction,
    Lot,
    Membership,
    Place,
    Process,
    Weighing,
)
from cooperatives.rules import lineage
from cooperatives.rules.streams import Stream, stream
from ledger import queries as ledger
from ledger.rules.entries import PART, Address, Recorded, claim
from ledger.rules.readings import NetFlow, net_flows

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from cooperatives.models import Member


# People ---------------------------------------------------------------------------------------------------------------


def cooperatives() -> list[Cooperative]:
    """All cooperatives with their places, by name."""
    return list(Cooperative.objects.select_related("place"))


def cooperative(slug: str) -> Cooperative | None:
    """The cooperative of that short name."""
    return Cooperative.objects.select_related("place").filter(slug=slug).first()


def membership_in(user: "Member | AnonymousUser", slug: str) -> Membership | None:
    """The membership that a signed-in person has, and has not left, in the cooperative of that short name."""
    return next((m for m in memberships_of(user) if m.cooperative.slug == slug), None)


def memberships_of(user: "Member | AnonymousUser") -> list[Membership]:
    """All memberships that a person has and has not left, in the order of joining."""
    if not user.is_authenticated:
        return []
    found = Membership.objects.filter(member=user, left_at=None)
    return list(found.select_related("cooperative__place", "place", "member"))


def members_of(cooperative: Cooperative) -> list[Membership]:
    """Who belongs to the cooperative now, in the order of joining."""
    return list(cooperative.memberships.filter(left_at=None).select_related("place"))


def member_at(cooperative: Cooperative, name: str) -> Membership | None:
    """The member whose address ends in that random name."""
    found = cooperative.memberships.filter(address=f"members/{name}", left_at=None)
    return found.select_related("cooperative", "place").first()


def shown_name(membership: Membership, reader: Membership | None) -> str:
    """What `reader` may call a member: the name where the member agreed, else the number or the pseudonym."""
    is_near = reader is not None and reader.cooperative_id == membership.cooperative_id
    is_self = reader is not None and reader.pk == membership.pk
    may = {Audience.PUBLIC: True, Audience.COOPERATIVE: is_near, Audience.SELF: is_self}[
        Audience(membership.name_shown_to)
    ]
    if membership.name and (may or is_self):
        return membership.name
    return membership.number if membership.number and is_near else membership.pseudonym


def names_of(owners: Iterable[str], *, reader: Membership | None = None) -> dict[str, str]:
    """What `reader` may call each of these owners of the ledger; those that are neither member nor cooperative are left
    out."""
    wanted = set(owners)
    members = Membership.objects.filter(address__in=[o for o in wanted if o.startswith("members/")])
    names = {m.address: shown_name(m, reader) for m in members}
    slugs = [o.removeprefix("coops/") for o in wanted if o.startswith("coops/")]
    if slugs:
        names |= {c.address: c.name for c in Cooperative.objects.filter(slug__in=slugs)}
    return names


def place_names(paths: Iterable[str]) -> dict[str, str]:
    """The name of each declared place."""
    return dict(Place.objects.filter(path__in=list(paths)).values_list("path", "name"))


# Agreements -----------------------------------------------------------------------------------------------------------


def agreement_in_force(cooperative: Cooperative) -> Agreement | None:
    """The last version adopted."""
    return cooperative.agreements.select_related("adopted_by").first()


def agreements_in_force(cooperatives: Iterable[int]) -> dict[int, Agreement]:
    """The last version of each cooperative, by its id."""
    found = Agreement.objects.filter(cooperative__in=list(cooperatives))
    return {a.cooperative_id: a for a in found.order_by("cooperative_id", "-version").distinct("cooperative_id")}


def owed_by_divisions(cooperative: Cooperative) -> dict[str, int]:
    """{account of debt: amount} that earlier divisions could not pay, less what later ones paid of it.

    A price promised for a contribution stands in the same accounts and is not meant: its money comes back with the cost
    of what was sold, and is set aside by keeping the promise.
    """
    unit, mirror = claim(cooperative.currency, cooperative.address), f"{cooperative.address}/debts"
    owed: dict[str, int] = defaultdict(int)
    for entry in ledger.entries_touching([mirror], purposes=["debt"]):
        for giver, taker, what, quantity in entry.flows:
            if what == unit and giver == mirror:
                owed[taker] += quantity
            if what == unit and taker == mirror:
                owed[giver] -= quantity
    return {account: amount for account, amount in sorted(owed.items()) if amount > 0}


# Goods ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LotAtHand:
    """A lot that holds something: how much, in its unit, and whether it was drawn from (it takes nothing more then)."""

    lot: Lot
    quantity: int
    is_drawn: bool

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
    """The lots of a cooperative that hold anything, newest first."""
    held: dict[str, int] = defaultdict(int)
    for holding in ledger.balances(prefix=f"{cooperative.address}/lots/"):
        if holding.unit != PART:
            held[lineage.path_of(holding.address)] += holding.quantity
    codes = [path.rpartition("/")[2] for path in held]
    lots = Lot.objects.filter(cooperative=cooperative, code__in=codes).select_related("hub", "cooperative")
    drawn = ledger.is_batch_closed(list(held))
    return [LotAtHand(lot, held[lot.path], drawn.get(lot.path, False)) for lot in lots]


def lot(slug: str, code: str) -> Lot | None:
    """The lot of that code in the cooperative of that short name."""
    found = Lot.objects.filter(cooperative__slug=slug, code=code)
    return found.select_related("cooperative__place", "hub__place", "process").first()


def open_processes(cooperative: Cooperative) -> list[Process]:
    """Processes that have not been finished, newest first."""
    return list(cooperative.processes.filter(finished_at=None).select_related("cooperative"))


def process(slug: str, code: str) -> Process | None:
    """The process of that code in the cooperative of that short name."""
    return Process.objects.filter(cooperative__slug=slug, code=code).select_related("cooperative__place").first()


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


def inside(process: Process, reader: Membership | None) -> list[Inside]:
    """What stands in a process now, in order: inputs above zero, outputs below, parts left out."""
    flows = [f for f in net_flows(ledger.entries_touching([process.address])) if f.unit != PART]
    here = [f for f in flows if process.address in (f.giver, f.taker)]
    others = [f.giver if f.taker == process.address else f.taker for f in here]
    names = names_of({lineage.owner_of(other) for other in others}, reader=reader)
    return [
        Inside(
            names.get(lineage.owner_of(other), lineage.owner_of(other)), lineage.owner_of(other),
            Address.parse(other).purpose, f.unit, f.quantity if f.taker == process.address else -f.quantity,
            f.key, f.at, f.evidence,
        )
        for f, other in zip(here, others, strict=True)
    ]  # fmt: skip


# Deliveries -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Delivered:
    """One delivery as the scale said it and as the journal has it now; `net` is 0 where it was taken back."""

    weighing: Weighing
    who: str
    net: int
    reasons: tuple[Correction, ...]


def deliveries(
    cooperative: Cooperative, *, reader: Membership | None, since: datetime | None = None, last: int = 50
) -> list[Delivered]:
    """The last deliveries, newest first, with their corrections."""
    found = Weighing.objects.filter(lot__cooperative=cooperative)
    if since is not None:
        found = found.filter(at__gte=since)
    weighings = list(found.select_related("lot__hub", "lot__cooperative", "giver__cooperative", "by")[:last])
    return _delivered(weighings, reader)


def delivery(cooperative: Cooperative, pk: int, *, reader: Membership | None) -> Delivered | None:
    """One delivery of a cooperative."""
    found = Weighing.objects.filter(lot__cooperative=cooperative, pk=pk)
    return next(
        iter(_delivered(list(found.select_related("lot__hub", "lot__cooperative", "giver", "by")), reader)), None
    )


def _delivered(weighings: list[Weighing], reader: Membership | None) -> list[Delivered]:
    keys = [w.key for w in weighings]
    corrections: dict[str, list[Correction]] = defaultdict(list)
    for correction in Correction.objects.filter(corrects__in=keys).select_related("by").order_by("at"):
        corrections[correction.corrects].append(correction)
    added = [c.key for its in corrections.values() for c in its]
    entries = ledger.entries_by_key([*keys, *added]) if keys else {}
    made = []
    for weighing in weighings:
        own = [entries[k] for k in (weighing.key, *(c.key for c in corrections[weighing.key])) if k in entries]
        lot = weighing.lot.path
        net = sum(_change(flow, lot) for entry in own for flow in entry.flows)
        made.append(Delivered(weighing, shown_name(weighing.giver, reader), net, tuple(corrections[weighing.key])))
    return made


def _change(flow: tuple[str, str, str, int], path: str) -> int:
    giver, taker, _, quantity = flow
    return quantity * (lineage.path_of(taker) == path) - quantity * (lineage.path_of(giver) == path)


# A lot's story --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Given:
    """What one owner gave to a lot: by kind and unit, the share that is in the lot, rounded to the unit."""

    who: str
    owner: str
    kind: str
    unit: str
    quantity: int
    evidence: str


@dataclass(frozen=True, slots=True)
class Story:
    """How a lot came about: how much was filled and is left, who gave what, the steps of making, minutes by kind."""

    filled: int
    left: int
    given: list[Given]
    steps: list[lineage.Generation]
    minutes: Mapping[str, int]
    stream: Stream | None = None

    @property
    def people(self) -> int:
        """How many members and groups of workers stand behind the lot."""
        return len({g.owner for g in self.given if g.owner.startswith(("members/", "workers/"))})


def lot_story(lot: Lot, *, reader: Membership | None = None) -> Story:
    """Who and what is in a lot, back over every process and lot behind it, whoever owns them, under the names that
    `reader` may know."""
    flows = flows_behind([lot.path])
    told = story_in(flows, lot)
    names = names_of({given.owner for given in told.given}, reader=reader)
    given = [replace(each, who=names.get(each.owner, each.owner)) for each in told.given]
    return replace(told, given=sorted(given, key=_by_weight))


def story_in(flows: Sequence[NetFlow], lot: Lot) -> Story:
    """The same from flows at hand, and nobody's name: givers are called by their addresses."""
    facts = lineage.facts(flows)
    sources = lineage.embodied(lot.path, facts)
    how = {f.token: f.evidence for f in flows}
    weighed = {code: unit.grams for code, unit in ledger.units({f.unit for f in flows}).items() if unit.grams}
    sums: dict[tuple[str, str, str, str], Fraction] = defaultdict(Fraction)
    for source, quantity in sources.items():
        key = (lineage.owner_of(source.giver), Address.parse(source.giver).purpose, source.unit, how[source.token])
        sums[key] += quantity
    given = [
        Given(owner, owner, kind, unit, round(quantity), evidence)
        for (owner, kind, unit, evidence), quantity in sums.items()
    ]
    return Story(
        filled=facts.filled.get(lot.path, 0),
        left=facts.filled.get(lot.path, 0) - facts.drawn.get(lot.path, 0),
        given=sorted(given, key=_by_weight),
        steps=lineage.story(lot.path, facts),
        minutes={kind: round(minutes) for kind, minutes in lineage.minutes_by_kind(sources).items()},
        stream=stream(lot.path, facts, weighed),
    )


def _by_weight(given: Given) -> tuple[bool, int, str]:
    return (given.unit == "min", -given.quantity, given.who)


def flows_behind(paths: Iterable[str]) -> list[NetFlow]:
    """Every net flow that touches these lots or anything they were made of."""
    return net_flows(ledger.entries_behind(paths))


# A member's passbook --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as a member saw it: goods or minutes given, what was earned, taken off and paid, and the balance."""

    entry: Recorded
    lot: str
    unit: str
    quantity: int
    earned: int
    taken_off: int
    paid: int
    balance: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Passbook:
    """All lines of a membership, oldest first, in its cooperative's money; what is set aside and what is promised."""

    lines: list[Line]
    balance: int
    promised: int
    given: Mapping[str, int]

    def total(self, column: str) -> int:
        """The sum of one column: earned, taken_off or paid."""
        return sum(int(getattr(line, column)) for line in self.lines)

    @property
    def totals(self) -> dict[str, int]:
        return {column: self.total(column) for column in ("earned", "taken_off", "paid")}


def passbook(membership: Membership) -> Passbook:
    """Everything that a member gave and received here. Undone entries stay, with the entries that undo them."""
    cooperative = membership.cooperative
    unit = claim(cooperative.currency, cooperative.address)
    entries = ledger.entries_touching(owners=[membership.address])
    reasons = dict(Correction.objects.filter(key__in=[e.key for e in entries]).values_list("key", "reason"))
    purse, balance, lines = f"{membership.address}/purse", 0, []
    given: dict[str, int] = defaultdict(int)
    promised = 0
    for entry in entries:
        gave = _given(entry, membership.address)
        for thing, quantity in gave.items():
            given[thing] += quantity
        promised += sum(_change(f, f"{membership.address}/debt") for f in entry.flows if f.unit == unit)
        came = sum(f.quantity for f in entry.flows if f.taker == purse and f.unit == unit)
        went = sum(f.quantity for f in entry.flows if f.giver == purse and f.unit == unit)
        is_paid = any(f.giver == purse and f.taker == f"{cooperative.address}/owes" for f in entry.flows)
        balance += came - went
        thing = next(iter(gave), "")
        if gave or came or went or f"{membership.address}/debt" in {a for f in entry.flows for a in f[:2]}:
            lines.append(
                Line(
                    entry=entry,
                    lot=_lot_of(entry),
                    unit=thing,
                    quantity=gave.get(thing, 0),
                    earned=came,
                    taken_off=0 if is_paid else went,
                    paid=went if is_paid else 0,
                    balance=balance,
                    reason=reasons.get(entry.key, ""),
                )
            )
    return Passbook(lines, balance, promised, dict(given))


def _given(entry: Recorded, owner: str) -> dict[str, int]:
    """Goods and minutes that left the owner's sources by this entry, less what came back, by unit."""
    sums: dict[str, int] = defaultdict(int)
    for giver, taker, unit, quantity in entry.flows:
        for address, change in ((giver, quantity), (taker, -quantity)):
            if lineage.owner_of(address) == owner and lineage.word_of(address) in {"harvest", "work"}:
                sums[unit] += change
    return {unit: quantity for unit, quantity in sums.items() if quantity}


def _lot_of(entry: Recorded) -> str:
    """The code of the lot or process that an entry speaks of; of the lot that earned, for a share."""
    for giver, taker, _, _ in entry.flows:
        for address in (taker, giver):
            if lineage.word_of(address) in {"lots", "processes", "earned"}:
                return lineage.path_of(address).rpartition("/")[2]
    return ""
