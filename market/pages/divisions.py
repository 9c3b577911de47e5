"""A division, from what came in to what each received: sales, and what others paid, back to the sales behind that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from cooperatives.queries.federations import seats_of
from ledger.queries import entries_by_key, entries_touching, entry
from ledger.rules.entries import Recorded, claim
from ledger.rules.parts import whole_key
from market.models import Division, Payout
from market.pages.payouts import Statement, statements_of
from market.rules.settlements import seat_lot

if TYPE_CHECKING:
    from cooperatives.models import Cooperative


@dataclass(frozen=True, slots=True)
class Income:
    """One entry that brought earnings (below zero: took some back); of another cooperative's payment, what its purse
    for us was made of."""

    entry: Recorded
    quantity: int
    payout: Payout | None = None
    statement: Statement | None = None


def division_of(cooperative: Cooperative, entry_id: UUID) -> Division | None:
    """The division that an entry belongs to; very long ones are several entries."""
    found = entry(entry_id)
    if found is None:
        return None
    first = entries_by_key([whole_key(found.key)]).get(whole_key(found.key), found)
    own = Division.objects.filter(cooperative=cooperative).select_related("divided_by", "cycle")
    return own.filter(entry=first.id).first()


def incomes_of(division: Division) -> list[Income]:
    """All that its lot had earned since the division before: their sum is what was divided, to the cent."""
    unit = claim(division.currency, division.cooperative.address)
    earned = division.pot
    found: list[tuple[Recorded, int]] = []
    for each in entries_touching([earned]):
        if each.id == division.entry:
            break
        if each.purpose == "share" and each.undoes is None and any(earned == f.giver for f in each.flows):
            found = []
            continue
        came = sum(f.quantity for f in each.flows if f.unit == unit and f.taker == earned)
        went = sum(f.quantity for f in each.flows if f.unit == unit and f.giver == earned)
        if came != went:
            found.append((each, came - went))
    payouts = {row.entry: row for row in _payouts([each.id for each, _quantity in found])}
    statements = statements_of(payouts.values())
    return [
        Income(each, quantity, paid := payouts.get(each.id), statements[paid.pk] if paid else None)
        for each, quantity in found
    ]


def _payouts(entries: Iterable[UUID]) -> list[Payout]:
    return list(Payout.objects.filter(entry__in=list(entries)).select_related("cooperative"))


def unions_by_lot(cooperative: Cooperative, lots: Iterable[str]) -> dict[str, str]:
    """{path of what is kept like a lot: the name of the union that pays it} for each seat of the cooperative; nothing
    is asked where none of `lots` could be one."""
    if not any("/seat-" in lot for lot in lots):
        return {}
    return {seat_lot(cooperative.address, seat.address): seat.cooperative.name for seat in seats_of(cooperative)}
