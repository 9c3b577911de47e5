"""Where the money went: every cent of a sale to its last owner, from the journal's flows alone (entries, Readings).

The tax, the commission and the fee are named by their entries. What a lot earned follows the *next* division of that
lot after the sale: a cost goes on to those who were paid, a share of another cooperative's lot through that
cooperative's division. What is not divided, or not paid on, is waiting. The slices sum to the price, always.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

from cooperatives.rules.lineage import PaidToLot, Payee
from cooperatives.rules.shares import apportion
from ledger.rules.entries import HOLDERS, Address, claim
from ledger.rules.readings import NetFlow

DEPOSIT = "deposit"  # what is paid for containers beside the goods
GROUPS = ("local", "commons", "unknown", "waiting", "extracted")  # as a bar draws them

REASONS = {"purse": "share", "reserve": "reserve", "funds": "fund", "free": "own", "debt": "debt", "capital": "capital"}


class Destination(NamedTuple):
    """Who ends with it (for `waiting`: who still holds it), for what, and how we know."""

    owner: str
    reason: str  # tax commission delivery fee share reserve fund own cost waiting …
    evidence: str


Costs = Callable[[str], Mapping[Payee, Fraction]]  # a lot's path → what was paid for its inputs
Parts = dict[Destination, Fraction]


@dataclass(frozen=True, slots=True)
class SaleLine:
    """One entry by which an order's money became claims: `direct` has an owner, `earned` waits for a division."""

    order: str
    key: str
    token: int
    at: datetime
    money: str
    price: int
    direct: Mapping[Destination, int]
    earned: Mapping[str, int]  # path of a lot's earnings → amount
    seller: str = ""  # the cooperative that owes what came of it

    @property
    def is_carriage(self) -> bool:
        """Whether it was paid for bringing goods, and not for any lot."""
        return not self.earned and any(destination.reason == "delivery" for destination in self.direct)


class Slice(NamedTuple):
    """What one owner has of a price, in whole parts of the money."""

    owner: str
    reason: str
    evidence: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A price and all its slices, the largest first; they sum to it."""

    money: str
    price: int
    slices: tuple[Slice, ...]

    @property
    def waiting(self) -> int:
        return sum(s.quantity for s in self.slices if s.reason == "waiting")

    def by_owner(self) -> dict[str, int]:
        """{owner: amount}, with everything that is not divided yet under `waiting`."""
        sums: dict[str, int] = defaultdict(int)
        for part in self.slices:
            sums["waiting" if part.reason == "waiting" else part.owner] += part.quantity
        return dict(sums)


@dataclass(slots=True)
class Journal:
    """Net flows, found again by what a split asks for."""

    entries: dict[int, list[NetFlow]] = field(default_factory=lambda: defaultdict(list))
    divisions: dict[tuple[str, str], dict[int, list[NetFlow]]] = field(default_factory=dict)
    incomes: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    aside: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    backs: dict[tuple[str, str], int] = field(default_factory=dict)
    spreads: dict[tuple[str, str, int], "Parts"] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, flows: Iterable[NetFlow]) -> "Journal":
        journal = cls()
        for flow in flows:
            journal.entries[flow.token].append(flow)
            if "/earned/" in flow.giver and flow.purpose == "share":
                rows = journal.divisions.setdefault((flow.giver, flow.unit), {})
                rows.setdefault(flow.token, []).append(flow)
            if "/earned/" in flow.taker:
                journal.incomes[flow.taker, flow.unit].append(flow.token)
            if "/disputed/" in flow.taker:
                journal.aside[flow.giver, _order_of(flow.taker)] += flow.quantity
            elif "/disputed/" in flow.giver:
                journal.aside[flow.taker, _order_of(flow.giver)] -= flow.quantity
                journal.backs[flow.taker, _order_of(flow.giver)] = flow.token
        return journal

    def divided_at(self, earned: str, money: str, token: int) -> int:
        """The entry that divided what a lot earned in the entry `token`; 0 where none did yet."""
        rows = self.divisions.get((earned, claim(money, Address.parse(earned).owner)), {})
        return min((t for t in rows if t > token), default=0)

    def earned_at(self, earned: str, order: str, token: int) -> int | None:
        """Since which entry what an order (an owner) brought a pot of earnings waits for a division: since its sale,
        the entry `token`, or since it came back after it was set aside; None while it is set aside."""
        if self.aside.get((earned, order), 0) > 0:
            return None
        return max(token, self.backs.get((earned, order), 0))

    def paid_on(self, debtor: str, earned: str, money: str, since: int) -> int | None:
        """The entry by which a share that `debtor` owed to another's lot was paid, in money or by offset."""
        owner = Address.parse(earned).owner
        ours, theirs = claim(money, debtor), claim(money, owner)
        for token in self.incomes.get((earned, theirs), ()):
            if token > since and any(
                (f.giver == earned and f.unit == ours) or (f.giver == f"{debtor}/purse" and f.unit == theirs)
                for f in self.entries[token]
            ):
                return token
        return None


