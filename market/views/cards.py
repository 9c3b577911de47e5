"""Paying by card: to Stripe's page and back, and the address at which Stripe tells what happened."""

from contextlib import suppress

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from ledger.rules.refusal import Refusal
from market import queries, stripe_connect
from market.models import Order
from market.services.cards import ask_for_page, ask_to_close
from market.services.stripe_answers import make_calls
from market.services.stripe_events import hear_event
from market.services.stripe_facts import take_fact


class NoPaymentPage(Refusal):
    """The payment page cannot be opened right now. Your goods are held; try again in a minute."""

    status = 503


def to_payment(order: Order) -> HttpResponse:
    """Where a buyer goes next: to the page where the card is typed, or to the order's own."""
    if order.way != Order.Way.CARD or order.state != Order.State.PLACED or not stripe_connect.is_set_up():
        return redirect("order", order.token)
    here = settings.PUBLIC_ADDRESS + reverse("order", args=[order.token])
    back = settings.PUBLIC_ADDRESS + reverse("paid_by_card", args=[order.token])
    page = ask_for_page(order=order, back=back, leave=here, at=timezone.now())
    if not page.url:
        make_calls(at=timezone.now(), only=page.call)
        page.refresh_from_db()
    if not page.url:
        raise NoPaymentPage
    return private(redirect(page.url))


@require_POST
@never_cache
def pay_by_card(request: HttpRequest, token: str) -> HttpResponse:
    """To Stripe's page once more: the buyer left it, or it could not be opened."""
    return to_payment(queries.order_at(token))


@require_GET
@never_cache
def paid_by_card(request: HttpRequest, token: str) -> HttpResponse:
    """Back from Stripe's page: what happened there is asked at once, whether or not the webhook was faster."""
    order = queries.order_at(token)
    page = order.pages.exclude(session=None).last()
    if order.state == Order.State.PLACED and page is not None:
        with suppress(stripe_connect.Unanswered):  # the webhook will tell; the order's page says that it waits
            take_fact(kind="checkout.session", identity=page.session or "", at=timezone.now())
    return private(redirect("order", token))


def close_page(order: Order) -> None:
    """Have the order's open page closed by Stripe, if it has one; what was paid meanwhile is taken."""
    if call := ask_to_close(order=order, at=timezone.now()):
        make_calls(at=timezone.now(), only=call)


@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Stripe tells that something changed. What was not signed for this address, or is no event, is not kept."""
    try:
        heard = stripe_connect.read_event(request.body, request.headers.get("Stripe-Signature", ""))
    except (stripe_connect.BadSignature, stripe_connect.NotAnEvent):
        return HttpResponse(status=400)
    hear_event(heard=heard, at=timezone.now())
    return HttpResponse(status=200)


def private(response: HttpResponse) -> HttpResponse:
    """No copy, no index, and no trace of the secret link on another site.

    A stricter policy (no-referrer) would make browsers hide where a button was pressed, and its form be refused."""
    response["Cache-Control"] = "no-store, private"
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
