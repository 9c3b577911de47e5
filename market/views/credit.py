"""Paying a part of an order in members' credit: how much, once more with what is open then, and paid."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cooperatives.queries import memberships_of
from cooperatives.rules.credit import worth_of, write_credit
from ledger.rules.refusal import NotFound, Refusal
from market import queries
from market.forms.checkout import CreditPartForm
from market.services.credit_parts import NotForCredit, Offer, credit_offer, pay_part_in_credit
from market.views.cards import private

if TYPE_CHECKING:
    from cooperatives.models import Membership
    from market.models import Order


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
def pay_in_credit(request: HttpRequest, token: str) -> HttpResponse:
    """For a member of a circle whose credit the order's goods take; to others it is not there."""
    order = queries.order_at(token)
    mine = memberships_of(request.user)
    if not mine:
        raise NotFound
    found = next(((by, offer) for by in mine if (offer := credit_offer(by, order))), None)
    if found is None:
        raise NotForCredit
    by, offer = found
    if request.method == "GET":
        most = write_credit(offer.most, offer.circle.kind, get_format("DECIMAL_SEPARATOR"))
        form = CreditPartForm(kind=offer.circle.kind, initial={"key": secrets.token_hex(16), "quantity": most})
        return _page(request, order, by, offer, form)
    form = CreditPartForm(request.POST, kind=offer.circle.kind)
    if not form.is_valid():
        return _page(request, order, by, offer, form, status=422)
    quantity = form.cleaned_data["quantity"]
    if "sure" not in request.POST and 0 < quantity <= offer.most:
        worth = worth_of(quantity, worth=offer.circle.worth, kind=offer.circle.kind)
        return _page(request, order, by, offer, form, sure=True, quantity=quantity, worth=worth,
                     rest=queries.open_of(order) - worth)  # fmt: skip
    try:
        pay_part_in_credit(by=by, order=order, at=timezone.now(), **form.cleaned_data)
    except Refusal as no:
        form.add_error(None, no.words(_))
        return _page(request, order, by, offer, form, status=no.status)
    messages.success(request, _("Paid in credit. The rest is still open."))
    return redirect("order", token)


def _page(
    request: HttpRequest,
    order: Order,
    by: Membership,
    offer: Offer,
    form: CreditPartForm,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {"here": "cart", "order": order, "by": by, "offer": offer, "form": form} | more
    return private(render(request, "market/pay_in_credit.html", context, status=status))
