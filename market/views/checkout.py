"""Checkout: a guest's details, the button that obliges to pay, and the order's own page at its secret link."""

import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from cooperatives.queries import memberships_of
from ledger.rules.refusal import Refusal
from market import queries
from market.forms.checkout import CheckoutForm
from market.models import Order
from market.pages.baskets import Basket, basket_of
from market.pages.receipts import order_page
from market.services.checkout import Buyer, PriceChanged
from market.services.checkout import place_order as place
from market.services.credit_parts import takes
from market.services.orders import cancel_order as cancel
from market.views.cards import close_page, private, to_payment
from market.views.shop import carriage_of, cart_of


@require_GET
@never_cache
def checkout(request: HttpRequest) -> HttpResponse:
    """Who orders and how it will be paid; the total stands above every field."""
    basket = basket_of(cart_of(request), at=timezone.now(), carriage=carriage_of(request))
    if not basket.lines:
        return redirect("cart")
    key = request.session.setdefault("checkout", secrets.token_urlsafe(24))
    form = CheckoutForm(**_facts(basket), initial={"key": key, "total": basket.total})
    return _page(request, form, basket)


@require_POST
@never_cache
def place_order(request: HttpRequest) -> HttpResponse:
    """Order with obligation to pay. A second press of the button finds the order of the first."""
    placed = request.session.get("placed", {})
    if token := placed.get(request.POST.get("key", "")):
        return _next(request, queries.order_at(token))
    cart, carriage = cart_of(request), carriage_of(request)
    basket = basket_of(cart, at=timezone.now(), carriage=carriage)
    form = CheckoutForm(request.POST, **_facts(basket))
    if not form.is_valid():
        return _page(request, form, basket, status=422)
    said = form.cleaned_data
    buyer = Buyer(said["name"], said["email"], said["phone"], said["note"], get_language() or "en", form.send_to())
    try:
        order = place(
            cart=cart, buyer=buyer, way=said["way"], at=timezone.now(), key=said["key"], total=said["total"],
            carriage=carriage,
        )  # fmt: skip
    except PriceChanged as no:
        form.data = {**request.POST.dict(), "total": basket.total}  # shown again with the new sum, to be agreed to
        form.add_error(None, no.words(_))
        return _page(request, form, basket, status=no.status)
    except Refusal as no:
        form.add_error(None, no.words(_))
        return _page(request, form, basket_of(cart, at=timezone.now(), carriage=carriage), status=no.status)
    request.session["placed"] = dict([*placed.items(), (said["key"], order.token)][-20:])
    request.session["cart"], request.session["carriage"] = {}, {}
    request.session.pop("checkout", None)
    return _next(request, order)


def _next(request: HttpRequest, order: Order) -> HttpResponse:
    """Where a buyer goes from here: a member who could pay a part in credit chooses that before the card."""
    if _may_pay_in_credit(request, order):
        return redirect("order", order.token)
    return to_payment(order)


def _may_pay_in_credit(request: HttpRequest, order: Order) -> bool:
    """Whether the reader is a member somewhere, and the order's goods take members' credit still."""
    return request.user.is_authenticated and takes(order) and bool(memberships_of(request.user))


def _facts(basket: Basket) -> dict[str, Any]:
    """What the form must know of the cart."""
    countries = basket.countries(get_language() or "en") if basket.sent else {}
    return {"ways": basket.ways, "countries": countries, "is_sent": bool(basket.sent)}


def _page(request: HttpRequest, form: CheckoutForm, basket: Basket, status: int = 200) -> HttpResponse:
    context = {"here": "cart", "form": form, "basket": basket}
    return render(request, "market/checkout.html", context, status=status)


@require_GET
@never_cache
def order(request: HttpRequest, token: str) -> HttpResponse:
    """The order's page: what comes next, where to pick up, what was paid, and where the money went."""
    found = queries.order_at(token)
    takes_credit = _may_pay_in_credit(request, found)
    return private(
        render(request, "market/order.html", {"here": "cart", **order_page(found, takes_credit=takes_credit)})
    )


@require_POST
@never_cache
def cancel_order(request: HttpRequest, token: str) -> HttpResponse:
    """Take an unpaid order back; whoever has the link may. A page where it could still be paid is closed first."""
    found = queries.order_at(token)
    close_page(found)
    cancel(order=found, at=timezone.now())
    return private(redirect("order", token))
