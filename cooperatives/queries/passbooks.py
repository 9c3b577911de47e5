"""Give me: a member's passbook."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from cooperatives.models import Correction, Membership, Weighing
from cooperatives.rules import lineage
from ledger import queries as ledger
from ledger.rules.entries import Recorded, claim


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
    delivery: int | None = None  # the weighing it was, to object to its weight


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
    """Everything that a member gave and received here. Undone entries stay, with the entries that undo them.

    Of a member cooperative, also the lots that it delivered for a share, and what is set aside for them."""
    cooperative, society = membership.cooperative, membership.society
    unit = claim(cooperative.currency, cooperative.address)
    entries = ledger.entries_touching(owners=[membership.address])
    purses = {f"{membership.address}/purse"}
    if society is not None:
        own = [f"{society.address}/earned/", f"{society.address}/lots/"]
        entries = ledger.entries_touching(owners=[membership.address], prefixes=own)
        sides = {address for entry in entries for flow in entry.flows if flow.unit == unit for address in flow[:2]}
        purses |= {address for address in sides if address.startswith(own[0])}
    reasons = dict(Correction.objects.filter(key__in=[e.key for e in entries]).values_list("key", "reason"))
    weighings = dict(Weighing.objects.filter(key__in=[e.key for e in entries]).values_list("key", "pk"))
    balance, lines = 0, []
    given: dict[str, int] = defaultdict(int)
    promised = 0
    for entry in entries:
        gave = _given(entry, membership)
        for thing, quantity in gave.items():
            given[thing] += quantity
        promised += sum(lineage.change(f, f"{membership.address}/debt") for f in entry.flows if f.unit == unit)
        came = sum(f.quantity for f in entry.flows if f.taker in purses and f.unit == unit)
        went = sum(f.quantity for f in entry.flows if f.giver in purses and f.unit == unit)
        is_paid = any(f.giver in purses and f.taker == f"{cooperative.address}/owes" for f in entry.flows)
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
                    delivery=weighings.get(entry.key),
                )
            )
    return Passbook(lines, balance, promised, dict(given))


def _given(entry: Recorded, membership: Membership) -> dict[str, int]:
    """Goods and minutes that left the member's sources by this entry, less what came back, by unit; of a member
    cooperative also what went from its lots into the union's."""
    sums: dict[str, int] = defaultdict(int)
    society = membership.society.address if membership.society else ""
    for giver, taker, unit, quantity in entry.flows:
        for address, other, change in ((giver, taker, quantity), (taker, giver, -quantity)):
            owner, word = lineage.owner_of(address), lineage.word_of(address)
            is_lot = owner == society and word == lineage.word_of(other) == "lots"
            is_delivered = is_lot and lineage.owner_of(other) == membership.cooperative.address
            if is_delivered or (owner == membership.address and word in {"harvest", "work"}):
                sums[unit] += change
    return {unit: quantity for unit, quantity in sums.items() if quantity}


def _lot_of(entry: Recorded) -> str:
    """The code of the lot or process that an entry speaks of; of the lot that earned, for a share."""
    for giver, taker, _, _ in entry.flows:
        for address in (taker, giver):
            if lineage.word_of(address) in {"lots", "processes", "earned"}:
                return lineage.path_of(address).rpartition("/")[2]
    return ""
