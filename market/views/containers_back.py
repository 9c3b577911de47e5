"""Containers that come back to the stall: of an order, or from whoever brings them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cooperatives.queries import hubs_of
from cooperatives.queries.containers import container_of, containers_of, whereabouts
from cooperatives.services.people import refuse_unless
from ledger.rules.refusal import NotFound, Refusal
from market import queries
from market.forms.containers import ContainersForm, OrderContainersForm
from market.services import containers_back as back
from market.services.letters import say_money
from market.views.stall import at_the_stall, refused, shown
from market.views.takings import order_page

if TYPE_CHECKING:
    from cooperatives.models import Hub, Membership


@require_POST
@at_the_stall
def give_deposits_back(request: HttpRequest, by: Membership, name: str) -> HttpResponse:
    """Containers of one order came back."""
    order = queries.order_of(by.cooperative, name)
    form = OrderContainersForm(request.POST, order=order, by=by, hubs=hubs_of(by.cooperative))
    if not form.is_valid():
        return order_page(request, by, order, empties=form, status=422)
    said = form.cleaned_data
    try:
        amount = back.give_deposits_back(
            by=by, order=order, containers=form.containers(), way=said["way"], hub=_hub(by, said["hub"]),
            statement_line=said["statement_line"], at=timezone.now(), key=said["key"],
        )  # fmt: skip
    except Refusal as no:
        return order_page(request, by, order, empties=form, status=refused(form, no))
    _say(request, by, amount)
    return redirect("stall_order", by.cooperative.slug, name)


@require_GET
@at_the_stall
def containers_back(request: HttpRequest, by: Membership) -> HttpResponse:
    """What is out, and the quick way back in."""
    return _page(request, by, _form(by, initial={"key": secrets.token_hex(16)}))


@require_POST
@at_the_stall
def take_containers_back(request: HttpRequest, by: Membership) -> HttpResponse:
    """Somebody brought containers."""
    refuse_unless(by, "steward", "clerk", "treasurer")
    form = _form(by, data=request.POST)
    if not form.is_valid():
        return _page(request, by, form, status=422)
    said = form.cleaned_data
    container = container_of(by.cooperative, int(said["container"]))
    if container is None:
        raise NotFound
    try:
        amount = back.take_containers_back(
            by=by, container=container, containers=said["containers"], hub=_hub(by, said["hub"]), at=timezone.now(),
            key=said["key"],
        )  # fmt: skip
    except Refusal as no:
        return _page(request, by, form, status=refused(form, no))
    _say(request, by, amount)
    return redirect("containers_back", by.cooperative.slug)


def _form(by: Membership, **more: Any) -> ContainersForm:
    return ContainersForm(kinds=containers_of(by.cooperative), hubs=hubs_of(by.cooperative), **more)


def _hub(by: Membership, slug: str) -> Hub:
    found = next((hub for hub in hubs_of(by.cooperative) if hub.slug == slug), None)
    if found is None:
        raise NotFound
    return found


def _say(request: HttpRequest, by: Membership, amount: int) -> None:
    said = {"amount": say_money(amount, by.cooperative.currency)}
    messages.success(request, _("Recorded: %(amount)s of deposit goes back.") % said)


def _page(request: HttpRequest, by: Membership, form: ContainersForm, *, status: int = 200) -> HttpResponse:
    return shown(
        request, "containers_back", by, form=form, rows=whereabouts(by.cooperative, by),
        owed=queries.deposits_owed(by.cooperative), status=status,
    )  # fmt: skip
