"""A lot after it was made: the desk where it is dated, split, combined, moved and taken off, and its printed labels."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cooperatives import queries
from cooperatives.forms.lots import CombineForm, ExpiryForm, GiftForm, LossForm, MoveForm, QuantityForm, UnionForm
from cooperatives.forms.making import InputCorrectionForm
from cooperatives.models import Agent, Cooperative, Lot, Membership, Role
from cooperatives.queries.federations import union_hubs
from cooperatives.queries.goods import LotAtHand, hubs
from cooperatives.queries.lot_entries import passed
from cooperatives.services import deliveries, goods_gifts, lots, values
from cooperatives.views.access import choices_of, for_members, member_of, shown, try_out
from cooperatives.views.uses import put_right
from ledger.rules.refusal import NotAllowed, NotFound

KEEPERS = (Role.STEWARD, Role.CLERK)
MOST_LABELS = 60


@require_GET
@for_members
def lot_desk(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """What can be done with a lot."""
    if not by.has_role(*KEEPERS):
        raise NotAllowed
    return _desk(request, by, _found(by, code))


@require_GET
@for_members
def lot_labels(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """Labels to print: the code to read, and to scan for the lot's story."""
    found = _found(by, code)
    asked = request.GET.get("copies", "")
    copies = min(int(asked), MOST_LABELS) if asked.isdecimal() and int(asked) else 6
    story = request.build_absolute_uri(reverse("chain", args=[by.cooperative.slug, code]))
    return shown(
        request, "lot_labels", by, by.cooperative, tab="making", lot=found, story=story, copies=range(copies)
    )  # fmt: skip


