"""Paying an order by card: a page at Stripe, the charge that comes of it, and its fee. Run twice, done once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import override

from cooperatives.services.people import OPERATOR
from ledger.queries import documents, entries_by_key
from ledger.rules.laws import CLOSED_PERIOD, BelowFloor
from ledger.rules.refusal import Refusal
from ledger.services.journal import record_entries
from market.failpoints import reached
from market.models import Order, Payment, PaymentPage, Refund, StripeCall
from market.queries import open_of
from market.rules.cards import PLATFORM, fee_drafts, fee_shares, line_key, operator_fee_draft
from market.rules.cycles import fee_cause
from market.rules.parts import as_paid
from market.rules.sales import payment_draft
from market.services.aside import bring_back
from market.services.checkout import lock_lots
from market.services.orders import AlreadyPaid, OrderCancelled, PaymentUnderWay, sold_lines
from market.services.payments import declare_parties, sell_order
from market.services.receivables import recover
from market.services.stripe_calls import marked, write_call

OPEN_FOR = timedelta(minutes=35)  # Stripe's least is thirty minutes; the goods are held for longer than this
SYSTEM = (OPERATOR,)


class NotByCard(Refusal):
    """This order is not to be paid by card."""


@transaction.atomic
def ask_for_page(*, order: Order, back: str, leave: str, at: datetime) -> PaymentPage:
    """The page on which the order can be paid: the one that is open, or a new one to be asked of Stripe.

    `back` is where the buyer comes after paying, `leave` where he goes without.
    """
    order = Order.objects.select_for_update().get(pk=order.pk)
    if order.state == Order.State.CANCELLED:
        raise OrderCancelled
    if order.state != Order.State.PLACED:
        raise AlreadyPaid
    rest = open_of(order)
    if order.way != Order.Way.CARD and rest == order.total:
        raise NotByCard
    if page := order.pages.filter(state__in=["asked", "open"]).select_related("call").first():
        if page.amount == rest:
            return page
        ask_to_close(order=order, at=at)  # a part came meanwhile, so that page would take too much
        raise PaymentUnderWay
    number = (order.pages.aggregate(last=Max("number"))["last"] or 0) + 1
    key, expires_at = f"page/{order.name}/{number}", at + OPEN_FOR
    about = {"order": order.name}
    body = {
        "mode": "payment",
        "payment_method_types": ["card"],
        "client_reference_id": order.name,
        "customer_email": order.email,
        "expires_at": int(expires_at.timestamp()),
        "success_url": back,
        "cancel_url": leave,
        "line_items": _items(order, rest),
        "metadata": marked(key, **about),
        "payment_intent_data": {"transfer_group": order.name, "metadata": about},
    }
    call = write_call(key=key, verb="open_page", body=body, at=at)
    return PaymentPage.objects.create(order=order, number=number, call=call, expires_at=expires_at)


def _items(order: Order, rest: int) -> list[dict[str, Any]]:
    """What the page lists: the goods, or the rest in one sum where a part of it came before."""
    lines = list(order.lines.select_related("container"))
    rows = [(line.title, line.pieces, line.price // line.pieces) for line in lines]
    with override(order.language):
        rows += [
            (_("Deposit: %(container)s") % {"container": line.container.name}, line.pieces, line.deposit)
            for line in lines
            if line.container and line.deposit
        ]
        rows += [(each.title, 1, each.price) for each in order.carriages.all()]
    if rest != order.total:
        rows = [(order.word, 1, rest)]
    return [
        {
            "quantity": pieces,
            "price_data": {
                "currency": order.currency.lower(), "unit_amount": each, "product_data": {"name": title}
            },
        }
        for title, pieces, each in rows
    ]  # fmt: skip


@transaction.atomic
def ask_to_close(*, order: Order, at: datetime) -> StripeCall | None:
    """Ask Stripe to close the order's open page, so that it cannot be paid any more; None where none is open."""
    page = order.pages.select_for_update().filter(state__in=["asked", "open"]).first()
    if page is None or not page.session:
        return None
    key = f"close/{page.session}"
    return write_call(key=key, verb="close_page", body={"session": page.session}, at=at)


def close_pages_of_expired_orders(*, at: datetime) -> int:
    """Ask for every open page of an order that nobody paid in time, and for those whose time is over, to be closed."""
    due = PaymentPage.objects.filter(state__in=["asked", "open"], session__isnull=False)
    late = due.filter(expires_at__lte=at) | due.filter(order__expires_at__lte=at)
    return sum(ask_to_close(order=page.order, at=at) is not None for page in late.select_related("order"))


@transaction.atomic
def take_session(*, session: Mapping[str, Any], at: datetime) -> PaymentPage | None:
    """What Stripe says of a page: open, paid or closed; a payment on it is taken too."""
    page = _page_of(session)
    if page is not None:
        states = {"open": PaymentPage.State.OPEN, "complete": PaymentPage.State.COMPLETE}
        page.session, page.url = session["id"], session.get("url") or ""
        page.state = states.get(session["status"], PaymentPage.State.CLOSED)
        page.save()
    intent = session.get("payment_intent")
    if isinstance(intent, dict) and isinstance(intent.get("latest_charge"), dict):
        take_charge(charge=intent["latest_charge"], at=at)
    return page


