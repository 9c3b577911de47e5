"""The scale: record a delivery in three taps and a weight, undo it, or put it right with a reason."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cooperatives import queries
from cooperatives.forms.fields import GRAMS, as_measured, fresh_key
from cooperatives.forms.remarks import CorrectionForm, ObjectionForm, RemarkForm
from cooperatives.forms.weighing import NEW_GOODS, DeliveryForm
from cooperatives.models import Hub, Membership, Role, Weighing
from cooperatives.queries.weighings import Before, brought_before
from cooperatives.rules.measures import price_of, say_measure
from cooperatives.rules.outlines import say_point
from cooperatives.services import contributions, positions
from cooperatives.views.access import exponent_of, for_members, member_of, shown, try_out
from cooperatives.views.station import station
from ledger.rules.refusal import NotFound

UNDO = timedelta(seconds=10)  # as long as nobody has looked away; after that a reason is asked


@never_cache
@login_required
@require_GET
def weigh(request: HttpRequest) -> HttpResponse:
    """Where one weighs; straight there where it is only one place."""
    mine = queries.memberships_of(request.user)
    if len(mine) == 1:
        return redirect("scale", mine[0].cooperative.slug)
    return render(request, "cooperatives/weigh.html", {"here": "stall", "memberships": mine})


@require_GET
@for_members
def scale(request: HttpRequest, by: Membership) -> HttpResponse:
    """The scale, with what was weighed last remembered."""
    today = _today(by)
    last = _last(by, today, request.GET.get("again", ""))
    lots, known = _lots(by)
    return _scale(request, by, _form(by, lots, known, initial=_remembered(by, last, lots)), lots, today)


@require_POST
@for_members
def give_goods(request: HttpRequest, by: Membership) -> HttpResponse:
    """Record what stands on the scale."""
    lots, known = _lots(by)
    form = _form(by, lots, known, data=request.POST)
    status = 400
    if form.is_valid():
        status = try_out(form, lambda: _give(by, form.cleaned_data, lots))
    if form.errors:
        return _scale(request, by, form, lots, _today(by), status=status)
    return redirect("scale", by.cooperative.slug)


@require_POST
@for_members
def undo_delivery(request: HttpRequest, by: Membership, pk: int) -> HttpResponse:
    """Take back what was recorded just now; what is older is corrected, with a reason."""
    found = delivery_of(by, pk)
    now = timezone.now()
    if found.weighing.by_id != by.pk or now - found.weighing.at > 3 * UNDO:
        messages.info(request, _("It is a moment ago: say what should be corrected, and why."))
        return redirect("delivery", by.cooperative.slug, pk)
    contributions.correct_entry(
        by=by, entry=found.weighing.key, reason=_("Undone at once"), at=now, key=f"undo/{found.weighing.key}"
    )
    messages.success(request, _("Undone. Both entries stay in the books."))
    return redirect("scale", by.cooperative.slug)


@require_http_methods(["GET", "POST"])
@for_members
def delivery(request: HttpRequest, by: Membership, pk: int) -> HttpResponse:
    """One delivery with its corrections; correct it with a reason."""
    found = delivery_of(by, pk)
    unit = found.weighing.lot.unit
    form = CorrectionForm(request.POST or None, unit=unit)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            status = try_out(form, lambda: _correct(by, found.weighing, form.cleaned_data))
        if not form.errors:
            messages.success(request, _("Corrected. Both entries stay in the books."))
            return redirect("delivery", by.cooperative.slug, pk)
    return delivery_page(request, by, found, form, status=status)


def delivery_page(
    request: HttpRequest,
    by: Membership,
    found: queries.Delivered,
    form: CorrectionForm,
    remark: forms.Form | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """A delivery with what was said of it. `remark` is the form of what may be said next, where it was sent and is
    wrong."""
    weighing = found.weighing
    is_giver, decides = weighing.giver_id == by.pk, by.has_role(Role.STEWARD, Role.CLERK)
    if remark is None and found.is_disputed:
        remark = RemarkForm()
    elif remark is None and is_giver:
        remark = ObjectionForm(unit=weighing.lot.unit)
    return shown(
        request, "delivery", by, by.cooperative, tab="making", delivery=found, form=form, unit=weighing.lot.unit,
        said={"net": say_measure(found.net, weighing.lot.unit)}, remark=remark,
        may_correct=decides or weighing.by_id == by.pk, may_say=is_giver or decides or by.has_role(Role.TREASURER),
        may_end=is_giver or (decides and weighing.by_id != by.pk), is_giver=is_giver, status=status,
        position=say_point(found.position) if found.position else "",
    )  # fmt: skip


@require_POST
@for_members
def keep_position(request: HttpRequest, by: Membership, pk: int) -> HttpResponse:
    """The giver shows the cooperative where a delivery was weighed, keeps it to himself, or has it forgotten."""
    found = delivery_of(by, pk)
    what = request.POST.get("what", "")
    if what == "forget":
        positions.forget_position(by=by, weighing=found.weighing)
        messages.success(request, _("It is forgotten."))
    else:
        positions.show_position(by=by, weighing=found.weighing, is_shown=what == "show")
        messages.success(request, _("Kept so."))
    return redirect("delivery", by.cooperative.slug, pk)


def _give(by: Membership, said: dict[str, Any], lots: list[queries.LotAtHand]) -> None:
    row = next((r for r in lots if said["into"] == f"lot/{r.code}"), None)
    unit = row.unit if row else GRAMS
    net = said["gross"] - (said["tare"] or 0)
    hub = row.lot.hub if row else Hub.objects.filter(cooperative=by.cooperative, slug=said["hub"]).get()
    contributions.give_goods(
        by=by, giver=member_of(by, said["giver"]), goods=row.goods if row else said["goods"], unit=unit,
        quantity=said["gross"], tare=said["tare"] or 0, hub=hub, lot_code=row.code if row else None,
        price=price_of(net, said["price"]), grade=said["grade"], at=timezone.now(), key=said["key"],
    )  # fmt: skip


def _correct(by: Membership, weighing: Weighing, said: dict[str, Any]) -> None:
    entry: dict[str, Any] = {"by": by, "entry": weighing.key, "reason": said["reason"], "at": timezone.now()}
    if said["net"]:
        contributions.correct_quantity(**entry, quantity=said["net"], key=said["key"])
    else:
        contributions.correct_entry(**entry, key=said["key"])


def delivery_of(by: Membership, pk: int) -> queries.Delivered:
    """A delivery that `by` may see: one's own, or any with an office. Raises NotFound."""
    found = queries.delivery(by.cooperative, pk, reader=by)
    near = by.has_role(Role.STEWARD, Role.CLERK, Role.TREASURER, Role.AUDITOR)
    if found is None or not (near or found.weighing.giver_id == by.pk):
        raise NotFound
    return found


