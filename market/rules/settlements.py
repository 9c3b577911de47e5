"""What a division of a lot's earnings is based on: who stands behind the part that was sold, and what it has cost."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from functools import partial
from math import lcm

from cooperatives.rules import lineage
from cooperatives.rules.agreements import Division, Past, divide
from cooperatives.rules.royalties import Parents
from cooperatives.rules.steps import Contribution, Floors, Step
from ledger.rules.entries import PART, Address, Draft, Flow, claim
from ledger.rules.readings import NetFlow
from market.rules.cycles import cycle_of, lot_of, pot_of
from market.rules.splits import Journal

DELIVERED = frozenset({"delivery", "correction"})  # purposes by which goods come in for a share, not for a price


@dataclass(frozen=True, slots=True)
class Basis:
    """A lot of `holder` and the part of it (0 to 1) that earned what is to be divided.

    The quantities of its contributions are whole numbers of parts, `scale` of which are one of their unit: many lots
    behind each other have exact fractions only of large denominators, and here they share one.
    """

    holder: str
    lot: str
    money: str
    share: Fraction
    contributions: tuple[Contribution, ...]
    costs: Fraction
    scale: int = 1
    has_floors: bool = True  # whether what stands behind it is known well enough to owe somebody a price for it

    def divided(
        self,
        amount: int,
        steps: Sequence[Step],
        debts: Mapping[str, int] | None = None,
        *,
        past: Mapping[str, Past] | None = None,
        parents: Parents | None = None,
    ) -> Division:
        """The amount by the steps of an agreement."""
        if not self.has_floors:
            steps = [replace(step, rates=()) if isinstance(step, Floors) else step for step in steps]
        return divide(
            amount, steps, holder=self.holder, contributions=self.contributions, costs=self.costs, debts=debts,
            past=past, parents=parents, scale=self.scale,
        )  # fmt: skip


def basis(lot: str, money: str, share: Fraction, facts: lineage.Facts) -> Basis:
    """What stands behind that share of a lot (by path): its contributions by source, its costs by all who were paid.

    Another cooperative's lot that went in for a share is a contribution of that lot; one that was bought is a cost."""
    holder = Address.parse(lot).owner
    weights = lineage.weights_behind(lot, facts, within=holder)
    scale = lcm(*(weight.denominator for weight in weights.values())) * share.denominator
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    for account, weight in weights.items():
        times = weight.numerator * (scale // (weight.denominator * share.denominator)) * share.numerator
        given = lineage.read_once(facts, ("given", account, holder), partial(_given_at, account, holder, facts))
        for kind, quantity in given.items():
            sums[kind] += quantity * times
    found = tuple(Contribution(to, of, unit, quantity) for (to, of, unit), quantity in sorted(sums.items()))
    spent = sum(lineage.costs(lot, facts).values(), Fraction(0))
    return Basis(holder, lot, money, share, found, spent * share, scale)


def _given_at(account: str, holder: str, facts: lineage.Facts) -> dict[tuple[str, str, str], int]:
    """{(who receives a share of it, what it was, its unit): quantity} of all that came into one lot or process.

    What the cooperative moved within itself counts for nobody, and what it gave itself (the use of its own tools) for
    its reserve; a lot that a member cooperative delivered counts as what was delivered, for that lot."""
    is_process = lineage.word_of(account) == "processes"
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    for flow in lineage.brought_to(account, facts):
        giver = Address.parse(flow.giver)
        if giver.word not in {"lots", "processes"}:
            to = f"{holder}/reserve" if giver.owner == holder else f"{giver.owner}/purse"
            sums[to, giver.purpose, flow.unit] += flow.quantity
        elif is_process and giver.owner != holder:
            sums[f"{giver.owner}/earned/{giver.name}", "lots", flow.unit] += flow.quantity
        elif giver.owner != holder and flow.purpose in DELIVERED:
            sums[f"{giver.owner}/earned/{giver.name}", "harvest/lots", flow.unit] += flow.quantity
    return sums


def seat_lot(society: str, seat: str) -> str:
    """Where the books of a member cooperative keep what a union paid for its seat there, as if it were a lot; seats
    have random names, so no lot of goods is called that."""
    return f"{society}/lots/seat-{seat.partition('/')[2]}"


def seat_basis(lot: str, money: str, given: Iterable[NetFlow], journal: Journal, *, upto: int | None = None) -> Basis:
    """What stands behind a union's payment whose goods nobody named: all that members gave to the cooperative since
    the division of such a payment before (or, of one that was made, before that one). Nobody is owed a price by it."""
    earned, unit = lot.replace("/lots/", "/earned/"), claim(money, Address.parse(lot).owner)
    since = max((t for t in journal.divisions.get((earned, unit), {}) if upto is None or t < upto), default=0)
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    for flow in given:
        giver = Address.parse(flow.giver)
        if flow.token > since and (upto is None or flow.token < upto):
            sums[f"{giver.owner}/purse", giver.purpose, flow.unit] += flow.quantity
    found = tuple(Contribution(to, of, counted, quantity) for (to, of, counted), quantity in sorted(sums.items()))
    return Basis(Address.parse(lot).owner, lot, money, Fraction(1), found, Fraction(0), has_floors=False)


def filled(lot: str, unit: str, flows: Sequence[NetFlow]) -> int:
    """How much of a unit ever came into a lot (by path), moves between hubs apart."""
    return sum(f.quantity for f in flows if f.unit == unit and _path(f.taker) == lot != _path(f.giver))


def sold_share(
    lot: str, unit: str, money: str, flows: Sequence[NetFlow], *, upto: int | None = None, cycle: str = ""
) -> Fraction:
    """Which part of a lot was drawn by the sales, in a cycle or outside of all, that the last division of their pot has
    not seen.

    As it was before the entry `upto`, where one is named: the part that this division divided."""
    holder = Address.parse(lot).owner
    earned, journal = pot_of(lot, cycle), Journal.of(flows)
    divided = journal.divisions.get((earned, claim(money, holder)), {})
    since = max((token for token in divided if upto is None or token < upto), default=0)
    tokens = {
        token
        for token in journal.incomes.get((earned, claim(money, holder)), ())
        if (at := _earned_at(journal, earned, token)) is not None and at > since and (upto is None or at < upto)
    }
    drawn = sum(f.quantity for f in flows if f.token in tokens and f.unit == unit and _path(f.giver) == lot)
    whole = filled(lot, unit, flows)
    return Fraction(drawn, whole) if whole else Fraction(0)


def _earned_at(journal: Journal, earned: str, token: int) -> int | None:
    orders = (Address.parse(f.giver).owner for f in journal.entries[token] if f.giver.startswith("orders/"))
    return journal.earned_at(earned, next(orders, ""), token)


def passed_share(
    lot: str, money: str, flows: Sequence[NetFlow], facts: lineage.Facts, *, upto: int | None = None
) -> Fraction:
    """Which part of a lot (by path) went into other cooperatives' goods that were sold, and whose share was paid on
    since its last division (or, before the entry `upto`, since the one before).

    A payment stands for the goods behind all that was owed by then, in proportion to what of it is paid."""
    holder, name = lot.split("/lots/")
    earned, ours, journal = f"{holder}/earned/{name}", claim(money, holder), Journal.of(flows)
    since = max((t for t in journal.divisions.get((earned, ours), {}) if upto is None or t < upto), default=0)
    paid: dict[str, dict[int, int]] = defaultdict(dict)
    for flow in flows:
        if (
            flow.giver == earned
            and flow.unit != ours
            and "@" in flow.unit
            and flow.token in journal.incomes[earned, ours]
        ):
            at = paid[flow.unit.partition("@")[2]]
            at[flow.token] = at.get(flow.token, 0) + sum(
                f.quantity for f in journal.entries[flow.token] if f.taker == earned and f.unit == ours
            )
    whole, goods = filled(lot, unit_of(lot, flows), flows), Fraction(0)
    for debtor, payments in paid.items():
        counted = sorted(token for token in payments if upto is None or token < upto)
        before = [token for token in counted if token <= since]
        for tokens, sign in ((counted, 1), (before, -1)):
            if tokens:
                owed, behind = _owed_to(earned, debtor, money, tokens[-1], journal, flows, facts)
                goods += sign * behind * min(Fraction(sum(payments[t] for t in tokens), owed or 1), Fraction(1))
    return max(goods, Fraction(0)) / whole if whole else Fraction(0)


def _owed_to(
    earned: str, debtor: str, money: str, before: int, journal: Journal, flows: Sequence[NetFlow], facts: lineage.Facts
) -> tuple[int, Fraction]:
    """What a debtor's divisions gave to a lot's earnings before an entry, and how much of the lot's goods lay behind
    what they divided."""
    owed, goods = 0, Fraction(0)
    for (giver, unit), divisions in journal.divisions.items():
        if unit != claim(money, debtor):
            continue
        for token, its in divisions.items():
            amount = sum(flow.quantity for flow in its if flow.taker == earned)
            if amount and token < before:
                sold = lot_of(giver)
                share = earned_share(sold, money, flows, facts, upto=token, cycle=cycle_of(giver))
                based = basis(sold, money, share, facts)
                given = sum(c.quantity for c in based.contributions if c.to == earned)
                owed, goods = owed + amount, goods + Fraction(given) / based.scale
    return owed, goods


def earned_share(
    lot: str,
    money: str,
    flows: Sequence[NetFlow],
    facts: lineage.Facts,
    *,
    unit: str = "",
    upto: int | None = None,
    cycle: str = "",
) -> Fraction:
    """Which part of a lot (by path) earned what is to be divided: sold from its shelf, or inside others' goods. In a
    cycle it is only sold: a share of others' sales comes by no cycle."""
    sold = sold_share(lot, unit or unit_of(lot, flows), money, flows, upto=upto, cycle=cycle)
    return sold if cycle else sold + passed_share(lot, money, flows, facts, upto=upto)


def unit_of(lot: str, flows: Sequence[NetFlow]) -> str:
    """In what a lot (by path) is counted."""
    return next((f.unit for f in flows if _path(f.taker) == lot and f.unit != PART), "g")


def debt_drafts(division: Division, basis: Basis, *, key: str, at: datetime, by: tuple[str, ...]) -> list[Draft]:
    """What a division leaves owing becomes a debt; what it repays of an older one ends it."""
    unit, mirror = claim(basis.money, basis.holder), f"{basis.holder}/debts"
    repaid = tuple(Flow(account, mirror, unit, n) for account, n in sorted(division.repaid.items()) if n)
    owed = tuple(Flow(mirror, account, unit, n) for account, n in sorted(division.gaps.items()) if n)
    drafts = []
    if repaid:
        drafts.append(Draft(f"{key}/repaid", "lower", "debt", repaid, at, by))
    if owed:
        drafts.append(Draft(f"{key}/owed", "raise", "debt", owed, at, by))
    return drafts


def foreseen(parts: Mapping[str, int], *, basis: Basis, after: int, at: datetime) -> list[NetFlow]:
    """A division that did not happen, as flows to be followed like any other; its evidence says that it is a model."""
    name, unit = basis.lot.rpartition("/")[2], claim(basis.money, basis.holder)
    giver = f"{basis.holder}/earned/{name}"
    return [
        NetFlow(after, f"foreseen/{name}", "transfer-all-rights", "share", at, "modelled", giver, account, unit, amount)
        for account, amount in sorted(parts.items())
        if amount
    ]


def _path(address: str) -> str:
    return address.partition("@")[0]
