"""Packaging that comes back: its kinds, how many are where, and lending it to members."""

from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cooperatives.forms.containers import ContainerForm, DepositForm, MoveForm
from cooperatives.models import Container, Membership
from cooperatives.queries import hubs_of
from cooperatives.queries.containers import container_of, whereabouts
from cooperatives.services import containers as moving
from cooperatives.services.lots import KEEPERS
from cooperatives.views.access import choices_of, exponent_of, for_members, for_stewards, member_of, shown, try_out
from ledger.forms import as_typed
from ledger.rules.refusal import NotAllowed, NotFound

MOVES = ("in", "off", "lend", "back")


@require_GET
@for_members
def containers(request: HttpRequest, by: Membership) -> HttpResponse:
    """All kinds, and where they are."""
    return _containers(request, by)


@require_POST
@for_stewards
def add_container(request: HttpRequest, by: Membership) -> HttpResponse:
    """Add a kind."""
    form = ContainerForm(request.POST, exponent=exponent_of(by.cooperative))
    status = 400
    if form.is_valid():
        status = try_out(form, lambda: moving.add_container(by=by, at=timezone.now(), **form.cleaned_data))
    return _answer(request, by, form, status, form=form)


@require_POST
@for_stewards
def set_deposit(request: HttpRequest, by: Membership, pk: int) -> HttpResponse:
    """Another deposit on a kind."""
    container, form = _container(by, pk), DepositForm(request.POST, exponent=exponent_of(by.cooperative))
    status = 400
    if form.is_valid():
        status = try_out(form, lambda: moving.set_deposit(by=by, container=container, **form.cleaned_data))
    return _answer(request, by, form, status, wrong=form)


@require_POST
@for_members
def move_containers(request: HttpRequest, by: Membership, pk: int, what: str) -> HttpResponse:
    """Count containers in, take them off, lend them to a member or take them back."""
    container = _container(by, pk)
    if what not in MOVES:
        raise NotFound
    form = _move_form(by, what, request.POST)
    status = try_out(form, lambda: _move(by, container, what, form.cleaned_data)) if form.is_valid() else 400
    return _answer(request, by, form, status, wrong=form)


def _container(by: Membership, pk: int) -> Container:
    if not by.has_role(*KEEPERS):
        raise NotAllowed
    if found := container_of(by.cooperative, pk):
        return found
    raise NotFound


def _move_form(by: Membership, what: str, *said: Any, **more: Any) -> MoveForm:
    return MoveForm(*said, what=what, hubs=hubs_of(by.cooperative), members=choices_of(by), **more)


def _move(by: Membership, container: Container, what: str, said: dict[str, Any]) -> None:
    hub = by.cooperative.hubs.get(slug=said["hub"])
    facts = {"by": by, "container": container, "hub": hub, "quantity": said["quantity"], "at": timezone.now(),
             "key": said["key"]}  # fmt: skip
    if what == "in":
        moving.count_in(**facts)
    elif what == "off":
        moving.take_off(**facts, reason=said["reason"])
    elif what == "lend":
        moving.lend(**facts, member=member_of(by, said["member"]))
    else:
        moving.bring_back(**facts, member=member_of(by, said["member"]))


def _answer(request: HttpRequest, by: Membership, sent: BaseForm, status: int, **forms: Any) -> HttpResponse:
    if sent.errors:
        return _containers(request, by, status=status, **forms)
    messages.success(request, _("Recorded."))
    return redirect("containers", by.cooperative.slug)


def _containers(request: HttpRequest, by: Membership, *, status: int = 200, **more: Any) -> HttpResponse:
    if not by.has_role(*KEEPERS):
        raise NotAllowed
    exponent, members, hubs = exponent_of(by.cooperative), choices_of(by), hubs_of(by.cooperative)
    rows = []
    for row in whereabouts(by.cooperative, by):
        lent = [(address, name) for address, name, _n in row.with_members]
        forms = {
            what: MoveForm(what=what, hubs=hubs, members=lent if what == "back" else members,
                           auto_id=f"id_{what}_{row.container.pk}_%s")
            for what in MOVES
        }  # fmt: skip
        deposit = DepositForm(
            exponent=exponent, initial={"deposit": as_typed(row.container.deposit, exponent)},
            auto_id=f"id_deposit_{row.container.pk}_%s",
        )  # fmt: skip
        rows.append((row, forms, deposit))
    return shown(
        request, "containers", by, by.cooperative, tab="making", rows=rows, exponent=exponent, status=status,
        is_steward=by.has_role("steward"), has_several_hubs=len(hubs) > 1,
        **({"form": ContainerForm(exponent=exponent)} | more),
    )  # fmt: skip
