"""Give me: the agreement in force, and what divisions still owe."""

from collections import defaultdict
from collections.abc import Iterable

from cooperatives.models import (
    Agreement,
    Cooperative,
    Proposal,
)
from ledger import queries as ledger
from ledger.rules.entries import claim


def agreement_in_force(cooperative: Cooperative) -> Agreement | None:
    """The last version adopted."""
    return cooperative.agreements.select_related("adopted_by").first()


def agreement_version(cooperative: Cooperative, version: int) -> Agreement | None:
    """One version, in force or earlier."""
    return cooperative.agreements.filter(version=version).first()


def proposal_behind(agreement: Agreement) -> Proposal | None:
    """The proposal that became this version; none stands behind the first."""
    return Proposal.objects.filter(agreement=agreement).first()


def agreements_in_force(cooperatives: Iterable[int]) -> dict[int, Agreement]:
    """The last version of each cooperative, by its id."""
    found = Agreement.objects.filter(cooperative__in=list(cooperatives))
    return {a.cooperative_id: a for a in found.order_by("cooperative_id", "-version").distinct("cooperative_id")}


def owed_by_divisions(cooperative: Cooperative, *, before: int | None = None) -> dict[str, int]:
    """{account of debt: amount} that earlier divisions could not pay, less what later ones paid of it; as it was before
    the entry `before`, where one is named.

    A price promised for a contribution stands in the same accounts and is not meant: its money comes back with the cost
    of what was sold, and is set aside by keeping the promise.
    """
    unit, mirror = claim(cooperative.currency, cooperative.address), f"{cooperative.address}/debts"
    owed: dict[str, int] = defaultdict(int)
    for entry in ledger.entries_touching([mirror], purposes=["debt"]):
        if before is not None and entry.token >= before:
            break
        for giver, taker, what, quantity in entry.flows:
            if what == unit and giver == mirror:
                owed[taker] += quantity
            if what == unit and taker == mirror:
                owed[giver] -= quantity
    return {account: amount for account, amount in sorted(owed.items()) if amount > 0}
