"""The stall: what a cooperative has to do today, how it meets its buyers, and what it lists."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cooperatives.queries import approvals_of, lot, lots_at_hand, membership_in, memberships_of, waiting_for
from cooperatives.queries.containers import containers_of
from ledger.forms import as_typed
from ledger.queries import unit
from ledger.rules.refusal import NotAllowed, NotFound, Refusal
from market import queries
from market.forms.listings import NONE_OF_THEM, ListingForm, StallForm
from market.models import Listing, Stall
from market.services import catalogue

if TYPE_CHECKING:
    from cooperatives.models import Lot, Membership

A_PAGE = 50  # of what is listed, and of the lots that could be
READERS = ("steward", "treasurer", "clerk", "auditor")

Page = Callable[..., HttpResponse]


def at_the_stall(page: Page) -> Page:
    """For those who work at this stall or audit it: `by` is their membership. To others the stall is not there."""

    @wraps(page)
    @never_cache
    @login_required
    def door(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
        by = membership_in(request.user, slug)
        if by is None:
            raise NotFound
        if not by.has_role(*READERS):
            raise NotAllowed
        return page(request, by, **kwargs)

    return door


def exponent_of(by: Membership) -> int:
    """How many decimals the cooperative's money has."""
    found = unit(by.cooperative.currency)
    return found.exponent if found else 2


def shown(request: HttpRequest, name: str, by: Membership, **context: Any) -> HttpResponse:
    """A page of the stall."""
    status = context.pop("status", 200)
    cooperative = by.cooperative
    context |= {
        "here": "stall",
        "by": by,
        "cooperative": cooperative,
        "currency": cooperative.currency,
        # Buttons that would be refused are not shown; the services refuse all the same.
        "is_steward": by.has_role("steward"),
        "is_treasurer": by.has_role("treasurer"),
        "may_divide": by.has_role("steward", "treasurer"),
        "may_serve": by.has_role("steward", "treasurer", "clerk"),
        "may_list": by.has_role("steward", "clerk"),
    }
    return render(request, f"market/{name}.html", context, status=status)


def refused(form: BaseForm, no: Refusal) -> int:
    """Put the words of a refusal at the head of the form; answers the status of the page."""
    form.add_error(None, no.words(_))
    return no.status


@login_required
@never_cache
@require_GET
def stall(request: HttpRequest) -> HttpResponse:
    """The stalls one works at; straight to it where there is only one."""
    mine = [m for m in memberships_of(request.user) if m.has_role(*READERS)]
    if len(mine) == 1:
        return redirect("stall_today", mine[0].cooperative.slug)
    return render(request, "market/stall.html", {"here": "stall", "memberships": mine})


@require_GET
@at_the_stall
def stall_today(request: HttpRequest, by: Membership) -> HttpResponse:
    """What is to be packed, settled and paid."""
    cooperative = by.cooperative
    return shown(
        request,
        "stall_today",
        by,
        to_pack=queries.to_pack(cooperative),
        placed=queries.orders_of(cooperative, "placed").count(),
        paid=queries.orders_to_pack(cooperative).filter(state="paid").count(),
        undivided=sum(queries.all_earnings(cooperative).values()),
        purses=queries.purses_to_pay(cooperative),
        stall=queries.stall_of(cooperative),
        waiting=waiting_for(by).count(),
    )


@require_http_methods(["GET", "POST"])
@at_the_stall
def stall_facts(request: HttpRequest, by: Membership) -> HttpResponse:
    """Who sells, where goods are picked up, where transfers go."""
    found = queries.stall_of(by.cooperative) or Stall(cooperative=by.cooperative, seller=by.cooperative.name)
    form = StallForm(request.POST or None, instance=found)
    for field in form.fields.values():
        field.disabled = not by.has_role("steward")  # others read it
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                catalogue.open_stall(by=by, cooperative=by.cooperative, said=form.cleaned_data, at=timezone.now())
            except Refusal as no:
                status = refused(form, no)
            else:
                if approvals_of(by.cooperative, "waiting").filter(kind="bank").exists():
                    messages.success(request, _("Saved. The other bank account counts once a second person agrees."))
                else:
                    messages.success(request, _("Buyers see this from now on."))
                return redirect("stall_today", by.cooperative.slug)
    return shown(request, "stall_facts", by, form=form, status=status)


