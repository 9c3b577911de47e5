"""The entries of an order and of what follows it, as the journal wants them (entries, section 4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ledger.rules.entries import Draft, Flow, claim


@dataclass(frozen=True, slots=True)
class SoldLine:
    """One line of an order, as it is sold: addresses of the ledger, amounts in the currency's smallest part."""

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

    @property
    def rest(self) -> int:
        return self.price - self.vat - self.commission


def payment_draft(
    *, key: str, order: str, keeper: str, money: str, amount: int, at: datetime, by: tuple[str, ...], evidence: str
) -> Draft:
    """What the buyer paid lies with a keeper, still the order's own."""
    flow = Flow(f"{order}/pocket", f"{order}/prepaid@{keeper}", money, amount)
    return Draft(key, "transfer-custody", "payment", (flow,), at, by, evidence)


def sale_draft(line: SoldLine, *, operator: str, keeper: str, at: datetime, by: tuple[str, ...]) -> Draft:
    """One line is sold: its price becomes claims of the tax, the operator and the lot, and the goods are set aside."""
    prepaid, theirs, ours = (
        f"{line.order}/prepaid@{keeper}",
        claim(line.money, line.seller),
        claim(line.money, operator),
    )
    flows = (
        Flow(prepaid, f"{line.seller}/till@{keeper}", line.money, line.price - line.commission),
        Flow(prepaid, f"{operator}/till@{keeper}", line.money, line.commission),
        Flow(f"{line.seller}/owes", f"{line.tax}/purse", theirs, line.vat),
        Flow(f"{line.seller}/owes", f"{line.seller}/earned/{line.lot}", theirs, line.rest),
        Flow(f"{operator}/owes", f"{operator}/free", ours, line.commission),
        Flow(f"{line.seller}/lots/{line.lot}@{line.hub}", f"{line.order}/parcels@{line.hub}", line.unit, line.quantity),
    )
    key = f"order/{line.order.partition('/')[2]}/line/{line.number}"
    return Draft(key, "transfer-all-rights", "sale", _moving(flows), at, by, "invoice")


def handover_draft(line: SoldLine, *, at: datetime, by: tuple[str, ...]) -> Draft:
    """The goods of a line leave the hub in the buyer's hands."""
    flow = Flow(f"{line.order}/parcels@{line.hub}", f"{line.order}/goods", line.unit, line.quantity)
    key = f"order/{line.order.partition('/')[2]}/handed/{line.number}"
    return Draft(key, "transfer-custody", "handover", (flow,), at, by, "two-sided")


def division_draft(
    *, key: str, seller: str, lot: str, money: str, parts: Mapping[str, int], at: datetime, by: tuple[str, ...]
) -> Draft:
    """A lot's earnings become the claims of those who made it; `parts` is {account: amount}."""
    unit = claim(money, seller)
    flows = tuple(Flow(f"{seller}/earned/{lot}", account, unit, amount) for account, amount in sorted(parts.items()))
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
