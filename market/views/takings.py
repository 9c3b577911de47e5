"""Orders at the stall: what is to be packed, money that comes in, goods that go out, letters that were written."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cooperatives.queries import hubs_of
from cooperatives.services.people import refuse_unless
from ledger.forms import as_typed
from ledger.rules.refusal import Refusal
from market import queries
from market.forms.carriage import ParcelForm
from market.forms.containers import OrderContainersForm
from market.forms.payments import ForwardForm, PaymentForm, SurplusForm
from market.forms.refunds import RefundForm, ReturnForm
from market.models import Order
from market.pages.packing import packing_of
from market.rules.cards import PLATFORM
from market.rules.words import bank_reference
from market.services import carriage as sending
from market.services import orders, payments, returns, surplus
from market.services.refunds_by_hand import by_hand
from market.views.stall import at_the_stall, exponent_of, refused, shown

if TYPE_CHECKING:
    from cooperatives.models import Membership

PAGE = 50
SERVERS = ("steward", "treasurer", "clerk")
RECENT = 6  # order cycles by which packing is narrowed


@require_GET
@at_the_stall
def stall_orders(request: HttpRequest, by: Membership) -> HttpResponse:
    """The orders with goods of this cooperative, those that wait first."""
    found = queries.orders_of(by.cooperative)
    state = request.GET.get("state", "")
    if state in Order.State.values:
        found = found.filter(state=state)
    if word := request.GET.get("word", "").replace("\x00", "").strip():
        found = _called(found, word)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return shown(
        request,
        "stall_orders",
        by,
        page=page,
        state=state,
        word=word,
        states=Order.State.choices,
        to_pack=queries.to_pack(by.cooperative),
    )


@require_GET
@at_the_stall
def packing(request: HttpRequest, by: Membership) -> HttpResponse:
    """What is to be packed; a code that was scanned or typed leads to the order that is handed over."""
    asked, code = request.GET.get("cycle", ""), request.GET.get("code", "").replace("\x00", "").strip()
    cycle = queries.cycle_called(by.cooperative, asked) if asked else None
    if code:
        found = list(_called(queries.orders_to_pack(by.cooperative, cycle), code)[:2])
        if len(found) == 1:
            return redirect("stall_order", by.cooperative.slug, found[0].name)
    choices = queries.cycles_of(by.cooperative)[:RECENT]
    packing = packing_of(by.cooperative, cycle)
    return shown(request, "packing", by, packing=packing, code=code, cycle=cycle, cycles=choices)


@require_GET
@at_the_stall
def packing_labels(request: HttpRequest, by: Membership) -> HttpResponse:
    """A label for each order that waits, of one order cycle or of all: what is in the parcel, and a code to scan."""
    asked = request.GET.get("cycle", "")
    cycle = queries.cycle_called(by.cooperative, asked) if asked else None
    found = packing_of(by.cooperative, cycle).by_buyer
    labels = [(order, lines, bank_reference(order.name)) for order, lines in found if lines]
    return shown(request, "packing_labels", by, labels=labels, cycle=cycle)


def _called(orders: QuerySet[Order], word: str) -> QuerySet[Order]:
    """The orders of that word or reference: what a buyer says at the door, or what a scanner reads."""
    return orders.filter(Q(word__iexact=word) | Q(name__iexact=word.upper().removeprefix("R-").replace("-", "")))


@require_GET
@at_the_stall
def stall_order(request: HttpRequest, by: Membership, name: str) -> HttpResponse:
    """One order as the stall sees it, with the buttons for money and goods."""
    return order_page(request, by, queries.order_of(by.cooperative, name))


def order_page(
    request: HttpRequest,
    by: Membership,
    order: Order,
    form: PaymentForm | None = None,
    status: int = 200,
    refund: RefundForm | None = None,
    back: ReturnForm | None = None,
    empties: OrderContainersForm | None = None,
    surplus: SurplusForm | None = None,
    forward: ForwardForm | None = None,
    parcel: ParcelForm | None = None,
) -> HttpResponse:
    """The page of an order, with a form that was sent back, if one was."""
    exponent = exponent_of(by)
    prefetch_related_objects([order], "payments", "refunds", "disputes")
    paid = list(order.payments.all()) if order.is_sold else []
    payment, came = (paid[0] if paid else None), ({} if paid else queries.came_of(order))
    rest = 0 if paid else order.due - sum(came.values())
    if refund is None and payment is not None and by.has_role("steward", "treasurer"):
        hands = [row.keeper for row in by_hand(order, order.lines.all())]
        initial = {"key": secrets.token_urlsafe(12)}
        refund = RefundForm(order=order, by=by, exponent=exponent, hands=hands, initial=initial)
    if back is None and payment is not None and by.has_role("steward", "treasurer", "clerk"):
        back = ReturnForm(order=order, by=by, initial={"key": secrets.token_hex(8)})
    if empties is None and payment is not None and any(line.containers_left for line in order.lines.all()):
        hubs = hubs_of(by.cooperative)
        empties = OrderContainersForm(order=order, by=by, hubs=hubs, initial={"key": secrets.token_hex(16)})
    carriage = next((each for each in order.carriages.all() if each.offer.cooperative_id == by.cooperative_id), None)
    too_much = queries.surplus_of(order, f"bank/{by.cooperative.slug}")
    if too_much and surplus is None:
        surplus = SurplusForm(exponent=exponent, initial={"amount": as_typed(too_much, exponent)}, prefix="surplus")
    return shown(
        request,
        "stall_order",
        by,
        order=order,
        too_much=too_much,
        surplus=surplus,
        forward=forward or ForwardForm(prefix="forward"),
        form=form or PaymentForm(exponent=exponent, initial={"amount": as_typed(rest, exponent)}),
        reference=bank_reference(order.name),
        payment=payment,
        hands_over=order.state == "paid" and bool(orders.lines_here(by, order)),
        carriage=carriage,
        sends=carriage is not None and carriage.sent_at is None and order.state == "paid",
        parcel=parcel or ParcelForm(),
        is_fetched=any(line.listing.product.cooperative_id not in order.senders for line in order.lines.all()),
        paid=paid,
        hand=next((row for row in paid if row.keeper != PLATFORM), None),
        came=sorted(came.items()),
        rest=rest,
        credit=queries.credit_part_of(order),
        refund=refund,
        back=back if back is not None and back.numbers else None,
        empties=empties if empties is not None and empties.numbers and by.has_role(*SERVERS) else None,
        refunds=order.refunds.all(),
        disputes=order.disputes.all(),
        status=status,
    )


@require_POST
@at_the_stall
def receive_payment(request: HttpRequest, by: Membership, name: str) -> HttpResponse:
    """Money came in: in the box with the goods handed over, or as a line of the bank's statement."""
    order = queries.order_of(by.cooperative, name)
    way = payments.BANK if request.POST.get("way") == payments.BANK else payments.CASH
    form = PaymentForm(request.POST, exponent=exponent_of(by))
    form.fields["statement_line"].required = way == payments.BANK
    if not form.is_valid():
        return order_page(request, by, order, form, status=422)
    try:
        paid = payments.receive_payment(by=by, order=order, way=way, at=timezone.now(), **form.cleaned_data)
    except Refusal as no:
        return order_page(request, by, order, form, status=refused(form, no))
    words = _("Order %(word)s is paid.") if paid else _("A part of order %(word)s came; the rest is open.")
    messages.success(request, words % {"word": order.word})
    return redirect("stall_order", by.cooperative.slug, name)


