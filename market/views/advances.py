"""Advances at the stall: who was paid before earning, how far that may go, and the next one, for a second person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cooperatives.queries import members_of, shown_name
from cooperatives.queries.advances import advances_of, own_money
from cooperatives.services.advances import agree_advances, ask_advance
from ledger.rules.refusal import NotAllowed, Refusal
from market.forms.payouts import AdvanceForm, LimitForm
from market.pages.keepers import keepers_by_hand
from market.views.stall import at_the_stall, exponent_of, refused, shown

if TYPE_CHECKING:
    from cooperatives.models import Membership


@require_GET
@at_the_stall
def advances(request: HttpRequest, by: Membership) -> HttpResponse:
    """What members were advanced, and both forms for whom they are for."""
    return _page(request, by)


def _page(request: HttpRequest, by: Membership, form: Form | None = None, status: int = 200) -> HttpResponse:
    names, exponent, found = _names(by), exponent_of(by), advances_of(by.cooperative)
    members = list(names.items())
    keepers = keepers_by_hand(by.cooperative.slug)
    keeper = {"keeper": f"cash/{by.cooperative.slug}"}
    return shown(
        request, "advances", by, form=form, status=status, tab="settlement",
        rows=[(names.get(owner, owner), amount) for owner, amount in found.items()],
        is_stretched=sum(found.values()) > own_money(by.cooperative),
        limit=form if isinstance(form, LimitForm) else LimitForm(prefix="limit", members=members, exponent=exponent),
        advance=form if isinstance(form, AdvanceForm) else AdvanceForm(
            prefix="advance", initial=keeper, members=members, keepers=keepers, exponent=exponent
        ),
    )  # fmt: skip


def _names(by: Membership) -> dict[str, str]:
    return {member.address: shown_name(member, by) for member in members_of(by.cooperative)}


@require_POST
@at_the_stall
def agree_limit(request: HttpRequest, by: Membership) -> HttpResponse:
    """Record how far a member's purse may fall."""
    if not by.has_role("steward"):
        raise NotAllowed
    form = LimitForm(request.POST, prefix="limit", members=list(_names(by).items()), exponent=exponent_of(by))
    if not form.is_valid():
        return _page(request, by, form, 422)
    agree_advances(
        membership=_member(by, form.cleaned_data["member"]), limit=form.cleaned_data["limit"], at=timezone.now(), by=by
    )
    messages.success(request, _("Recorded. A treasurer may now ask for an advance down to it."))
    return redirect("advances", by.cooperative.slug)


@require_POST
@at_the_stall
def ask_for_advance(request: HttpRequest, by: Membership) -> HttpResponse:
    """Ask for an advance; a second person agrees under “Two persons”."""
    if not by.has_role("treasurer"):
        raise NotAllowed
    form = AdvanceForm(
        request.POST, prefix="advance", members=list(_names(by).items()), exponent=exponent_of(by),
        keepers=keepers_by_hand(by.cooperative.slug),
    )  # fmt: skip
    if not form.is_valid():
        return _page(request, by, form, 422)
    said = dict(form.cleaned_data)
    try:
        asked = ask_advance(membership=_member(by, said.pop("member")), at=timezone.now(), by=by, **said)
    except NotAllowed:
        raise
    except Refusal as no:
        return _page(request, by, form, refused(form, no))
    messages.success(request, _("Paid.") if asked.state == "approved" else _("Asked. A second person must agree."))
    return redirect("advances", by.cooperative.slug)


def _member(by: Membership, address: str) -> Membership:
    return next(member for member in members_of(by.cooperative) if member.address == address)