@require_GET
@at_the_stall
def listings(request: HttpRequest, by: Membership) -> HttpResponse:
    """What is on the shelf, what is not yet, and the lots at hand that could be."""
    # All are few enough to be read at once, and too many to be shown so.
    page = Paginator(list(queries.listings_of(by.cooperative)), A_PAGE).get_page(request.GET.get("page"))
    left = queries.pieces_left(page)
    return shown(
        request,
        "listings",
        by,
        page=page,
        listings=[(row, left[row.pk]) for row in page],
        lots=Paginator(lots_at_hand(by.cooperative), A_PAGE).get_page(request.GET.get("lots")),
    )


def lot_of(by: Membership, code: str) -> Lot:
    """A lot of the member's own cooperative by its code."""
    if found := lot(by.cooperative.slug, code):
        return found
    raise NotFound


def listing_of(by: Membership, pk: int) -> Listing:
    """A listing of the member's own cooperative."""
    found = queries.listings_of(by.cooperative).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


@require_http_methods(["GET", "POST"])
@at_the_stall
def list_lot(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """Offer a lot: begun from what was said about it, or about the last one of the same goods."""
    offered = lot_of(by, code)
    rows = queries.listings_of(by.cooperative)
    last = rows.filter(lot_path=offered.path).first() or rows.filter(title=offered.goods).first()
    form = ListingForm(request.POST or None, initial=offered_before(by, offered, last), **facts_of(by))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            said = {**form.cleaned_data, "currency": by.cooperative.currency}
            try:
                made = catalogue.list_lot(by=by, lot=offered, at=timezone.now(), **said)
            except Refusal as no:
                status = refused(form, no)
            else:
                return redirect("change_listing", by.cooperative.slug, made.pk)
    return shown(request, "list_lot", by, form=form, lot=offered, status=status)


def facts_of(by: Membership) -> dict[str, Any]:
    """What a form for a listing must know of its cooperative."""
    return {"exponent": exponent_of(by), "containers": containers_of(by.cooperative)}


def offered_before(by: Membership, offered: Lot, last: Listing | None) -> dict[str, Any]:
    """What a form for a new listing begins with."""
    if last is None:
        found = queries.stall_of(by.cooperative)
        made_by = f"{found.seller}, {found.address}" if found else by.cooperative.name
        origin = by.cooperative.place.name if by.cooperative.place else ""
        return {"title": offered.goods, "operator": made_by, "origin": origin, "unit_quantity": 1, "is_food": True}
    names = ("title", "unit_quantity", *catalogue.FACTS)
    return {name: getattr(last, name) for name in names} | {"kind": last.product.kind} | typed(by, last)


def typed(by: Membership, row: Listing) -> dict[str, Any]:
    """Price, tax and allergens of a listing, as a person would type them."""
    return {
        "price": as_typed(row.price, exponent_of(by)),
        "vat_rate": as_typed(row.vat_rate, 1),
        "container": str(row.container_id or ""),
        "allergens": [NONE_OF_THEM] if row.allergens == [] else row.allergens,
    }


@require_http_methods(["GET", "POST"])
@at_the_stall
def change_listing(request: HttpRequest, by: Membership, pk: int) -> HttpResponse:
    """What a listing says; changed here until it says enough to be published."""
    row = listing_of(by, pk)
    form = ListingForm(request.POST or None, instance=row, initial=typed(by, row), **facts_of(by))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                catalogue.change_listing(by=by, listing=row, **form.cleaned_data)
            except Refusal as no:
                status = refused(form, no)
            else:
                messages.success(request, _("Saved."))
                return redirect("change_listing", by.cooperative.slug, row.pk)
    return shown(request, "change_listing", by, form=form, listing=row, status=status)


@require_POST
@at_the_stall
def publish_listing(request: HttpRequest, by: Membership, pk: int) -> HttpResponse:
    """Put it on the shelf; a fact that is missing is named on the page of the listing."""
    row = listing_of(by, pk)
    try:
        catalogue.publish_listing(by=by, listing=row, at=timezone.now())
    except catalogue.FactsMissing as no:
        form = ListingForm(instance=row, initial=typed(by, row), **facts_of(by))
        return shown(request, "change_listing", by, form=form, listing=row, missing=no.words(_), status=no.status)
    messages.success(request, _("“%(title)s” is on the shelf.") % {"title": row.title})
    return redirect("listings", by.cooperative.slug)


@require_POST
@at_the_stall
def withdraw_listing(request: HttpRequest, by: Membership, pk: int) -> HttpResponse:
    """Take it off the shelf; what was ordered stays ordered."""
    row = catalogue.withdraw_listing(by=by, listing=listing_of(by, pk), at=timezone.now())
    messages.success(request, _("“%(title)s” is off the shelf.") % {"title": row.title})
    return redirect("listings", by.cooperative.slug)
