"""Dividing a period or an order cycle: what each lot earned goes to those who made it, by the agreement in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from django.db import transaction

from cooperatives.queries import agreement_in_force, owed_by_divisions
from cooperatives.queries.federations import given_to, seats_of
from cooperatives.queries.recipes import design_parents
from cooperatives.rules.agreements import Past, add_division
from cooperatives.rules.royalties import Parents
from cooperatives.rules.steps import Designs, Residual, Step, read_agreement
from cooperatives.services.people import OPERATOR, refuse_unless
from ledger.rules.refusal import Refusal
from ledger.services.journal import record_entries
from market.models import CreditDivision, Cycle, Division, Listing, Order, OrderLine
from market.queries import Trail, earnings_of, past_shares, trail_behind
from market.queries.credit import undivided_credit
from market.queries.cycles import earned_in
from market.queries.divisions import lines_waiting_for_fees
from market.rules.cycles import fee_cause, lot_of, pot_of
from market.rules.sales import division_draft
from market.rules.settlements import Basis, basis, debt_drafts, earned_share, filled, seat_basis, seat_lot
from market.services.aside import is_set_aside, set_aside
from market.services.checkout import lock_lots
from market.services.credit_shares import divide_credit
from market.services.cycles import CycleStillOpen, lock_cycles
from market.services.letters import say_moment
from market.services.refunds import left_of_lines
from market.services.shares import settle_by_offset

if TYPE_CHECKING:
    from cooperatives.models import Cooperative, Membership


class NoAgreement(Refusal):
    """{cooperative} has no agreement yet, so nobody knows how to divide what was earned."""


@transaction.atomic
def divide_period(*, by: Membership | None, cooperative: Cooperative, upto: date, at: datetime) -> list[Division]:
    """Divide all that the cooperative's lots have earned outside of order cycles and not yet divided; `upto` names the
    period.

    Each lot is divided once a period and its earnings are emptied; a sale whose card's fee is not known yet is set
    aside for the next. What its sales brought in members' credit is handed on with it, in the same proportions. What a
    union paid without naming a lot is divided among all who gave to the cooperative meanwhile. Raises NotAllowed (a
    treasurer or a steward divides), NoAgreement.
    """
    refuse_unless(by, "treasurer", "steward", cooperative=cooperative)
    lots = {lot_of(pot) for pot in earnings_of(cooperative)} | _lots_with_credit(cooperative, None)
    lock_lots(lots)
    period = f"{cooperative.slug}-{upto.isoformat()}"
    done = set(Division.objects.filter(period=period, lot_path__in=lots).values_list("lot_path", flat=True))
    earned = {pot: amount for pot, amount in earnings_of(cooperative).items() if lot_of(pot) not in done}
    return _divide_pots(by, cooperative, earned, period, None, at)


@transaction.atomic
def divide_cycle(*, by: Membership | None, cooperative: Cooperative, cycle: Cycle, at: datetime) -> list[Division]:
    """Divide what the cooperative's lots have earned in a closed order cycle, its own or a hub's, and nothing else.

    A sale whose card's fee is not known yet is set aside, as money in dispute is; these, and what is paid later, are
    divided when this is done again. Raises NotAllowed, CycleStillOpen, NoAgreement.
    """
    refuse_unless(by, "treasurer", "steward", cooperative=cooperative)
    lock_lots({lot_of(pot) for pot in earned_in(cycle, cooperative)} | _lots_with_credit(cooperative, cycle))
    cycle = lock_cycles([cycle.pk])[cycle.pk]
    if cycle.window.state(at) != "closed":
        raise CycleStillOpen(name=cycle.name, closes=say_moment(cycle.closes_at))
    period = f"{cooperative.slug}/{cycle.code}/{_times(cooperative, cycle) + 1}"
    return _divide_pots(by, cooperative, earned_in(cycle, cooperative), period, cycle, at)


def _divide_pots(
    by: Membership | None,
    cooperative: Cooperative,
    earned: Mapping[str, int],
    period: str,
    cycle: Cycle | None,
    at: datetime,
) -> list[Division]:
    """Divide what is in the pots of lots that are locked, but for sales that wait for a fee."""
    lots = {lot_of(pot) for pot in earned} | _lots_with_credit(cooperative, cycle)
    agreement = agreement_in_force(cooperative)
    if agreement is None:
        raise NoAgreement(cooperative=cooperative.name)
    steps = read_agreement(agreement.steps)
    earned = _without_unknown_fees(cooperative, earned, cycle, at)
    trail, debts = trail_behind(lots, with_payers=True), owed_by_divisions(cooperative)
    past = past_shares(cooperative) if _is_balanced(steps) else {}
    parents = design_parents() if any(isinstance(step, Designs) for step in steps) else {}
    seats = {seat_lot(cooperative.address, seat.address) for seat in seats_of(cooperative)} & lots
    given = given_to(cooperative) if seats else []
    made = []
    for pot, amount in sorted(earned.items()):
        lot, money = lot_of(pot), cooperative.currency
        based = seat_basis(lot, money, given, trail.journal) if lot in seats else _basis(lot, money, trail, cycle)
        made.append(
            _divide(by, cooperative, pot, based, amount, period, cycle, steps, agreement.version, debts, past, parents,
                    at)
        )  # fmt: skip
    divided: dict[str, Mapping[str, int]] = {row.lot_path: row.parts["parts"] for row in made}

    def weigh(lot: str, lines: Sequence[OrderLine]) -> Mapping[str, int]:
        if lot in divided:
            return divided[lot]
        flows, unit = trail.flows, lines[0].listing.unit
        share = Fraction(sum(line.quantity for line in lines), filled(lot, unit, flows) or 1)
        worth = sum(line.worth for line in lines)
        return basis(lot, cooperative.currency, share, trail.facts).divided(worth, steps, parents=parents).parts

    divide_credit(by=by, cooperative=cooperative, period=period, cycle=cycle, steps=steps, weigh=weigh, at=at)
    return made


def _basis(lot: str, money: str, trail: Trail, cycle: Cycle | None) -> Basis:
    unit = Listing.objects.filter(lot_path=lot).values_list("unit", flat=True).first() or ""
    code = cycle.code if cycle else ""
    share = earned_share(lot, money, trail.flows, trail.facts, unit=unit, cycle=code)
    return basis(lot, money, share, trail.facts)


def _divide(
    by: Membership | None,
    cooperative: Cooperative,
    pot: str,
    based: Basis,
    amount: int,
    period: str,
    cycle: Cycle | None,
    steps: tuple[Step, ...],
    version: int,
    debts: dict[str, int],
    past: dict[str, Past],
    parents: Parents,
    at: datetime,
) -> Division:
    lot, money = based.lot, based.money
    division = based.divided(amount, steps, debts, past=past, parents=parents)
    add_division(division, debts=debts, past=past)
    signed = (by.address if by else OPERATOR,)
    made = Division(
        cooperative=cooperative,
        period=period,
        cycle=cycle,
        lot_path=lot,
        currency=money,
        amount=amount,
        parts={
            "agreement": version,
            "parts": division.parts,
            "why": [list(reason) for reason in division.why],
            "weights": division.weights,
        },
        divided_at=at,
        divided_by=by,
    )
    draft = division_draft(key=made.key, pot=pot, money=money, parts=division.parts, at=at, by=signed)
    entry = record_entries([draft, *debt_drafts(division, based, key=made.key, at=at, by=signed)])[0]
    settle_by_offset(cooperative=cooperative, accounts=division.parts, cause=made.key, at=at, by=signed)
    made.entry = entry.id
    made.save()
    return made


def _times(cooperative: Cooperative, cycle: Cycle) -> int:
    """How often a cooperative divided what a cycle brought, in money or in credit."""
    rows = [*Division.objects.filter(cycle=cycle, cooperative=cooperative).values_list("period", flat=True)]
    rows += CreditDivision.objects.filter(cycle=cycle, cooperative=cooperative).values_list("period", flat=True)
    return len(set(rows))


def _lots_with_credit(cooperative: Cooperative, cycle: Cycle | None) -> set[str]:
    return {line.listing.lot_path for line in undivided_credit(cooperative, cycle)}


def _is_balanced(steps: tuple[Step, ...]) -> bool:
    return any(isinstance(step, Residual) and step.is_balanced for step in steps)


def _without_unknown_fees(
    cooperative: Cooperative, earned: Mapping[str, int], cycle: Cycle | None, at: datetime
) -> dict[str, int]:
    """{pot: what is in it} once the sales are set aside whose card's fee is not known yet: those alone wait for it."""
    rows = lines_waiting_for_fees(cooperative).filter(cycle=cycle, listing__lot_path__in=set(map(lot_of, earned)))
    amounts: dict[Order, dict[int, int]] = defaultdict(dict)
    left = dict(earned)
    for line in rows:
        pot = pot_of(line.listing.lot_path, cycle.code if cycle else "")
        rest = sum(left_of_lines(payment)[line.number]["rest"] for payment in line.order.payments.all())
        if pot in left and not is_set_aside(line.order, line.number):
            amounts[line.order][line.number] = rest
            left[pot] -= rest
    for order, each in amounts.items():
        set_aside(order=order, amounts=each, cause=fee_cause(order.name), purpose="aside", at=at)
    return {pot: amount for pot, amount in left.items() if amount}
