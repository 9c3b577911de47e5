"""Give me: what was divided, what lies in purses, and what cooperatives owe each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import QuerySet

from cooperatives.rules.agreements import Past, add_share
from ledger.queries import Holding, balances, entries_by_key, entries_by_prefix, entries_touching, entry, left_to_undo
from ledger.rules.entries import Address, claim
from market.models import Cycle, Division, OrderLine, Payout
from market.rules.climbs import Divided, PaidOn
from market.rules.cycles import aside_key, cycle_of, fee_cause, lot_of

if TYPE_CHECKING:
    from cooperatives.models import Cooperative


@dataclass(frozen=True, slots=True)
class Claim:
    """What a cooperative holds for somebody, in one currency."""

    owner: str
    currency: str
    quantity: int
    payout: Payout | None = None
    lot: str = ""  # the share of another cooperative's lot, where it is no purse


def purses_to_pay(cooperative: Cooperative) -> list[Claim]:
    """The purses, and the shares of other cooperatives' lots, that a cooperative could pay out now, the largest first;
    taxes are paid to their offices apart, and deposits at the stall."""
    waiting = Payout.objects.filter(cooperative=cooperative, confirmed_at=None, dropped_at=None)
    prepared = {(p.owner, p.lot, p.currency): p for p in waiting.select_related("prepared_by")}
    found = []
    for holding in balances(words=["purse", "earned"], unit=claim(cooperative.currency, cooperative.address)):
        account = Address.parse(holding.address)
        is_own = account.owner == cooperative.address
        if holding.quantity > 0 and not is_own and account.owner_class not in {"tax", "orders"}:
            payout = prepared.get((account.owner, account.name, cooperative.currency))
            found.append(Claim(account.owner, cooperative.currency, holding.quantity, payout, account.name))
    return sorted(found, key=lambda row: (-row.quantity, row.owner))


def payouts_of(cooperative: Cooperative) -> QuerySet[Payout]:
    """What a cooperative paid or prepared to pay, the newest first."""
    return Payout.objects.filter(cooperative=cooperative).select_related("prepared_by", "confirmed_by")


def divisions_of(cooperative: Cooperative) -> QuerySet[Division]:
    """What a cooperative divided, the newest first."""
    return Division.objects.filter(cooperative=cooperative).select_related("divided_by", "cycle")


def past_shares(cooperative: Cooperative, *, before: int | None = None) -> dict[str, Past]:
    """{purse: what its owner's gifts weighed in all shares of the rest so far, and what they paid}; only in divisions
    before the one of that number, where one is named."""
    past: dict[str, Past] = {}
    rows = Division.objects.filter(cooperative=cooperative, currency=cooperative.currency)
    rows = rows if before is None else rows.filter(pk__lt=before)
    for said in rows.order_by("pk").values_list("parts", flat=True):
        for to, weight in said.get("weights", {}).items():
            past[to] = add_share(past.get(to), weight=weight)
        for _n, step, to, amount, _due in said["why"] if "weights" in said else ():
            if step == "residual":
                past[to] = add_share(past.get(to), paid=amount)
    return past


def claims_held(cooperative: Cooperative) -> list[Holding]:
    """What stands in the accounts that a settlement looks at: earned, set aside, in the purse. For the three below."""
    return balances(owner=cooperative.address, words=["earned", "disputed", "purse"])


def claims_between(cooperative: Cooperative, held: Iterable[Holding] | None = None) -> tuple[list[Claim], list[Claim]]:
    """What other cooperatives hold for this one in its money: shares of its lots that they have yet to pay on, by lot,
    and what they owe it since a refund; `owner` is the other cooperative."""
    shares, owed = list[Claim](), list[Claim]()
    for holding in claims_held(cooperative) if held is None else held:
        money, _at, debtor = holding.unit.partition("@")
        account = Address.parse(holding.address)
        is_anothers = debtor.startswith("coops/") and debtor != cooperative.address
        if is_anothers and account.word != "disputed" and holding.quantity > 0:
            (shares if account.word == "earned" else owed).append(
                Claim(debtor, money, holding.quantity, lot=account.name)
            )
    return shares, owed


def all_earnings(cooperative: Cooperative, held: Iterable[Holding] | None = None) -> dict[str, int]:
    """{pot of a lot's earnings: amount not divided yet}, in the cooperative's own currency, whether it was sold in an
    order cycle or outside of all."""
    return {row.address: row.quantity for row in _own(cooperative, "earned", held) if row.quantity > 0}


def _own(cooperative: Cooperative, word: str, held: Iterable[Holding] | None) -> list[Holding]:
    """What lies in its accounts of that word in its own claims; of what is `held`, where that was read already."""
    prefix, unit = f"{cooperative.address}/{word}/", claim(cooperative.currency, cooperative.address)
    if held is None:
        return balances(prefix=prefix, unit=unit)
    return [row for row in held if row.address.startswith(prefix) and row.unit == unit]


def earnings_of(cooperative: Cooperative) -> dict[str, int]:
    """{path of a lot's earnings: amount not divided yet} of what was sold in no order cycle, in the cooperative's own
    currency."""
    return {pot: amount for pot, amount in all_earnings(cooperative).items() if not cycle_of(pot)}


@dataclass(frozen=True, slots=True)
class Waiting:
    """Sales whose card's fee is not known yet: how many lines, what they earned before it, and how much of that a
    division has set aside."""

    lines: int
    earned: int
    aside: int


def waiting_for_fees(cooperative: Cooperative, cycle: Cycle | None) -> Waiting:
    """What waits for a fee of all that a cooperative sold in a cycle, or outside of all."""
    lines = list(lines_waiting_for_fees(cooperative).filter(cycle=cycle))
    return Waiting(len(lines), sum(line.rest for line in lines), _set_aside(lines))


@dataclass(frozen=True, slots=True)
class SetAside:
    """What no division may take yet: of sales whose card's fee is not known, and of payments that a bank disputes."""

    fees: int
    disputes: int


def set_aside_of(cooperative: Cooperative, held: Iterable[Holding] | None = None) -> SetAside:
    """What of a cooperative's earnings is set aside, in its own currency."""
    whole = sum(row.quantity for row in _own(cooperative, "disputed", held))
    fees = _set_aside(lines_waiting_for_fees(cooperative)) if whole else 0
    return SetAside(fees, whole - fees)


def _set_aside(lines: Iterable[OrderLine]) -> int:
    kept = entries_by_key(aside_key(fee_cause(line.order.name), line.number) for line in lines)
    return sum(entry.flows[0].quantity for entry in kept.values())


def lines_waiting_for_fees(cooperative: Cooperative) -> QuerySet[OrderLine]:
    """The lines that a cooperative sold whose card's fee is not known yet."""
    unknown = OrderLine.objects.filter(order__payments__is_fee_known=False, listing__product__cooperative=cooperative)
    return unknown.select_related("listing", "order").distinct().order_by("pk")


def division_after(earned: str, money: str, token: int) -> Divided | None:
    """The division that took what a pot of a lot's earnings had in an entry: the next one of that pot."""
    rows = Division.objects.filter(lot_path=lot_of(earned), currency=money)
    code = cycle_of(earned)
    for row in (rows.filter(cycle__code=code) if code else rows.filter(cycle=None)).order_by("pk"):
        found = entry(row.entry)
        if found is not None and found.token > token:
            left, parts = dict[str, int](), dict[str, UUID]()
            for part in [found, *entries_by_prefix(f"{found.key}/part")]:
                for flow in left_to_undo(part):
                    left[flow.giver] = left.get(flow.giver, 0) + flow.quantity
                    parts[flow.giver] = part.id
            return Divided(found.id, found.token, left, parts)
    return None


def payments_on(debtor: str, earned: str, money: str) -> list[PaidOn]:
    """How `debtor` paid its shares on to another cooperative's lot, in money or by offset, and what is left of it."""
    owed, unit = claim(money, debtor), claim(money, Address.parse(earned).owner)
    found = []
    for one in entries_touching([earned]):
        is_paid = any(flow.giver == earned and flow.unit == owed for flow in one.flows)
        if one.undoes is None and is_paid and any(flow.taker == earned and flow.unit == unit for flow in one.flows):
            left = sum(f.quantity for f in left_to_undo(one) if f.giver == earned and f.unit == unit)
            found.append(PaidOn(one.id, one.token, left))
    return found
