"""Give me: a cooperative's account at Stripe, what lies there, and what went to the bank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from ledger.queries import balances
from ledger.rules.refusal import NotFound
from market.models import BankPayout, StripeAccount
from market.rules.cards import PLATFORM

if TYPE_CHECKING:
    from cooperatives.models import Cooperative


@dataclass(frozen=True, slots=True)
class MoneyAtStripe:
    """A cooperative's money by cards: at the platform, in its own account, on its way to the bank."""

    platform: int
    own: int
    way: int


def money_at_stripe(cooperative: Cooperative) -> MoneyAtStripe:
    """Where a cooperative's card money lies, in its own currency."""
    money, owner = cooperative.currency, cooperative.address
    tills = [f"{owner}/till@{keeper}" for keeper in (PLATFORM, f"stripe/{cooperative.slug}")]
    way = f"{owner}/till@way/{cooperative.slug}"
    held = {row.address: row.quantity for row in balances(addresses=[*tills, way], unit=money)}
    return MoneyAtStripe(*(held.get(address, 0) for address in (*tills, way)))


def stripe_account_of(cooperative: Cooperative) -> StripeAccount | None:
    """The cooperative's account at Stripe."""
    return StripeAccount.objects.filter(cooperative=cooperative).select_related("call").first()


def bank_payouts_of(cooperative: Cooperative) -> QuerySet[BankPayout]:
    """What went from a cooperative's account at Stripe to its bank, the newest first."""
    return BankPayout.objects.filter(cooperative=cooperative)


def bank_payout_of(cooperative: Cooperative, pk: int) -> BankPayout:
    """One of them; raises NotFound."""
    found = bank_payouts_of(cooperative).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found
