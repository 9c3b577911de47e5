"""A proposal tried on past sales: what the version in force and the proposal would have given, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cooperatives.queries import owed_by_divisions
from cooperatives.queries.federations import given_to, seats_of
from cooperatives.queries.recipes import design_parents
from cooperatives.rules.steps import Designs, Residual, Step
from ledger.rules.entries import Address, claim
from market import queries
from market.models import Division, Listing
from market.queries import Trail
from market.rules.settlements import basis, earned_share, seat_basis, seat_lot
from market.rules.trials import Outcome, Sold, divide_again

if TYPE_CHECKING:
    from cooperatives.models import Cooperative

SALES = 12  # how many of the last divisions are tried


@dataclass(frozen=True, slots=True)
class Side:
    """What one account receives by the agreement now and then, and what it would be owed after all."""

    account: str
    now: int
    then: int
    owed_now: int
    owed_then: int

    @property
    def owner(self) -> str:
        return Address.parse(self.account).owner

    @property
    def word(self) -> str:
        """purse, reserve, free, earned …: as what it receives it."""
        return Address.parse(self.account).word

    @property
    def change(self) -> int:
        return self.then - self.now


@dataclass(frozen=True, slots=True)
class Trial:
    """The divisions that were made again, both outcomes, and each account's sides, the greatest change first."""

    divisions: tuple[Division, ...]
    now: Outcome
    then: Outcome
    sides: tuple[Side, ...]

    @property
    def total(self) -> int:
        return sum(division.amount for division in self.divisions)


def tried(cooperative: Cooperative, now: Sequence[Step], then: Sequence[Step], *, sales: int = SALES) -> Trial:
    """The last divisions of the cooperative made again by both agreements, each to the cent of what was earned."""
    found = list(queries.divisions_of(cooperative).filter(currency=cooperative.currency)[:sales])[::-1]
    trail = queries.trail_behind({row.lot_path for row in found}, with_payers=True)
    tokens = {row.pk: token for row in found if (token := _token_of(row, trail))}
    rows = [row for row in found if row.pk in tokens]
    if not rows:
        return Trial((), Outcome(), Outcome(), ())
    units = dict(Listing.objects.filter(lot_path__in={row.lot_path for row in rows}).values_list("lot_path", "unit"))
    seats = {seat_lot(cooperative.address, seat.address) for seat in seats_of(cooperative)}
    given = given_to(cooperative) if any(row.lot_path in seats for row in rows) else []
    sold = [
        Sold(seat_basis(row.lot_path, row.currency, given, trail.journal, upto=tokens[row.pk]), row.amount)
        if row.lot_path in seats
        else _sold(row, units.get(row.lot_path, ""), tokens[row.pk], trail)
        for row in rows
    ]
    debts = owed_by_divisions(cooperative, before=min(tokens.values()))
    is_balanced = any(isinstance(step, Residual) and step.is_balanced for step in (*now, *then))
    past = queries.past_shares(cooperative, before=rows[0].pk) if is_balanced else {}
    parents = design_parents() if any(isinstance(step, Designs) for step in (*now, *then)) else {}
    outcome_now, outcome_then = (
        divide_again(sold, steps, debts=debts, past=past, parents=parents) for steps in (now, then)
    )
    return Trial(tuple(rows), outcome_now, outcome_then, _sides(outcome_now, outcome_then))


def _token_of(row: Division, trail: Trail) -> int:
    """The entry of a division; 0 where all of it was taken back since."""
    holder = Address.parse(row.lot_path).owner
    made = trail.journal.divisions.get((row.pot, claim(row.currency, holder)), {})
    return next((token for token, flows in made.items() if flows[0].key == row.key), 0)


def _sold(row: Division, unit: str, token: int, trail: Trail) -> Sold:
    cycle = row.cycle.code if row.cycle else ""
    share = earned_share(row.lot_path, row.currency, trail.flows, trail.facts, unit=unit, upto=token, cycle=cycle)
    return Sold(basis(row.lot_path, row.currency, share, trail.facts), row.amount)


def _sides(now: Outcome, then: Outcome) -> tuple[Side, ...]:
    owed = [{_purse(a): n for a, n in outcome.owed.items()} for outcome in (now, then)]
    sides = [
        Side(a, now.parts.get(a, 0), then.parts.get(a, 0), owed[0].get(a, 0), owed[1].get(a, 0))
        for a in {*now.parts, *then.parts, *owed[0], *owed[1]}
    ]
    return tuple(sorted(sides, key=lambda side: (-abs(side.change), side.account)))


def _purse(debt: str) -> str:
    return f"{debt.removesuffix('/debt')}/purse"
