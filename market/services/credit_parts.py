"""Paying a part of an order in members' credit, as far as what is ordered takes it, and giving it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from cooperatives.queries.credit import circle_of, cooperatives_in, credit_account, credit_words
from cooperatives.rules.credit import credit_for, worth_of
from cooperatives.services.credit import BeyondYourLimit, NothingPaid, lock_limits, move_credit, refuse_above
from ledger.queries import entries_by_key, places_of
from ledger.rules.entries import Flow
from ledger.rules.laws import BelowFloor, KeyHasAnotherBody
from ledger.rules.refusal import Refusal
from ledger.services.journal import record_owners, undo_entry
from market.models import CreditPart, Order, OrderLine, Refund
from market.queries import open_of
from market.queries.credit import left_in_credit
from market.rules.credit import Priced, caps, credit_back, laid_on
from market.services.cards import ask_to_close
from market.services.checkout import lock_lots
from market.services.credit_shares import take_credit_back
from market.services.invoices import write_credit_notes
from market.services.orders import AlreadyPaid, OrderCancelled, PaymentUnderWay

if TYPE_CHECKING:
    from cooperatives.models import Circle, Membership

HELD_AFTER_A_PART = timedelta(days=7)


class NotForCredit(Refusal):
    """Nothing of this order can be paid in your members’ credit."""


class TooMuchCredit(Refusal):
    """Of this order at most {most} can be paid in credit."""


class PartInCreditThere(Refusal):
    """A part of this order was paid in credit already."""


@dataclass(frozen=True, slots=True)
class Offer:
    """How much of an order a member can pay in credit now, and what that pays of the price."""

    circle: Circle
    most: int
    worth: int


def credit_offer(by: Membership, order: Order) -> Offer | None:
    """What of an order `by` could pay in credit: what the goods take, what is open, what the account has."""
    if not takes(order):
        return None
    circle = circle_of(by.cooperative) if by.society_id is None and by.left_at is None else None
    if circle is None:
        return None
    most = min(_most(circle, order), credit_account(circle, by.address).room)
    worth = worth_of(most, worth=circle.worth, kind=circle.kind)
    return Offer(circle, most, worth) if worth > 0 else None


def takes(order: Order) -> bool:
    """Whether an order can still take members' credit, whoever has some."""
    lines = order.lines.all()
    is_open = order.state == Order.State.PLACED and not any(line.worth for line in lines)
    return is_open and any(line.listing.credit_share for line in lines)


def _caps(circle: Circle, order: Order) -> dict[int, int]:
    if order.currency != circle.cooperative.currency:
        return {}
    inside = {one.pk for one in cooperatives_in(circle)}
    return caps(
        Priced(line.number, line.price, line.vat, line.commission, line.listing.credit_share)
        for line in order.lines.all()
        if line.listing.product.cooperative_id in inside
    )


def _most(circle: Circle, order: Order) -> int:
    """In the circle's unit; a cent at least stays open, to be paid in money."""
    amount = min(sum(_caps(circle, order).values()), open_of(order) - 1)
    return credit_for(amount, worth=circle.worth, kind=circle.kind) if amount > 0 else 0


@transaction.atomic
def pay_part_in_credit(*, by: Membership, order: Order, quantity: int, at: datetime, key: str) -> CreditPart:
    """Pay a part of an order out of one's account, once; the rest is open, to be paid in money. The goods are held
    for a week more. The same key answers the same part.

    Raises OrderCancelled, AlreadyPaid, PaymentUnderWay, NotForCredit, PartInCreditThere, NothingPaid, TooMuchCredit,
    BeyondYourLimit, BeyondTheirLimit.
    """
    lock_lots(order.lines.values_list("listing__lot_path", flat=True))
    order = Order.objects.select_for_update().get(pk=order.pk)
    key = f"credit/order/{order.name}/{key}"
    if known := CreditPart.objects.filter(order=order).first():
        if known.key != key:
            raise PartInCreditThere
        if (known.owner, known.quantity) != (by.address, quantity):
            raise KeyHasAnotherBody(key=key, field="flows")
        return known
    if order.state == Order.State.CANCELLED:
        raise OrderCancelled
    if order.state != Order.State.PLACED:
        raise AlreadyPaid
    if order.pages.filter(state__in=["asked", "open"]).exists():
        ask_to_close(order=order, at=at)
        raise PaymentUnderWay
    circle = circle_of(by.cooperative) if by.society_id is None and by.left_at is None else None
    most = _most(circle, order) if circle else 0
    if circle is None or not most:
        raise NotForCredit
    if quantity <= 0:
        raise NothingPaid
    if quantity > most:
        raise TooMuchCredit(most=credit_words(most, circle))
    worth = worth_of(quantity, worth=circle.worth, kind=circle.kind)
    if worth <= 0:
        raise NothingPaid
    lines = laid_on(worth, _caps(circle, order))
    credit = laid_on(quantity, lines)
    _refuse_full_sellers(circle, order, by, credit, at)
    if not places_of([order.owner]):
        record_owners([(order.owner, None)], at=at)
    flow = (f"{by.address}/purse", f"{order.owner}/prepaid", circle.code, quantity)
    entry = move_credit(circle, by.address, key=key, purpose="payment", flows=[flow], at=at, by=(by.address,))
    for line in order.lines.filter(number__in=[number for number, part in lines.items() if part]):
        line.worth, line.credit = lines[line.number], credit[line.number]
        line.save()
    order.expires_at = max(order.expires_at, at + HELD_AFTER_A_PART)
    order.save()
    return CreditPart.objects.create(
        order=order, circle=circle, owner=by.address, quantity=quantity, worth=worth, key=key, paid_at=at,
        entry=entry.id,
    )  # fmt: skip