def _order_of(aside: str) -> str:
    """The order (an owner) whose earnings are set aside in an account."""
    return f"orders/{Address.parse(aside).name}"


def sale_lines(flows: Iterable[NetFlow]) -> list[SaleLine]:
    """Every sale to an order, as money left what the order had paid in; a processor's fee lies on the line it cost."""
    entries: dict[int, list[NetFlow]] = defaultdict(list)
    charges: dict[str, str] = {}
    for flow in flows:
        entries[flow.token].append(flow)
        if flow.taker.startswith("orders/") and "/prepaid" in flow.taker and not flow.giver.startswith("operators/"):
            charges[flow.key] = Address.parse(flow.taker).owner
    fees = _fees(entries, charges)
    found: list[SaleLine] = []
    for token, its in sorted(entries.items()):
        for money in sorted({f.unit for f in its if _is_sale(f)}):
            found.append(_line(token, its, money, fees))
    return found


def _is_sale(flow: NetFlow) -> bool:
    giver = flow.giver
    is_out = giver.startswith("orders/") and "/prepaid" in giver and not flow.taker.startswith("orders/")
    return is_out and flow.purpose != DEPOSIT  # which stays the buyer's own


@dataclass(slots=True)
class _Fee:
    """What a processor took from a lot's earnings of one order, and how much of it is not yet laid on a line."""

    processor: str
    evidence: str
    left: int


_Fees = dict[tuple[str, str], list[_Fee]]  # by order and path of earnings


def _fees(entries: Mapping[int, list[NetFlow]], charges: Mapping[str, str]) -> _Fees:
    """A fee's key names the charge it belongs to, and the charge names the order."""
    fees: _Fees = defaultdict(list)
    for its in entries.values():
        charge, is_fee, _ = its[0].key.partition("/fee/")
        if not is_fee or charge not in charges:
            continue
        taker = next((f.taker for f in its if "@" not in f.unit), None)
        for flow in its:
            if "/earned/" in flow.giver and taker:
                fee = _Fee(Address.parse(taker).owner, flow.evidence, flow.quantity)
                fees[charges[charge], flow.giver].append(fee)
    return fees


def _line(token: int, its: list[NetFlow], money: str, fees: _Fees) -> SaleLine:
    sold = [f for f in its if f.unit == money and _is_sale(f)]
    order = Address.parse(sold[0].giver).owner
    direct: dict[Destination, int] = defaultdict(int)
    earned: dict[str, int] = defaultdict(int)
    for flow in sold:
        taker = Address.parse(flow.taker)
        if taker.word == "purse":  # members' credit, which stays with the cooperative that sold
            direct[Destination(taker.owner, "own", flow.evidence)] += flow.quantity
        elif taker.owner_class not in HOLDERS:
            direct[Destination(taker.owner, flow.purpose, flow.evidence)] += flow.quantity
    for flow in its:
        taker = Address.parse(flow.taker)
        if flow.unit.partition("@")[0] != money or flow.unit == money or Address.parse(flow.giver).word != "owes":
            continue
        if taker.word == "earned":
            earned[flow.taker] += flow.quantity
        else:
            direct[Destination(taker.owner, _why(taker, flow.purpose), flow.evidence)] += flow.quantity
    for path in earned:
        for fee in fees.get((order, path), ()):
            laid = min(earned[path], fee.left)
            fee.left -= laid
            earned[path] -= laid
            if laid:
                direct[Destination(fee.processor, "fee", fee.evidence)] += laid
    price = sum(f.quantity for f in sold)
    owing = (f.unit.partition("@")[2] for f in its if f.unit.startswith(f"{money}@"))
    seller = next((owner for owner in owing if owner.startswith("coops/")), "")
    return SaleLine(order, its[0].key, token, its[0].at, money, price, dict(direct), dict(earned), seller)


def _why(taker: Address, purpose: str) -> str:
    if taker.owner_class == "tax":
        return "tax"
    if taker.owner_class == "operators":
        return "commission" if purpose == "sale" else purpose
    return "delivery" if taker.owner_class == "carriers" else purpose


