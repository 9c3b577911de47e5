"""Give me: money that was given, what funds hold, and what was promised for contributions and not set aside yet."""

from dataclasses import dataclass
from datetime import datetime

from cooperatives.models import Cooperative, Membership
from cooperatives.queries.agreements import owed_by_divisions
from cooperatives.queries.people import names_of
from cooperatives.rules import lineage
from ledger import queries as ledger
from ledger.rules.entries import claim


@dataclass(frozen=True, slots=True)
class MoneyGift:
    """Money that somebody gave, less what was undone; `goal` is the account that holds it: a fund, a commons, free."""

    who: str
    goal: str
    amount: int
    at: datetime
    key: str


def gifts_to(cooperative: Cooperative, reader: Membership, last: int = 30) -> list[MoneyGift]:
    """The last gifts and grants of money, the newest first, under the names that `reader` may know."""
    money, owed = cooperative.currency, claim(cooperative.currency, cooperative.address)
    found = []
    for entry in ledger.entries_touching([f"{cooperative.address}/owes"], purposes=["grant", "gift"]):
        came = next((flow for flow in entry.flows if flow.unit == money), None)
        goal = next((flow for flow in entry.flows if flow.unit == owed), None)
        if came and goal and entry.undoes is None:
            found.append((entry, lineage.owner_of(came.giver), goal))
    names = names_of({owner for _, owner, _ in found}, reader=reader)
    rows = [
        MoneyGift(names.get(owner, owner), goal.taker, goal.quantity, entry.at, entry.key)
        for entry, owner, goal in found
    ]
    return sorted(rows, key=lambda row: row.at, reverse=True)[:last]


def funds_of(cooperative: Cooperative) -> dict[str, int]:
    """{name of a tied fund: what it holds}, without empty ones."""
    prefix = f"{cooperative.address}/funds/"
    return {h.address.removeprefix(prefix): h.quantity for h in ledger.balances(prefix=prefix) if h.quantity > 0}


def promised_by(cooperative: Cooperative) -> dict[str, int]:
    """{owner: amount} promised for contributions and bills, and not set aside yet. What a division could not pay is not
    meant: a later one pays it."""
    owed = claim(cooperative.currency, cooperative.address)
    later = owed_by_divisions(cooperative)
    sums = {h.address: h.quantity for h in ledger.balances(unit=owed, words=["debt"])}
    left = {lineage.owner_of(account): n - later.get(account, 0) for account, n in sums.items()}
    return {owner: amount for owner, amount in sorted(left.items()) if amount > 0}