@require_POST
@for_members
def set_expiry(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """Say until when a lot is good."""
    found, form = _found(by, code), ExpiryForm(request.POST)
    return _do(
        request, by, found, "expiry", form,
        lambda: lots.set_expiry(by=by, lot=found, on=form.cleaned_data["on"], at=timezone.now()),
    )  # fmt: skip


@require_POST
@for_members
def split_lot(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """Split some of a lot off into one of its own."""
    found = _found(by, code)
    form = QuantityForm(request.POST, unit=found.unit)
    return _do(
        request, by, found, "split", form,
        lambda: lots.split_lot(
            by=by, lot=found, quantities=[form.cleaned_data["quantity"]], at=timezone.now(),
            key=form.cleaned_data["key"],
        ),
    )  # fmt: skip


@require_POST
@for_members
def combine_lots(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """Put other lots together with this one."""
    found = _found(by, code)
    rows = _alike(queries.lots_at_hand(by.cooperative), found)
    others = {row.code: row.lot for row in rows}
    form = CombineForm(request.POST, lots=rows)
    return _do(
        request, by, found, "combine", form,
        lambda: lots.combine_lots(
            by=by, lots=[found, *(others[other] for other in form.cleaned_data["others"])], at=timezone.now(),
            key=form.cleaned_data["key"],
        ),
    )  # fmt: skip


@require_POST
@for_members
def move_lot(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """Bring a lot to another hub."""
    found, known = _found(by, code), {hub.slug: hub for hub in hubs()}
    form = MoveForm(request.POST, hubs=known.values())
    return _do(
        request, by, found, "move", form,
        lambda: lots.move_lot(
            by=by, lot=found, hub=known[form.cleaned_data["hub"]], at=timezone.now(), key=form.cleaned_data["key"]
        ),
    )  # fmt: skip


@require_POST
@for_members
def take_off_lot(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """Take off what spoiled or is missing."""
    found = _found(by, code)
    form = LossForm(request.POST, unit=found.unit)
    return _do(
        request, by, found, "loss", form,
        lambda: lots.take_off_lot(
            by=by, lot=found, quantity=form.cleaned_data["quantity"], reason=form.cleaned_data["reason"],
            at=timezone.now(), key=form.cleaned_data["key"],
        ),
    )  # fmt: skip


@require_POST
@for_members
def give_away(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """Give some of a lot for no money: to nature, a community or a member."""
    found, known = _found(by, code), queries.agents()
    form = GiftForm(request.POST, unit=found.unit, receivers=_receivers(by, known))
    return _do(request, by, found, "gift", form, lambda: _give(by, found, known, form.cleaned_data))


@require_POST
@for_members
def deliver_lot(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """Bring some of a lot to a union, for a share of what it sells."""
    found, known = _found(by, code), {hub.slug: hub for hub in union_hubs(by.cooperative)}
    form = UnionForm(request.POST, unit=found.unit, hubs=known.values())
    return _do(
        request, by, found, "union", form,
        lambda: deliveries.deliver_lot(
            by=by, lot=found, hub=known[form.cleaned_data["hub"]], quantity=form.cleaned_data["quantity"],
            at=timezone.now(), key=form.cleaned_data["key"],
        ),
    )  # fmt: skip


@require_GET
@for_members
def lot_entries(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """What went out of a lot, or came of another cooperative's, to be put right."""
    if not by.has_role(*KEEPERS):
        raise NotAllowed
    found = _found(by, code)
    return shown(request, "lot_entries", by, by.cooperative, tab="making", lot=found, passed=passed(found, by))


@require_http_methods(["GET", "POST"])
@for_members
def correct_passed(request: HttpRequest, by: Membership, code: str, entry: str) -> HttpResponse:
    """Put right what went out of a lot, or what another cooperative's lot brought into it; both entries stay."""
    if not by.has_role(*KEEPERS):
        raise NotAllowed
    found = _found(by, code)
    row = next((row for row in passed(found, by) if row.key == entry), None)
    if row is None:
        raise NotFound
    form, status = InputCorrectionForm(request.POST or None, unit=found.unit), 200
    if request.method == "POST":
        status = try_out(form, lambda: put_right(by, entry, form.cleaned_data)) if form.is_valid() else 400
        if not form.errors:
            messages.success(request, _("Corrected. Both entries stay in the books."))
            return redirect("lot_entries", by.cooperative.slug, code)
    return shown(
        request, "correct_passed", by, by.cooperative, tab="making", lot=found, row=row, form=form, status=status
    )


def _give(by: Membership, lot: Lot, known: list[Agent], said: dict[str, Any]) -> None:
    other = next((one for one in _others(by) if one.address == said["to"]), None)
    if other is not None:
        goods_gifts.give_goods_to(
            by=by, lot=lot, to=other, quantity=said["quantity"], at=timezone.now(), key=said["key"]
        )
        return
    agent = next((agent for agent in known if agent.address == said["to"]), None)
    values.give_away(
        by=by, lot=lot, to=agent or member_of(by, said["to"]), quantity=said["quantity"], at=timezone.now(),
        key=said["key"],
    )  # fmt: skip


def _receivers(by: Membership, known: list[Agent]) -> list[tuple[str, str]]:
    others = [(one.address, one.name) for one in _others(by)]
    return [*((agent.address, agent.name) for agent in known), *choices_of(by), *others]


def _others(by: Membership) -> list[Cooperative]:
    return [one for one in queries.cooperatives() if one.pk != by.cooperative_id]


def _found(by: Membership, code: str) -> Lot:
    found = queries.lot(by.cooperative.slug, code)
    if found is None:
        raise NotFound
    return found


def _alike(rows: list[LotAtHand], lot: Lot) -> list[LotAtHand]:
    alike = (lot.goods, lot.unit, lot.hub_id)
    return [row for row in rows if row.code != lot.code and (row.goods, row.unit, row.lot.hub_id) == alike]


def _do(
    request: HttpRequest, by: Membership, found: Lot, name: str, form: BaseForm, act: Callable[[], Any]
) -> HttpResponse:
    if not by.has_role(*KEEPERS):
        raise NotAllowed
    status = try_out(form, act) if form.is_valid() else 400
    if form.errors:
        return _desk(request, by, found, status=status, **{name: form, "form": form})
    messages.success(request, _("Recorded."))
    return redirect("lot_desk", by.cooperative.slug, found.code)


def _desk(request: HttpRequest, by: Membership, found: Lot, *, status: int = 200, **forms: BaseForm) -> HttpResponse:
    rows = queries.lots_at_hand(by.cooperative)
    left = next((row.quantity for row in rows if row.code == found.code), 0)
    alike = _alike(rows, found) if left else []
    unions = union_hubs(by.cooperative)
    usual: dict[str, Any] = {
        "expiry": ExpiryForm(initial={"on": found.best_before}),
        "split": QuantityForm(unit=found.unit, auto_id="split_%s"),
        "combine": CombineForm(lots=alike), "move": MoveForm(hubs=[h for h in hubs() if h.pk != found.hub_id]),
        "loss": LossForm(unit=found.unit, auto_id="loss_%s"),
        "gift": GiftForm(unit=found.unit, auto_id="gift_%s", receivers=_receivers(by, queries.agents())),
        "union": UnionForm(unit=found.unit, auto_id="union_%s", hubs=unions) if unions else None,
    }  # fmt: skip
    return shown(
        request, "lot_desk", by, by.cooperative, tab="making", lot=found, left=left, alike=alike, status=status,
        **(usual | forms),
    )  # fmt: skip