def where_it_went(lines: Iterable[SaleLine], journal: Journal, costs: Costs) -> Parts:
    """Every line to its last owners, exactly; the fractions sum to the lines' prices."""
    out: Parts = defaultdict(Fraction)
    # Sales that one division divided went the same ways, so they are followed once, together.
    divided: dict[tuple[str, str, int], int] = defaultdict(int)
    for line in lines:
        for destination, quantity in line.direct.items():
            out[destination] += quantity
        for earned, quantity in line.earned.items():
            since = journal.earned_at(earned, line.order, line.token)
            when = 0 if since is None else journal.divided_at(earned, line.money, since)
            divided[earned, line.money, when] += quantity
    for (earned, money, when), quantity in divided.items():
        for destination, share in _spread(earned, money, when, journal, costs).items():
            out[destination] += quantity * share
    return {destination: part for destination, part in out.items() if part}


def _spread(earned: str, money: str, when: int, journal: Journal, costs: Costs) -> Parts:
    """How one unit of what a lot earned was divided by the entry `when`; the parts sum to one."""
    lot = Address.parse(earned)
    if not when:
        return {Destination(lot.owner, "waiting", "unknown"): Fraction(1)}
    if (earned, money, when) in journal.spreads:
        return journal.spreads[earned, money, when]
    out: Parts = defaultdict(Fraction)
    row = journal.divisions[earned, claim(money, lot.owner)][when]
    whole = sum(flow.quantity for flow in row)
    for flow in row:
        share, taker = Fraction(flow.quantity, whole), Address.parse(flow.taker)
        if taker.word == "earned":
            paid = journal.paid_on(lot.owner, flow.taker, money, when)
            behind = (
                {Destination(lot.owner, "waiting", "unknown"): Fraction(1)}
                if paid is None
                else _spread(flow.taker, money, journal.divided_at(flow.taker, money, paid), journal, costs)
            )
        elif taker.word == "free":
            behind = _cost(f"{lot.owner}/lots/{lot.name}", money, flow.evidence, journal, costs)
        else:
            behind = {Destination(taker.owner, REASONS.get(taker.word, taker.word), flow.evidence): Fraction(1)}
        for destination, part in behind.items():
            out[destination] += share * part
    journal.spreads[earned, money, when] = dict(out)
    return journal.spreads[earned, money, when]


def _cost(lot: str, money: str, evidence: str, journal: Journal, costs: Costs) -> Parts:
    """Who was paid for a lot's inputs, as parts of one; where nobody was, it is the cooperative's own."""
    paid = costs(lot)
    whole = sum(paid.values(), Fraction(0))
    if not whole:
        return {Destination(Address.parse(lot).owner, "own", evidence): Fraction(1)}
    out: Parts = defaultdict(Fraction)
    for payee, amount in paid.items():
        if isinstance(payee, PaidToLot):
            when = journal.divided_at(payee.path, money, payee.token)
            for destination, part in _spread(payee.path, money, when, journal, costs).items():
                out[destination] += amount / whole * part
        else:
            out[Destination(payee, "cost", evidence)] += amount / whole
    return dict(out)


def breakdown(money: str, parts: Mapping[Destination, Fraction]) -> Breakdown:
    """The parts in whole cents, by largest remainder; their sum, which is a whole number, is kept."""
    price = sum(parts.values(), Fraction(0))
    if price.denominator != 1:
        raise ValueError("the parts of a price sum to a whole number")
    names = {"|".join(destination): destination for destination in parts}
    whole = apportion(int(price), {name: parts[destination] for name, destination in names.items()})
    rows = [Slice(*names[name], quantity) for name, quantity in whole.items() if quantity]
    return Breakdown(money, int(price), tuple(sorted(rows, key=lambda s: (-s.quantity, s.owner, s.reason))))


def is_inside(place: str | None, boundary: str) -> bool | None:
    """Whether a place lies inside a boundary; None where the place is not known."""
    return None if place is None else place == boundary or place.startswith(boundary + "/")


def group_of(part: Slice, places: Mapping[str, str | None], boundary: str) -> str:
    """Which of GROUPS a slice counts to. Commons inside the boundary stay local too: they are only shown apart."""
    if part.reason == "waiting":
        return "waiting"
    inside = is_inside(places.get(part.owner), boundary)
    if inside is None:
        return "unknown"
    if not inside:
        return "extracted"
    return "commons" if part.owner.startswith("commons/") else "local"


def by_boundary(slices: Iterable[Slice], places: Mapping[str, str | None], boundary: str) -> dict[str, int]:
    """{group: amount} for every one of GROUPS; what stays local is `local` and `commons` together."""
    sums = dict.fromkeys(GROUPS, 0)
    for part in slices:
        sums[group_of(part, places, boundary)] += part.quantity
    return sums
