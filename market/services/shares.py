"""Shares between cooperatives: what one owes another's lot is paid by what that one owes it since a refund."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from ledger.queries import balance_of
from ledger.rules.entries import Address, claim
from ledger.services.journal import record_entries
from market.rules.climbs import offset_draft

if TYPE_CHECKING:
    from cooperatives.models import Cooperative


def settle_by_offset(
    *, cooperative: Cooperative, accounts: Iterable[str], cause: str, at: datetime, by: tuple[str, ...]
) -> int:
    """Pay the shares of other cooperatives' lots among `accounts` as far as those cooperatives owe this one; answers
    how much. Within the caller's transaction, once for its `cause`."""
    settled, money = 0, cooperative.currency
    for earned in sorted(account for account in accounts if Address.parse(account).word == "earned"):
        owned, owed = claim(money, Address.parse(earned).owner), claim(money, cooperative.address)
        amount = min(balance_of(f"{cooperative.address}/purse", owned), balance_of(earned, owed))
        if amount > 0:
            key = f"offset/{cause}/{Address.parse(earned).owner.partition('/')[2]}/{Address.parse(earned).name}"
            losses = max(0, -balance_of(f"{cooperative.address}/losses", owed))
            draft = offset_draft(
                key=key, debtor=cooperative.address, earned=earned, money=money, amount=amount, losses=losses, at=at,
                by=by,
            )  # fmt: skip
            record_entries([draft])
            settled += amount
    return settled
