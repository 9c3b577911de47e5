"""The stock of a hub: what the books say, and what somebody counted."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cooperatives.forms.stock import CountForm, GoodsGiftForm
from cooperatives.models import Hub, Membership
from cooperatives.queries.goods import LotAtHand
from cooperatives.queries.stock import last_counts, lots_at
from cooperatives.services import stock as counting
from cooperatives.services.goods_gifts import take_goods
from cooperatives.services.lots import KEEPERS
from cooperatives.views.access import for_members, shown, try_out
from ledger.rules.refusal import NotAllowed, NotFound


@require_GET
@for_members
def stock(request: HttpRequest, by: Membership, hub: str) -> HttpResponse:
    """What lies at a hub, to be counted."""
    found = _hub(by, hub)
    return _stock(request, by, found, CountForm(rows=lots_at(found)))


@require_POST
@for_members
def count_stock(request: HttpRequest, by: Membership, hub: str) -> HttpResponse:
    """Record a count."""
    found = _hub(by, hub)
    form = CountForm(request.POST, rows=_rows(found, request))
    status = try_out(form, lambda: _count(by, found, form)) if form.is_valid() else 400
    if form.errors:
        return _stock(request, by, found, form, status=status)
    messages.success(request, _("Recorded."))
    return redirect("stock", by.cooperative.slug, found.slug)


@require_POST
@for_members
def take_goods_gift(request: HttpRequest, by: Membership, hub: str) -> HttpResponse:
    """Record goods that somebody outside gave."""
    found = _hub(by, hub)
    form = GoodsGiftForm(request.POST, auto_id="gift_%s")
    status = try_out(form, lambda: _take(by, found, form.cleaned_data)) if form.is_valid() else 400
    if form.errors:
        return _stock(request, by, found, CountForm(rows=lots_at(found)), gift=form, status=status)
    messages.success(request, _("Recorded."))
    return redirect("stock", by.cooperative.slug, found.slug)


def _take(by: Membership, hub: Hub, said: dict[str, Any]) -> None:
    take_goods(
        by=by, giver=said["giver"], place=said["place"].path if said["place"] else None, goods=said["goods"],
        unit=said["unit"], quantity=said["quantity"], hub=hub, at=timezone.now(), key=said["key"],
    )  # fmt: skip


def _hub(by: Membership, slug: str) -> Hub:
    if not by.has_role(*KEEPERS):
        raise NotAllowed
    found = by.cooperative.hubs.filter(slug=slug).select_related("cooperative").first()
    if found is None:
        raise NotFound
    return found


def _rows(hub: Hub, request: HttpRequest) -> list[LotAtHand]:
    """The lots at hand, and those that were counted and hold nothing any more: somebody must hear of that."""
    rows = lots_at(hub)
    asked = {name.partition("_")[2] for name, said in request.POST.items() if name.startswith("counted_") and said}
    gone = asked - {str(row.lot.pk) for row in rows}
    lots = hub.cooperative.lots.filter(hub=hub, pk__in=[pk for pk in gone if pk.isdecimal()])
    return [*rows, *(LotAtHand(lot, 0, is_drawn=True) for lot in lots.select_related("hub", "cooperative"))]


def _count(by: Membership, hub: Hub, form: CountForm) -> None:
    said: dict[str, Any] = form.cleaned_data
    rows = [
        counting.Counted(
            row.lot, said[f"book_{row.lot.pk}"] or 0, said[f"counted_{row.lot.pk}"],
            said[f"reason_{row.lot.pk}"] or "missing",
        )
        for row in form.rows
        if said[f"counted_{row.lot.pk}"] is not None
    ]  # fmt: skip
    found = [counting.Found(said["goods"], said["unit"], said["quantity"])] if said["goods"] else []
    counting.count_stock(
        by=by, hub=hub, rows=rows, found=found, words=said["words"], at=timezone.now(), key=said["key"]
    )


def _stock(
    request: HttpRequest, by: Membership, hub: Hub, form: CountForm, *, gift: GoodsGiftForm | None = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    return shown(
        request, "stock", by, by.cooperative, tab="making", hub=hub, form=form, lines=form.lines(),
        counts=last_counts(hub), gift=gift or GoodsGiftForm(auto_id="gift_%s"), status=status,
    )  # fmt: skip