def _lots(by: Membership) -> tuple[list[queries.LotAtHand], Before]:
    """Lots of brought goods that still take more, and what was brought before."""
    rows = [row for row in queries.lots_at_hand(by.cooperative) if row.lot.process_id is None]
    return [row for row in rows if not row.is_drawn and row.unit == GRAMS], brought_before(by.cooperative, GRAMS)


def _today(by: Membership) -> list[queries.Delivered]:
    """The deliveries of today that `by` may see: all of them with an office, else one's own."""
    start = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    found = queries.deliveries(by.cooperative, reader=by, since=start)
    if by.has_role(Role.STEWARD, Role.CLERK, Role.TREASURER, Role.AUDITOR):
        return found
    return [d for d in found if d.weighing.giver_id == by.pk]


def _last(by: Membership, today: list[queries.Delivered], again: str) -> Weighing | None:
    """What to do again: what was asked for, else the last that `by` recorded."""
    own = [d.weighing for d in today if d.weighing.by_id == by.pk]
    wanted = [w for w in own if str(w.pk) == again]
    return next(iter(wanted or own), None) or Weighing.objects.filter(by=by).select_related("lot__hub", "giver").first()


def _remembered(by: Membership, last: Weighing | None, lots: list[queries.LotAtHand]) -> dict[str, Any]:
    if last is None:
        return {"giver": by.address, "key": fresh_key()}
    is_open = any(row.code == last.lot.code for row in lots)
    into = f"lot/{last.lot.code}" if is_open else f"{NEW_GOODS}/{last.lot.goods}"
    tare = as_measured(last.tare, last.lot.unit) if last.tare else ""
    return {"giver": last.giver.address, "into": into, "hub": last.lot.hub.slug, "tare": tare, "key": fresh_key()}


def _form(by: Membership, lots: list[queries.LotAtHand], known: Before, **more: Any) -> DeliveryForm:
    # Of many, the page itself brings the last few; the names of all come beside it, or are looked up when it is sent.
    at_hand, are_many = queries.givers_at_hand(by)
    givers = queries.givers_for(by) if are_many and "data" in more else at_hand
    return DeliveryForm(
        givers=givers, at_hand=at_hand, are_many=are_many, lots=lots, known=known, hubs=by.cooperative.hubs.all(),
        exponent=exponent_of(by.cooperative), **more,
    )  # fmt: skip


def _scale(
    request: HttpRequest,
    by: Membership,
    form: DeliveryForm,
    lots: list[queries.LotAtHand],
    today: list[queries.Delivered],
    *,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    last = next((d for d in today if d.weighing.by_id == by.pk), None)
    undo = last if last and last.net and now - last.weighing.at <= UNDO else None
    total = sum(d.net for d in today if d.weighing.lot.unit == GRAMS)
    return shown(
        request, "scale", by, by.cooperative, here="stall", form=form, today=today, last=last, undo=undo, total=total,
        now=now, status=status, station=station(by, lots), at_hand=form.at_hand, grades=form.grades,
    )  # fmt: skip