@require_POST
@at_the_stall
def give_surplus_back(request: HttpRequest, by: Membership, name: str) -> HttpResponse:
    """What a buyer paid too much was sent back."""
    order = queries.order_of(by.cooperative, name)
    form = SurplusForm(request.POST, exponent=exponent_of(by), prefix="surplus")
    if not form.is_valid():
        return order_page(request, by, order, surplus=form, status=422)
    try:
        surplus.give_surplus_back(by=by, order=order, at=timezone.now(), **form.cleaned_data)
    except Refusal as no:
        return order_page(request, by, order, surplus=form, status=refused(form, no))
    messages.success(request, _("Recorded: the money was given back."))
    return redirect("stall_order", by.cooperative.slug, name)


@require_POST
@at_the_stall
def forward_surplus(request: HttpRequest, by: Membership, name: str) -> HttpResponse:
    """What a buyer paid too much pays another order of his."""
    order = queries.order_of(by.cooperative, name)
    form = ForwardForm(request.POST, prefix="forward")
    if not form.is_valid():
        return order_page(request, by, order, forward=form, status=422)
    try:
        target = surplus.forward_surplus(by=by, order=order, at=timezone.now(), **form.cleaned_data)
    except Refusal as no:
        return order_page(request, by, order, forward=form, status=refused(form, no))
    messages.success(request, _("It is laid on order %(word)s.") % {"word": target.word})
    return redirect("stall_order", by.cooperative.slug, target.name)


