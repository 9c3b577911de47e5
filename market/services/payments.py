"""Receiving money for an order: in the cash box at pick-up, or by bank transfer, in parts and beyond the price too."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from cooperatives.services.people import OPERATOR
from ledger.queries import entries_by_key, entries_touching, places_of
from ledger.rules.entries import Draft, Flow, Recorded
from ledger.rules.refusal import BadInput, Refusal
from ledger.services.journal import record_entries, record_owners
from market.models import BankLine, Hold, Order, Payment
from market.queries import came_of, open_of
from market.rules.cards import PLATFORM, PROCESSOR
from market.rules.deposits import laid_on
from market.rules.parts import shared_out
from market.rules.sales import SoldLine, payment_draft, sale_draft
from market.rules.taxes import country_of
from market.services.checkout import lock_lots
from market.services.credit_returns import credit_sale_drafts
from market.services.deposits import deposit_drafts, lines_with_containers
from market.services.invoices import write_invoices
from market.services.letters import say_money, write_order_paid
from market.services.orders import AlreadyPaid, OrderCancelled, give_out, lines_here, refuse_unless_seller, sold_lines

if TYPE_CHECKING:
    from cooperatives.models import Membership

CASH = "cash"  # in the box of the hub where the goods are handed over
BANK = "bank"
WAYS = (CASH, BANK)
HELD_AFTER_A_PART = timedelta(days=7)  # whoever paid a part is given a week for the rest


class AmountDiffers(Refusal):
    """Of this order {total} is open, not {amount}."""


class NoStatementLineGiven(BadInput):
    """Say which line of the bank statement this is, so that it can be found again."""


class LineUsed(Refusal):
    """Line {line} of the statement already pays another order."""


class NothingCame(BadInput):
    """Say how much came, above zero."""


@transaction.atomic
def receive_payment(
    *,
    by: Membership,
    order: Order,
    way: str,
    amount: int,
    at: datetime,
    statement_line: str = "",
    is_sure: bool = False,
) -> Payment | None:
    """Record that money came for an order, and once nothing is open sell its lines with it, in one transaction; answers
    the payment, or None while a part of it is open.

    Cash is taken at the hub, all that is open, and the goods that lie there are handed over with it; a bank transfer is
    named by `statement_line` and the goods wait to be picked up. Who `is_sure` records a transfer of another amount: a
    part, or more than it costs, which lies there for the buyer. The same line for the same order is recorded once.

    Raises NotYourOrder, AlreadyPaid, OrderCancelled, AmountDiffers, NothingCame, NoStatementLineGiven, LineUsed.
    """
    lock_lots(order.lines.values_list("listing__lot_path", flat=True))
    order = Order.objects.select_for_update().get(pk=order.pk)
    refuse_unless_seller(by, order)
    lines = sold_lines(order)
    keeper = _keeper(way, by, lines)
    key = f"{keeper}/{_line_name(way, order, statement_line)}"
    if paid := Payment.objects.filter(order=order, statement_line=key).first():
        return paid
    if known := entries_by_key([key]).get(key):
        if not any(flow.taker == f"{order.owner}/prepaid@{keeper}" for flow in known.flows):
            raise LineUsed(line=key)
        return order.payments.filter(keeper=keeper).first()
    if amount <= 0:
        raise NothingCame
    if way == BANK and is_sure:
        lay_transfer(by=by, order=order, keeper=keeper, key=key, amount=amount, at=at)
        return order.payments.filter(keeper=keeper).first()
    if order.is_sold:
        raise AlreadyPaid
    _refuse(order, amount, key)
    return sell_order(order=order, keeper=keeper, key=key, at=at, by=by, is_handed_over=way == CASH)


def lay_transfer(
    *, by: Membership, order: Order, keeper: str, key: str, amount: int, at: datetime, source: Order | None = None
) -> str:
    """Lay what came by a line on a locked order, within the caller's transaction; answers what it was, of
    BankLine.State: what was open is paid, a part waits for the rest, more than that lies there for the buyer. It came
    from outside, or from `source`, another order with which it lay at the same keeper."""
    arrival = arrival_draft(order=order, keeper=keeper, key=key, amount=amount, at=at, by=by, source=source)
    due, states = open_of(order), BankLine.State
    if order.state != Order.State.PLACED or amount < due:
        owners = [order.owner] if not places_of([order.owner]) else []
        record_owners([(owner, None) for owner in owners], at=at)
        record_entries([arrival])
        if order.state != Order.State.PLACED:
            return states.OVER if order.is_sold else states.LATE
        order.expires_at = max(order.expires_at, at + HELD_AFTER_A_PART)
        order.save()
        return states.PART
    sell_order(order=order, keeper=keeper, key=key, at=at, by=by, amount=amount, arrival=arrival)
    return states.PAID if amount == due else states.OVER


def arrival_draft(
    *, order: Order, keeper: str, key: str, amount: int, at: datetime, by: Membership, source: Order | None = None
) -> Draft:
    """Money that came to a keeper for an order; what lay there for another goes back and comes in, in one entry."""
    flows = [Flow(f"{order.owner}/pocket", f"{order.owner}/prepaid@{keeper}", order.currency, amount)]
    if source is not None:
        flows.insert(0, Flow(f"{source.owner}/prepaid@{keeper}", f"{source.owner}/pocket", source.currency, amount))
    evidence = "invoice" if source is None else "declared"
    return Draft(key, "transfer-custody", "payment", tuple(flows), at, (by.address,), evidence)


def sell_order(
    *,
    order: Order,
    keeper: str,
    key: str,
    at: datetime,
    by: Membership | None = None,
    is_handed_over: bool = False,
    is_fee_known: bool = True,
    amount: int | None = None,
    arrival: Draft | None = None,
) -> Payment:
    """Record that what was open of a locked order was paid to `keeper`, and sell its lines with all that came, within
    the caller's transaction; by nobody where a keeper's word is enough. `amount` came by this line, where it is not
    what was open: the rest lies with the keeper on for the buyer; `arrival` is the entry by which it came, where it is
    not simply paid in. Answers the payment of this keeper."""
    lines, came = sold_lines(order), came_of(order)
    rest = order.due - sum(came.values())
    amounts = {at_keeper: lay for at_keeper, lay in came.items() if at_keeper != keeper and lay}
    amounts[keeper] = order.due - sum(amounts.values())
    rows = lines_with_containers(order)
    laid = laid_on({row.number: row.deposits for row in rows}, amounts)
    for_goods = {one: paid - sum(part.get(one, 0) for part in laid.values()) for one, paid in amounts.items()}
    parts = shared_out(lines, for_goods)
    sold_by = (by.address if by else OPERATOR,)
    drafts = [
        arrival
        or payment_draft(
            key=key,
            order=order.owner,
            keeper=keeper,
            money=order.currency,
            amount=rest if amount is None else amount,
            at=at,
            by=sold_by,
            evidence="two-sided" if is_handed_over else "invoice",
        ),
        *[
            sale_draft(
                line,
                operator=OPERATOR,
                paid={at_keeper: of[line.number] for at_keeper, of in parts.items()},
                at=at,
                by=sold_by,
            )
            for line in lines
        ],
    ]
    drafts += deposit_drafts(order, rows, laid, at=at, by=sold_by)
    drafts += credit_sale_drafts(order=order, at=at, by=sold_by)
    order.state, order.paid_at = Order.State.PAID, at
    order.save()
    if by is not None and is_handed_over:
        drafts += give_out(order, lines_here(by, order), at=at, by=sold_by)
    Hold.objects.filter(line__order=order).delete()
    declare_parties(order, lines, keeper, at=at)
    earlier = last_lines(order, [one for one in amounts if one != keeper])
    entries = {**earlier, keeper: record_entries(drafts)[0]}
    made = {
        at_keeper: Payment.objects.create(
            order=order,
            keeper=at_keeper,
            statement_line=entries[at_keeper].key,
            amount=paid,
            currency=order.currency,
            lines={str(n): part for n, part in parts[at_keeper].items()} if len(amounts) > 1 else {},
            is_fee_known=is_fee_known or at_keeper != keeper,
            received_at=at if at_keeper == keeper else entries[at_keeper].at,
            received_by=by if at_keeper == keeper else None,
            entry=entries[at_keeper].id,
        )
        for at_keeper, paid in sorted(amounts.items())
    }
    invoices = write_invoices(order=order, at=at)
    write_order_paid(order=order, invoices=invoices, at=at)
    return made[keeper]


def _keeper(way: str, by: Membership, lines: list[SoldLine]) -> str:
    if way == CASH:
        here = [line.hub for line in lines if line.seller == by.cooperative.address] or [line.hub for line in lines]
        return f"cash/{here[0].partition('/')[2]}"
    return f"bank/{by.cooperative.slug}"  # on whose statement it stands, also for what others sold in the same order


def _line_name(way: str, order: Order, statement_line: str) -> str:
    if way == BANK and not statement_line.strip():
        raise NoStatementLineGiven
    return statement_line.strip() or f"order-{order.name}"


def _refuse(order: Order, amount: int, key: str) -> None:
    if order.state == Order.State.CANCELLED:
        raise OrderCancelled
    rest = order.due - sum(came_of(order).values())
    if amount != rest:
        raise AmountDiffers(total=say_money(rest, order.currency), amount=say_money(amount, order.currency))
    if Payment.objects.filter(statement_line=key).exists():
        raise LineUsed(line=key)


def last_lines(order: Order, keepers: Iterable[str]) -> dict[str, Recorded]:
    """{keeper: the last entry by which it received a part of the order}."""
    prepaid = {f"{order.owner}/prepaid@{keeper}": keeper for keeper in keepers}
    found: dict[str, Recorded] = {}
    for entry in entries_touching(prepaid) if prepaid else ():
        for flow in entry.flows:
            if flow.taker in prepaid and entry.undoes is None:
                found[prepaid[flow.taker]] = entry
    return found


def declare_parties(order: Order, lines: list[SoldLine], keeper: str = "", *, at: datetime) -> None:
    """Tell the ledger who is new to it."""
    places: dict[str, str | None] = {line.tax: country_of(line.tax) for line in lines}
    places[OPERATOR] = settings.MARKET_OPERATOR_PLACE or None
    places[order.owner] = None
    if keeper == PLATFORM:
        places[PROCESSOR] = settings.STRIPE_PLACE or None
    for line in lines:
        if line.carrier:
            places.setdefault(line.carrier, None)  # its place was told with its offer
    known = places_of(places)
    record_owners([(owner, place) for owner, place in places.items() if owner not in known], at=at)
