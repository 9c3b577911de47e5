"""Give me: what members were advanced, and how much more they may be."""

from cooperatives.models import Cooperative, Membership
from ledger import queries as ledger
from ledger.rules.entries import claim


def advances_of(cooperative: Cooperative) -> dict[str, int]:
    """{member's address: what their next shares will fill first}: purses that stand below zero."""
    unit = claim(cooperative.currency, cooperative.address)
    held = ledger.balances(words=["purse"], unit=unit)
    return {
        row.address.removesuffix("/purse"): -row.quantity
        for row in held
        if row.quantity < 0 and row.address.startswith("members/")
    }


def advance_room(membership: Membership) -> int:
    """How much a member may be paid before earning it: what the purse holds and the limit that was agreed."""
    cooperative = membership.cooperative
    unit = claim(cooperative.currency, cooperative.address)
    purse = f"{membership.address}/purse"
    return ledger.rooms_of([purse], unit)[purse] or 0


def own_money(cooperative: Cooperative) -> int:
    """The cooperative's working money and its reserve, out of which it can advance without using what is others'."""
    unit = claim(cooperative.currency, cooperative.address)
    return sum(ledger.balance_of(f"{cooperative.address}/{word}", unit) for word in ("free", "reserve"))
