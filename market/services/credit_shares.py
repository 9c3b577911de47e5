"""Credit that sales brought reaches those who made the goods, as the money of their lot did, and goes back by them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from cooperatives.queries.credit import credit_account, partakers
from cooperatives.rules.agreements import credit_going_on
from cooperatives.rules.steps import Step
from cooperatives.services.credit import lock_limits
from cooperatives.services.people import OPERATOR
from ledger.queries import entry
from ledger.rules.entries import Draft, Flow
from ledger.services.journal import record_entries, undo_entry
from market.models import CreditDivision, OrderLine
from market.queries.credit import credit_left, undivided_credit
from market.rules.credit import given_by, handed_on

if TYPE_CHECKING:
    from cooperatives.models import Cooperative, Membership
    from market.models import Cycle

Weigh = Callable[[str, Sequence[OrderLine]], Mapping[str, int]]


def divide_credit(
    *,
    by: Membership | None,
    cooperative: Cooperative,
    period: str,
    cycle: Cycle | None,
    steps: Sequence[Step],
    weigh: Weigh,
    at: datetime,
) -> list[CreditDivision]:
    """Hand on what each lot's sales in a cycle, or outside of all, brought in members' credit, within the caller's
    transaction, which holds the lots.

    `weigh` says, by lot and lines, how the money of these goods is divided ({account: amount}). Who is in the circle
    and has room receives in that proportion, as far as the agreement hands credit on; the rest stays in the
    cooperative's account. Where that account has spent so much that it cannot hand it on, the lot's credit waits for
    the next division."""
    lines: dict[tuple[str, int], list[OrderLine]] = defaultdict(list)
    for line in undivided_credit(cooperative, cycle):
        lines[line.listing.lot_path, line.order.credit_part.circle_id].append(line)
    made = []
    for (lot, _circle), rows in sorted(lines.items()):
        row = CreditDivision(
            cooperative=cooperative, circle=rows[0].order.credit_part.circle, period=period, cycle=cycle, lot_path=lot,
            quantity=sum(credit_left(line) for line in rows), divided_at=at, divided_by=by,
        )  # fmt: skip
        is_done = CreditDivision.objects.filter(lot_path=lot, period=period, circle=row.circle).exists()
        if not is_done and _divide(row, weigh(lot, rows), credit_going_on(steps)):
            OrderLine.objects.filter(pk__in=[line.pk for line in rows]).update(credit_division=row)
            made.append(row)
    return made


def _divide(row: CreditDivision, accounts: Mapping[str, int], thousandths: int) -> bool:
    """Hand on what the row is about; False where the cooperative's account does not reach that far."""
    circle, ours, at = row.circle, row.cooperative.address, row.divided_at
    weights: dict[str, int] = defaultdict(int)
    for account, weight in accounts.items():
        weights[account.partition("/purse")[0].partition("/earned/")[0]] += weight
    lock_limits(circle, {ours, *partakers(circle, weights)}, at=at)
    inside = partakers(circle, weights)  # somebody may have left while we waited
    room = {owner: credit_account(circle, owner).space for owner in inside if owner != ours}
    row.parts = row.left = handed_on(row.quantity, weights, ours=ours, room=room, thousandths=thousandths)
    flows = tuple(
        Flow(f"{ours}/purse", f"{owner}/purse", circle.code, part)
        for owner, part in sorted(row.parts.items())
        if part and owner != ours
    )
    if sum(flow.quantity for flow in flows) > credit_account(circle, ours).room:
        return False
    if flows:
        signed = (row.divided_by.address if row.divided_by else OPERATOR,)
        row.entry = record_entries([Draft(row.key, "transfer", "share", flows, at, signed, "declared")])[0].id
    row.save()
    return True


def take_credit_back(*, line: OrderLine, quantity: int, key: str, by: tuple[str, ...], at: datetime) -> None:
    """So much of a line's credit goes back to its buyer: whoever received a part of it in a division gives that part to
    the cooperative first, as far as his account reaches; the cooperative bears the rest. Within the caller's
    transaction."""
    if line.credit_division_id is None or not quantity:
        return
    row = CreditDivision.objects.select_for_update(of=("self",)).select_related("circle", "cooperative").get(
        pk=line.credit_division_id
    )  # fmt: skip
    ours = row.cooperative.address
    lock_limits(row.circle, row.left, at=at)
    room = {owner: credit_account(row.circle, owner).room for owner in row.left if owner != ours}
    given = given_by(quantity, row.left, ours=ours, room=room)
    row.left = {owner: left - given.get(owner, 0) for owner, left in row.left.items()}
    row.save()
    told = entry(row.entry) if row.entry else None
    code, others = row.circle.code, {one: n for one, n in given.items() if one != ours and n}
    backwards = [Flow(f"{one}/purse", f"{ours}/purse", code, n) for one, n in others.items()]
    if told is not None and backwards:
        undo_entry(entry=told.id, key=key, flows=backwards, at=at, by=by, purpose="refund", evidence="declared")
