"""The statement of a payout: what came into the purse since the one before, and what is left in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from ledger.queries import entries_touching
from ledger.rules.entries import Address, Recorded, claim
from market.models import Payout
from market.rules.cycles import cycle_of


@dataclass(frozen=True, slots=True)
class Movement:
    """One entry as the purse saw it: above zero it came in, below it went out."""

    entry: Recorded
    quantity: int
    lot: str
    cycle: str = ""  # in which it was sold, by its name in the ledger


@dataclass(frozen=True, slots=True)
class Statement:
    """A purse from the payout before to this one: opening + the sum of its movements = closing, to the cent."""

    opening: int
    movements: list[Movement]
    closing: int


def statement_of(payout: Payout) -> Statement:
    """The purse's movements after the last payout before this one, up to this one, which is not among them before it
    is confirmed."""
    return statements_of([payout])[payout.pk]


def statements_of(payouts: Iterable[Payout]) -> dict[int, Statement]:
    """{number of a payout: its statement}, however many, in two queries."""
    wanted = list(payouts)
    if not wanted:
        return {}
    entries = entries_touching({payout.account for payout in wanted})
    paid = dict(
        Payout.objects.filter(
            cooperative__in={payout.cooperative_id for payout in wanted}, confirmed_at__isnull=False
        ).values_list("entry", "pk")
    )
    return {payout.pk: _statement(payout, entries, paid) for payout in wanted}


def _statement(payout: Payout, entries: Iterable[Recorded], paid: Mapping[UUID | None, int]) -> Statement:
    unit, purse = claim(payout.currency, payout.cooperative.address), payout.account
    opening, balance, movements = 0, 0, list[Movement]()
    for entry in entries:
        quantity = sum(
            (flow.quantity if flow.taker == purse else -flow.quantity)
            for flow in entry.flows
            if flow.unit == unit and purse in flow[:2]
        )
        if not quantity:
            continue
        balance += quantity
        movements.append(Movement(entry, quantity, *_divided(entry)))
        if entry.id == payout.entry:
            break
        if paid.get(entry.id, payout.pk) != payout.pk:
            opening, movements = balance, []
    return Statement(opening, movements, balance)


def _divided(entry: Recorded) -> tuple[str, str]:
    """The lot whose earnings were shared, if any, and the cycle in which it was sold."""
    for flow in entry.flows:
        if "/earned/" in flow.giver:
            return Address.parse(flow.giver).name, cycle_of(flow.giver)
    return "", ""
