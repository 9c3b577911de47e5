"""Dividing a period: what each lot earned goes to those who made it, by the agreement in force."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from cooperatives.queries import agreement_in_force, owed_by_divisions
from cooperatives.queries.recipes import design_parents
from cooperatives.rules.agreements import Designs, Past, Residual, Step, add_division, read_agreement
from cooperatives.rules.royalties import Parents
from cooperatives.services.people import OPERATOR, refuse_unless
from ledger.rules.refusal import Refusal
from ledger.services.journal import record_entries
from market.models import Division, Listing, OrderLine
from market.queries import Trail, earnings_of, past_shares, trail_behind
from market.rules.sales import division_draft
from market.rules.settlements import basis, debt_drafts, earned_share
from market.services.checkout import lock_lots
from market.services.shares import settle_by_offset

if TYPE_CHECKING:
    from cooperatives.models import Cooperative, Membership


class NoAgreement(Refusal):
    """{cooperative} has no agreement yet, so nobody knows how to divide what was earned."""


@transaction.atomic
def divide_period(*, by: Membership | None, cooperative: Cooperative, upto: date, at: datetime) -> list[Division]:
    """Divide all that the cooperative's lots have earned and not yet divided; `upto` names the period.

    Each lot is divided once a period and its earnings are emptied; a lot with a payment whose fee is not known yet
    waits. Raises NotAllowed (a treasurer or a steward divides), NoAgreement.
    """
    refuse_unless(by, "treasurer", "steward", cooperative=cooperative)
    lots = {earned.replace("/earned/", "/lots/") for earned in earnings_of(cooperative)}
    lock_lots(lots)
    agreement = agreement_in_force(cooperative)
    if agreement is None:
        raise NoAgreement(cooperative=cooperative.name)
    steps = read_agreement(agreement.steps)
    trail, debts = trail_behind(lots, with_payers=True), owed_by_divisions(cooperative)
    past = past_shares(cooperative) if _is_balanced(steps) else {}
    parents = design_parents() if any(isinstance(step, Designs) for step in steps) else {}
    period = f"{cooperative.slug}-{upto.isoformat()}"
    done = set(Division.objects.filter(period=period, lot_path__in=lots).values_list("lot_path", flat=True))
    waiting = _lots_with_unknown_fees(lots)
    made = []
    for earned, amount in sorted(earnings_of(cooperative).items()):
        lot = earned.replace("/earned/", "/lots/")
        if lot not in done and lot not in waiting:
            made.append(
                _divide(by, cooperative, lot, amount, period, steps, agreement.version, trail, debts, past, parents, at)
            )
    return made


def _divide(
    by: Membership | None,
    cooperative: Cooperative,
    lot: str,
    amount: int,
    period: str,
    steps: tuple[Step, ...],
    version: int,
    trail: Trail,
    debts: dict[str, int],
    past: dict[str, Past],
    parents: Parents,
    at: datetime,
) -> Division:
    unit = Listing.objects.filter(lot_path=lot).values_list("unit", flat=True).first() or ""
    money = cooperative.currency
    based = basis(lot, money, earned_share(lot, money, trail.flows, trail.facts, unit=unit), trail.facts)
    division = based.divided(amount, steps, debts, past=past, parents=parents)
    add_division(division, debts=debts, past=past)
    name, signed = lot.rpartition("/")[2], (by.address if by else OPERATOR,)
    key = f"divide/{period}/{name}/{money}"
    draft = division_draft(
        key=key, seller=cooperative.address, lot=name, money=money, parts=division.parts, at=at, by=signed
    )
    entry = record_entries([draft, *debt_drafts(division, based, key=key, at=at, by=signed)])[0]
    settle_by_offset(cooperative=cooperative, accounts=division.parts, cause=key, at=at, by=signed)
    return Division.objects.create(
        cooperative=cooperative,
        period=period,
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
        entry=entry.id,
    )


def _is_balanced(steps: tuple[Step, ...]) -> bool:
    return any(isinstance(step, Residual) and step.is_balanced for step in steps)


def _lots_with_unknown_fees(lots: set[str]) -> set[str]:
    unknown = OrderLine.objects.filter(order__payments__is_fee_known=False, listing__lot_path__in=lots)
    return set(unknown.values_list("listing__lot_path", flat=True))
