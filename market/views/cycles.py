"""Order cycles at the stall: planned, looked at, closed, repeated; what each supplier brings, and their division."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cooperatives.views.files import as_file
from ledger.rules.refusal import Refusal
from market import queries
from market.forms.cycles import CycleForm, as_said
from market.pages.cycles import bring_table, cycle_page
from market.services import cycles as services
from market.services import settlements
from market.views.stall import at_the_stall, refused, shown

if TYPE_CHECKING:
    from cooperatives.models import Membership

PAGE = 20


@require_http_methods(["GET", "POST"])
@at_the_stall
def cycles(request: HttpRequest, by: Membership) -> HttpResponse:
    """The order cycles of a stall, and where the next one is planned."""
    goods, stall = queries.goods_for(by.cooperative), queries.stall_of(by.cooperative)
    form, status = (
        CycleForm(request.POST or None, goods=goods, initial=_next_week(stall.pickup_address if stall else "")),
        200,
    )
    if request.method == "POST":
        status = 422
        if form.is_valid():
            said = {"plan": form.plan(), "at": timezone.now(), "key": form.cleaned_data["key"]}
            try:
                made = services.open_cycle(by=by, cooperative=by.cooperative, **said)
            except Refusal as no:
                status = refused(form, no)
            else:
                messages.success(
                    request, _("“%(name)s” is planned. The shelf says it from now on.") % {"name": made.name}
                )
                return redirect("cycle", by.cooperative.slug, made.code)
    page = Paginator(queries.cycles_of(by.cooperative), PAGE).get_page(request.GET.get("page"))
    now = timezone.now()
    rows = [(row, row.window.state(now)) for row in page]
    return shown(request, "cycles", by, form=form, page=page, rows=rows, stall=stall, status=status)


def _next_week(place: str) -> dict[str, object]:
    """What a new cycle begins with: from this hour, for six days, fetched the day after."""
    now = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    until = now + timedelta(days=6)
    return {
        "key": secrets.token_urlsafe(16),
        "opens_at": now,
        "closes_at": until,
        "handover_on": until.date() + timedelta(days=1),
        "handover_place": " ".join(place.split()),
        "has_all_goods": True,
    }


@require_GET
@at_the_stall
def cycle(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """One cycle: what was ordered, what each supplier brings, what is left, and what it earned."""
    row = queries.cycle_called(by.cooperative, code)
    context = cycle_page(row, by.cooperative, at=timezone.now())
    return shown(request, "cycle", by, key=secrets.token_urlsafe(16), **context)


@require_http_methods(["GET", "POST"])
@at_the_stall
def change_cycle(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """Say a cycle anew while it is not closed."""
    row = queries.cycle_called(by.cooperative, code)
    goods = queries.goods_for(row.cooperative)
    form, status = CycleForm(request.POST or None, goods=goods, initial=as_said(row) | {"key": row.code}), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.change_cycle(by=by, cycle=row, plan=form.plan(), at=timezone.now())
            except Refusal as no:
                status = refused(form, no)
            else:
                messages.success(request, _("Saved."))
                return redirect("cycle", by.cooperative.slug, row.code)
    return shown(request, "change_cycle", by, form=form, cycle=row, status=status)


@require_GET
@at_the_stall
def cycle_table(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """What each supplier must bring, as a table."""
    row = queries.cycle_called(by.cooperative, code)
    return as_file(bring_table(row, by.cooperative), "csv", row.code)


@require_POST
@at_the_stall
def close_cycle(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """Take no more orders in it, from this moment."""
    row = services.close_cycle(by=by, cycle=queries.cycle_called(by.cooperative, code), at=timezone.now())
    messages.success(request, _("“%(name)s” is closed. Whoever ordered before is in it.") % {"name": row.name})
    return redirect("cycle", by.cooperative.slug, row.code)


@require_POST
@at_the_stall
def repeat_cycle(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """The same again, at the next dates."""
    row = queries.cycle_called(by.cooperative, code)
    made = services.repeat_cycle(by=by, cycle=row, at=timezone.now(), key=request.POST.get("key", "")[:64] or row.code)
    messages.success(request, _("“%(name)s” is planned again. Look at its dates.") % {"name": made.name})
    return redirect("cycle", by.cooperative.slug, made.code)


@require_POST
@at_the_stall
def call_buyers(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """Write to all who wait that their goods are ready."""
    row = queries.cycle_called(by.cooperative, code)
    n = services.call_buyers(by=by, cycle=row, at=timezone.now())
    words = ngettext("One letter is written.", "%(n)s letters are written.", n) % {"n": n}
    messages.success(request, words if n else _("Everybody was told already."))
    return redirect("cycle", by.cooperative.slug, row.code)


@require_POST
@at_the_stall
def divide_cycle(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """Divide what was sold in it, by the agreement in force."""
    row = queries.cycle_called(by.cooperative, code)
    made = settlements.divide_cycle(by=by, cooperative=by.cooperative, cycle=row, at=timezone.now())
    words = ngettext("One lot is divided.", "%(n)s lots are divided.", len(made)) if made else _("Nothing to divide.")
    messages.success(request, words % {"n": len(made)} if made else words)
    return redirect("cycle", by.cooperative.slug, row.code)


@require_POST
@at_the_stall
def sell_without_cycles(request: HttpRequest, by: Membership) -> HttpResponse:
    """Sell all goods as they lie again."""
    services.sell_without_cycles(by=by, cooperative=by.cooperative)
    messages.success(request, _("Your goods are sold as they lie again."))
    return redirect("cycles", by.cooperative.slug)
