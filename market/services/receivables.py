"""What a seller owes the operator after a refund or a dispute: made good from his money at Stripe, now or with the next
sale; what cannot be had stays a claim that both see."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Sum

from cooperatives.services.people import OPERATOR
from ledger.queries import balance_of
from ledger.rules.entries import claim
from ledger.services.journal import record_entries
from market.models import Transfer
from market.rules.cards import PLATFORM
from market.rules.refunds import recovery_draft


def owed_by(seller: str, money: str) -> int:
    """What the seller (an address) owes the operator."""
    return balance_of(f"{OPERATOR}/purse", claim(money, seller))


def free_at_platform(seller: str, money: str) -> int:
    """The seller's money in the operator's Stripe account that no transfer under way has a hand on."""
    under_way = Transfer.objects.filter(transfer=None, call__state="waiting", currency=money)
    under_way = under_way.filter(cooperative__slug=seller.partition("/")[2])
    return balance_of(f"{seller}/till@{PLATFORM}", money) - (under_way.aggregate(s=Sum("amount"))["s"] or 0)


def recover(*, seller: str, money: str, cause: str, at: datetime) -> int:
    """Make the operator's float good as far as the seller's free money reaches, because of `cause` (a key, once)."""
    amount = min(owed_by(seller, money), free_at_platform(seller, money))
    if amount <= 0:
        return 0
    key = f"recover/{cause}/{seller.partition('/')[2]}"
    draft = recovery_draft(key=key, seller=seller, operator=OPERATOR, money=money, amount=amount, at=at, by=(OPERATOR,))
    record_entries([draft])
    return amount
