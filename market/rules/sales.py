"""The entries of an order and of what follows it, as the journal wants them (entries, section 4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ledger.rules.entries import Address, Draft, Flow, claim
from market.rules.cycles import pot_of

CARRIAGE = "carriage"  # what is paid for bringing goods to their buyer


@dataclass(frozen=True, slots=True)
class SoldLine:
    """One line of an order, as it is sold: addresses of the ledger, amounts in the currency's smallest part. Carriage
    is a line too: what it brings in is its carrier's, and no goods move by it."""

    order: str  # orders/9q2c
    number: int
    seller: str  # coops/fern
    lot: str  # name of the lot
    hub: str  # hubs/kumasi
    unit: str
    quantity: int
    price: int
    vat: int
    commission: int
    tax: str  # tax/fr
    money: str
    cycle: str = ""  # in which it was ordered
    carrier: str = ""  # carriers/la-poste, where the line is what bringing the goods costs
    is_sent: bool = False  # the carrier has taken the goods, so its part is earned

    @property
    def earned(self) -> str:
        """Where what the lot earns by it waits to be divided; of carriage, the purse of whom it is owed."""
        if self.carrier:
            return f"{self.carrier}/purse"
        return pot_of(f"{self.seller}/lots/{self.lot}", self.cycle)

    @property
    def rest(self) -> int:
        return self.price - self.vat - self.commission


def payment_draft(
    *, key: str, order: str, keeper: str, money: str, amount: int, at: datetime, by: tuple[str, ...], evidence: str
) -> Draft:
    """What the buyer paid lies with a keeper, still the order's own."""
    flow = Flow(f"{order}/pocket", f"{order}/prepaid@{keeper}", money, amount)
    return Draft(key, "transfer-custody", "payment", (flow,), at, by, evidence)


def sale_draft(
    line: SoldLine, *, operator: str, paid: Mapping[str, Mapping[str, int]], at: datetime, by: tuple[str, ...]
) -> Draft:
    """One line is sold: its price becomes claims of the tax, the operator and the lot, and the goods are set aside.
    `paid` says which keepers have its parts: {keeper: {tax, commission, rest}}, together the line."""
    theirs, ours = claim(line.money, line.seller), claim(line.money, operator)
    came = [
        flow
        for keeper, part in sorted(paid.items())
        for flow in (
            Flow(f"{line.order}/prepaid@{keeper}", f"{line.seller}/till@{keeper}", line.money,
                 part["rest"] + part["tax"]),
            Flow(f"{line.order}/prepaid@{keeper}", f"{operator}/till@{keeper}", line.money, part["commission"]),
        )
    ]  # fmt: skip
    flows = (
        *came,
        Flow(f"{line.seller}/owes", f"{line.tax}/purse", theirs, line.vat),
        Flow(f"{line.seller}/owes", line.earned, theirs, line.rest),
        Flow(f"{operator}/owes", f"{operator}/free", ours, line.commission),
        Flow(f"{line.seller}/lots/{line.lot}@{line.hub}", f"{line.order}/parcels@{line.hub}", line.unit, line.quantity),
    )
    key = f"order/{line.order.partition('/')[2]}/line/{line.number}"
    purpose = CARRIAGE if line.carrier else "sale"
    return Draft(key, "transfer-all-rights", purpose, _moving(flows), at, by, "invoice")


def handover_draft(line: SoldLine, *, at: datetime, by: tuple[str, ...], quantity: int | None = None) -> Draft:
    """The goods of a line leave the hub in the buyer's hands: all of them, or what of them did not come back before."""
    quantity = line.quantity if quantity is None else quantity
    flow = Flow(f"{line.order}/parcels@{line.hub}", f"{line.order}/goods", line.unit, quantity)
    key = f"order/{line.order.partition('/')[2]}/handed/{line.number}"
    return Draft(key, "transfer-custody", "handover", (flow,), at, by, "two-sided")


def goods_back_drafts(
    line: SoldLine, *, key: str, quantity: int, sale: UUID, is_good: bool, is_handed_over: bool, lies_at: str,
    at: datetime, by: tuple[str, ...],
) -> list[Draft]:  # fmt: skip
    """Goods come back to the hub. What is good goes into its lot again, as the part of the sale that did not happen: so
    a lot that was drawn takes nothing but its own. They follow a lot that was moved since (`lies_at` is its hub now).
    What is spoiled stays sold, and goes to the soil."""
    parcels, drafts = f"{line.order}/parcels@{line.hub}", list[Draft]()
    if is_handed_over:
        flow = Flow(f"{line.order}/goods", parcels, line.unit, quantity)
        drafts.append(Draft(f"{key}/{line.number}/back", "transfer-custody", "return", (flow,), at, by, "two-sided"))
    if is_good:
        lot = f"{line.seller}/lots/{line.lot}"
        flow = Flow(parcels, f"{lot}@{line.hub}", line.unit, quantity)
        into = Draft(f"{key}/{line.number}/stock", "transfer-all-rights", "return", (flow,), at, by, "two-sided", sale)
        if lies_at != line.hub:
            flow = Flow(f"{lot}@{line.hub}", f"{lot}@{lies_at}", line.unit, quantity)
            moved = Draft(f"{key}/{line.number}/moved", "transfer-custody", "move", (flow,), at, by, "two-sided")
            return [*drafts, into, moved]
    else:
        flow = Flow(parcels, "nature/soil/body", line.unit, quantity)
        into = Draft(f"{key}/{line.number}/spoiled", "lower", "loss", (flow,), at, by, "two-sided")
    return [*drafts, into]


def division_draft(
    *, key: str, pot: str, money: str, parts: Mapping[str, int], at: datetime, by: tuple[str, ...]
) -> Draft:
    """What waits in a pot of a lot's earnings becomes the claims of those who made it; `parts` is {account: amount}."""
    unit = claim(money, Address.parse(pot).owner)
    flows = tuple(Flow(pot, account, unit, amount) for account, amount in sorted(parts.items()))
    return Draft(key, "transfer-all-rights", "share", _moving(flows), at, by, "declared")


def payout_draft(
    *,
    key: str,
    holder: str,
    owner: str,
    keeper: str,
    money: str,
    amount: int,
    at: datetime,
    by: tuple[str, ...],
    evidence_hash: str,
) -> Draft:
    """Money leaves a keeper for somebody's pocket, and the claim in the purse with it."""
    flows = (
        Flow(f"{holder}/till@{keeper}", f"{owner}/pocket", money, amount),
        Flow(f"{owner}/purse", f"{holder}/owes", claim(money, holder), amount),
    )
    return Draft(key, "transfer", "payout", flows, at, by, "two-sided", evidence_hash=evidence_hash)


def _moving(flows: tuple[Flow, ...]) -> tuple[Flow, ...]:
    """Without the flows of nothing: no tax on what is exempt, no commission where none is taken."""
    return tuple(flow for flow in flows if flow.quantity)