def _page_of(session: Mapping[str, Any]) -> PaymentPage | None:
    pages = PaymentPage.objects.select_for_update(of=("self",))
    key = (session.get("metadata") or {}).get("call", "")
    return pages.filter(session=session["id"]).first() or pages.filter(call__key=key, session=None).first()


def lose_page(*, call: StripeCall) -> None:
    """Stripe would not open it; another may be asked for."""
    PaymentPage.objects.filter(call=call).update(state=PaymentPage.State.CLOSED)


@transaction.atomic
def take_charge(*, charge: Mapping[str, Any], at: datetime) -> Payment | None:
    """Money of a card arrived: the order is paid and sold by it, and its fee is laid on those who sold.

    A charge that no order wants any more (paid twice, cancelled, of another amount, goods gone) is received all the
    same, since it is a fact, and given back.
    """
    order = Order.objects.filter(name=(charge.get("metadata") or {}).get("order", "")).first()
    if order is None or charge["status"] != "succeeded" or not charge["paid"]:
        return None
    lock_lots(order.lines.values_list("listing__lot_path", flat=True))
    order = Order.objects.select_for_update().get(pk=order.pk)
    key = line_key(charge["id"])
    if key not in entries_by_key([key]):
        _receive(order, charge, key, at)
    payment = Payment.objects.filter(statement_line=key).first()
    _take_fee(order, payment, charge, key, at)
    reached("charge recorded")  # and nothing of it committed
    return payment


def _receive(order: Order, charge: Mapping[str, Any], key: str, at: datetime) -> None:
    amount, money, happened = charge["amount"], charge["currency"].upper(), moment_of(charge, at)
    is_wanted = order.state == Order.State.PLACED and (amount, money) == (open_of(order), order.currency)
    if is_wanted:
        try:
            with transaction.atomic():
                sell_order(order=order, keeper=PLATFORM, key=key, at=happened, is_fee_known=False)
            return
        except BelowFloor:  # the goods are gone
            order.refresh_from_db()
    declare_parties(order, sold_lines(order), PLATFORM, at=happened)
    draft = payment_draft(
        key=key, order=order.owner, keeper=PLATFORM, money=money, amount=amount, at=happened, by=SYSTEM,
        evidence="invoice",
    )  # fmt: skip
    record_entries([draft])
    give_back_unwanted(order=order, charge=charge["id"], amount=amount, money=money, at=at)


def give_back_unwanted(*, order: Order, charge: str, amount: int, money: str, at: datetime) -> Refund:
    """Ask Stripe to give back what no order wanted; asked again only after an earlier wish could not be kept."""
    tries = Refund.objects.filter(charge=charge, lines={}, deposits={}).count()
    ask = f"surplus/{charge}" + (f"/{tries + 1}" if tries else "")
    body = {"charge": charge, "amount": amount, "metadata": marked(ask, order=order.name)}
    call = write_call(key=ask, verb="give_refund", body=body, at=at)
    return Refund.objects.create(
        order=order, key=ask, charge=charge, amount=amount, currency=money, asked_at=at, call=call
    )


def _take_fee(order: Order, payment: Payment | None, charge: Mapping[str, Any], key: str, at: datetime) -> None:
    line = charge.get("balance_transaction")
    if not isinstance(line, dict) or line["currency"] != charge["currency"] or (payment and payment.is_fee_known):
        return
    money, happened = charge["currency"].upper(), moment_of(line, at)
    shares: dict[int, int] = {}
    left = line["fee"]
    drafts = []
    lines = as_paid(sold_lines(order), payment.lines if payment else {})
    if payment is not None:
        bring_back(order=order, cause=fee_cause(order.name), at=happened)  # a division may have passed it by meanwhile
        goods = [each for each in lines if not each.carrier]  # what a carrier is owed bears no fee
        shares, left = fee_shares(line["fee"], goods)
        drafts = fee_drafts(key=key, lines=goods, shares=shares, money=money, at=happened, by=SYSTEM)
    if left:
        drafts.append(operator_fee_draft(key=key, operator=OPERATOR, fee=left, money=money, at=happened, by=SYSTEM))
    record_entries(drafts)
    for row in order.lines.all() if shares else ():
        order.lines.filter(pk=row.pk).update(fee=shares[row.number])
    if payment is not None:
        payment.is_fee_known = True
        payment.save()
        # Who owes for an earlier refund or dispute makes it good with this sale.
        for seller in sorted({line.seller for line in lines}):
            recover(seller=seller, money=money, cause=key, at=happened)


def moment_of(body: Mapping[str, Any], at: datetime) -> datetime:
    """When Stripe says that it happened; `at`, where a period was closed since: what a keeper tells is a fact, so it is
    told in the period that is open, under the key that names its line."""
    happened = datetime.fromtimestamp(body["created"], UTC)
    closed = (datetime.fromisoformat(row.body["before"]) for row in documents(CLOSED_PERIOD))
    return happened if all(happened >= before for before in closed) else at