def _refuse_full_sellers(circle: Circle, order: Order, by: Membership, credit: Mapping[int, int], at: datetime) -> None:
    sold: dict[str, int] = {}
    for line in order.lines.select_related("listing__product__cooperative"):
        if credit.get(line.number):
            seller = line.listing.product.cooperative.address
            sold[seller] = sold.get(seller, 0) + credit[line.number]
    lock_limits(circle, [by.address, *sold], at=at)
    for seller, quantity in sold.items():
        refuse_above(circle, seller, quantity)


def give_credit_back(
    *, by: Membership, order: Order, amounts: Mapping[int, int], why: str, at: datetime, key: str
) -> Refund:
    """Give back what members' credit paid of lines ({number: amount in the order's money}), within the caller's
    transaction, which has seen that so much is left: out of the sellers' accounts, into the member's. BeyondYourLimit
    where a seller's cooperative has too little by now."""
    part = CreditPart.objects.select_for_update(of=("self",)).select_related("circle").get(order=order)
    left, code = left_in_credit(order), part.circle.code
    rows = {row.number: row for row in order.lines.select_related("listing__product__cooperative")}
    flows, total, shares = [], 0, list[tuple[OrderLine, int]]()
    for number, amount in sorted(amounts.items()):
        row = rows[number]
        quantity = credit_back(credit=row.credit, worth=row.worth, before=row.worth - left[number], amount=amount)
        total += quantity
        if quantity:
            seller = row.listing.product.cooperative.address
            flows.append(Flow(f"{seller}/purse", f"{order.owner}/prepaid", code, quantity))
            shares.append((row, quantity))
    made = Refund.objects.create(
        order=order, key=key, amount=sum(amounts.values()), currency=order.currency, why=why, asked_at=at, asked_by=by,
        lines={str(number): {"credit": amount} for number, amount in amounts.items()}, credit=total,
        state=Refund.State.GIVEN, given_at=at, refund=f"credit/{key}",
    )  # fmt: skip
    if total:
        sale = f"order/{order.name}/credit"
        said = {"at": at, "by": (by.address,), "purpose": "refund", "evidence": "declared"}
        lock_limits(part.circle, {part.owner, *(flow.giver.removesuffix("/purse") for flow in flows)}, at=at)
        for row, quantity in shares:
            ask = f"refund/{made.pk}/undivide/{row.number}"
            take_credit_back(line=row, quantity=quantity, key=ask, by=(by.address,), at=at)
        try:
            undo_entry(
                entry=entries_by_key([sale])[sale].id,
                key=f"refund/{made.pk}/unsell",
                flows=flows,
                **said,  # type: ignore[arg-type]  # one dict of several types
            )
        except BelowFloor as no:
            room = credit_account(part.circle, by.cooperative.address).room
            raise BeyondYourLimit(room=credit_words(room, part.circle)) from no
        back = Flow(f"{order.owner}/prepaid", f"{part.owner}/purse", code, total)
        undo_entry(entry=part.entry, key=f"refund/{made.pk}/back", flows=[back], **said)  # type: ignore[arg-type]  # as above
    part.returned += total
    part.save()
    write_credit_notes(refund=made, at=at)
    return made
