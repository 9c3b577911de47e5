"""Give me: what was divided, what lies in purses, and what cooperatives owe each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Max, QuerySet

from cooperatives.rules.agreements import Past, add_share
from ledger.queries import balances
from ledger.rules.entries import Address, claim
from market.models import Division, Payout
from market.rules.cycles import cycle_of

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


def last_divisions(lots: Iterable[str]) -> dict[str, int]:
    """{lot (by path): number of its last division} for those that were ever divided."""
    found = Division.objects.filter(lot_path__in=set(lots)).values_list("lot_path")
    return dict(found.annotate(last=Max("pk")).order_by())


def claims_between(cooperative: Cooperative) -> tuple[list[Claim], list[Claim]]:
    """What other cooperatives hold for this one in its money: shares of its lots that they have yet to pay on, by lot,
    and what they owe it since a refund; `owner` is the other cooperative."""
    shares, owed = list[Claim](), list[Claim]()
    for holding in balances(owner=cooperative.address, words=["earned", "purse"]):
        money, _at, debtor = holding.unit.partition("@")
        account = Address.parse(holding.address)
        if debtor.startswith("coops/") and debtor != cooperative.address and holding.quantity > 0:
            (shares if account.word == "earned" else owed).append(
                Claim(debtor, money, holding.quantity, lot=account.name)
            )
    return shares, owed


def all_earnings(cooperative: Cooperative) -> dict[str, int]:
    """{pot of a lot's earnings: amount not divided yet}, in the cooperative's own currency, whether it was sold in an
    order cycle or outside of all."""
    found = balances(prefix=f"{cooperative.address}/earned/", unit=claim(cooperative.currency, cooperative.address))
    return {row.address: row.quantity for row in found if row.quantity > 0}


def earnings_of(cooperative: Cooperative) -> dict[str, int]:
    """{path of a lot's earnings: amount not divided yet} of what was sold in no order cycle, in the cooperative's own
    currency."""
    return {pot: amount for pot, amount in all_earnings(cooperative).items() if not cycle_of(pot)}