@require_POST
@at_the_stall
def hand_over(request: HttpRequest, by: Membership, name: str) -> HttpResponse:
    """The goods of a paid order leave with their buyer."""
    order = orders.hand_over(by=by, order=queries.order_of(by.cooperative, name), at=timezone.now())
    messages.success(request, _("Order %(word)s is handed over.") % {"word": order.word})
    return redirect("stall_orders", by.cooperative.slug)


@require_POST
@at_the_stall
def send_parcel(request: HttpRequest, by: Membership, name: str) -> HttpResponse:
    """The carrier took what is sent of a paid order."""
    form, order = ParcelForm(request.POST), queries.order_of(by.cooperative, name)
    if not form.is_valid():
        return order_page(request, by, order, parcel=form, status=422)
    sending.send_parcel(by=by, order=order, at=timezone.now(), **form.cleaned_data)
    messages.success(request, _("Order %(word)s is on its way, and the buyer is told.") % {"word": order.word})
    return redirect("stall_orders", by.cooperative.slug)


@require_POST
@at_the_stall
def take_goods_back(request: HttpRequest, by: Membership, name: str) -> HttpResponse:
    """A buyer brought goods back: good ones are for sale again."""
    order = queries.order_of(by.cooperative, name)
    form = ReturnForm(request.POST, order=order, by=by)
    if not form.is_valid():
        return order_page(request, by, order, back=form, status=422)
    said = form.cleaned_data
    try:
        returns.take_goods_back(
            by=by,
            order=order,
            pieces=form.pieces(),
            is_good=said["state"] == "good",
            at=timezone.now(),
            key=said["key"],
        )
    except Refusal as no:
        return order_page(request, by, order, back=form, status=refused(form, no))
    messages.success(request, _("Recorded: the goods came back."))
    return redirect("stall_order", by.cooperative.slug, name)


@require_POST
@at_the_stall
def drop_order(request: HttpRequest, by: Membership, name: str) -> HttpResponse:
    """Nobody came for it: the goods are for sale again."""
    order = orders.cancel_order(order=queries.order_of(by.cooperative, name), at=timezone.now(), by=by)
    messages.success(request, _("Order %(word)s is cancelled.") % {"word": order.word})
    return redirect("stall_orders", by.cooperative.slug)


@require_GET
@at_the_stall
def letters(request: HttpRequest, by: Membership) -> HttpResponse:
    """The outbox: what was written to buyers, and whether it went. Whoever reads a letter has the order's secret link,
    so an auditor, who writes nothing, reads none."""
    refuse_unless(by, "steward", "clerk", "treasurer")
    page = Paginator(queries.letters_of(by.cooperative), PAGE).get_page(request.GET.get("page"))
    return shown(request, "letters", by, page=page)
