"""Give me: the agreement in force, and what divisions still owe."""

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cooperatives.models import (
    Agreement,
    Cooperative,
)
from ledger import queries as ledger
from ledger.rules.entries import claim

if TYPE_CHECKING:
    pass


def agreement_in_force(cooperative: Cooperative) -> Agreement | None:
    """The last version adopted."""
    return cooperative.agreements.select_related("adopted_by").first()


def agreements_in_force(cooperatives: Iterable[int]) -> dict[int, Agreement]:
    """The last version of each cooperative, by its id."""
    found = Agreement.objects.filter(cooperative__in=list(cooperatives))
    return {a.cooperative_id: a for a in found.order_by("cooperative_id", "-version").distinct("cooperative_id")}


def owed_by_divisions(cooperative: Cooperative) -> dict[str, int]:
    """{account of debt: amount} that earlier divisions could not pay, less what later ones paid of it.

    A price promised for a contribution stands in the same accounts and is not meant: its money comes back with the cost
    of what was sold, and is set aside by keeping the promise.
    """
    unit, mirror = claim(cooperative.currency, cooperative.address), f"{cooperative.address}/debts"
    owed: dict[str, int] = defaultdict(int)
    for entry in ledger.entries_touching([mirror], purposes=["debt"]):
        for giver, taker, what, quantity in entry.flows:
            if what == unit and giver == mirror:
                owed[taker] += quantity
            if what == unit and taker == mirror:
                owed[giver] -= quantity
    return {account: amount for account, amount in sorted(owed.items()) if amount > 0}
