"""What needs two persons: what waits for me, what waits for others, and the cooperative's rules for its money."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cooperatives.queries import (
    approvals_of,
    has_second_factor,
    money_rules_of,
    names_of,
    others_who_agree,
    waiting_for,
)
from cooperatives.services.approvals import ask_money_rules, decline
from ledger.forms import as_typed
from ledger.rules.refusal import NotFound, Refusal
from market import queries
from market.forms.rules import MoneyRulesForm
from market.pages.approvals import said
from market.services.approvals import approve_wish as approve
from market.views.stall import at_the_stall, exponent_of, refused, shown

if TYPE_CHECKING:
    from cooperatives.models import Approval, Membership


@require_GET
@at_the_stall
def approvals(request: HttpRequest, by: Membership) -> HttpResponse:
    """What waits for a second person."""
    return _page(request, by)


def _page(request: HttpRequest, by: Membership, form: MoneyRulesForm | None = None, status: int = 200) -> HttpResponse:
    cooperative, exponent = by.cooperative, exponent_of(by)
    rules = money_rules_of(cooperative)
    rows = list(approvals_of(cooperative)[:50])
    mine = {row.pk for row in waiting_for(by)}
    prepared = list(queries.payouts_of(cooperative).filter(confirmed_at=None, dropped_at=None))
    people = {row.asked_by.address for row in rows} | {row.answered_by.address for row in rows if row.answered_by}
    people |= {row.wish[word] for row in rows for word in ("address", "to") if word in row.wish} | {
        row.prepared_by.address for row in prepared
    }
    names = names_of(people, reader=by)
    if form is None:
        initial = {"two_persons": rules.two_persons, "schedule": rules.schedule,
                   "second_factor_from": rules.second_factor_from}  # fmt: skip
        form = MoneyRulesForm(exponent=exponent, initial=initial | {"minimum": as_typed(rules.minimum, exponent)})
    waiting = [row for row in rows if row.state == "waiting"]
    return shown(
        request,
        "approvals",
        by,
        tab="approvals",
        is_alone=not others_who_agree(by),
        counts_alone=rules.two_persons == "from_second",
        mine=[_row(row, names, cooperative.currency) for row in waiting if row.pk in mine],
        others=[_row(row, names, cooperative.currency) for row in waiting if row.pk not in mine],
        answered=[_row(row, names, cooperative.currency) for row in rows if row.state != "waiting"],
        payouts=[(row, names[row.prepared_by.address]) for row in prepared if row.prepared_by_id != by.pk],
        form=form,
        factor_from=rules.second_factor_from,
        has_factor=rules.second_factor_from is None or has_second_factor(by),
        status=status,
    )


def _row(row: Approval, names: Mapping[str, str], currency: str) -> dict[str, Any]:
    return {
        "row": row,
        "words": said(row, names, currency),
        "asked_by": names[row.asked_by.address],
        "answered_by": names[row.answered_by.address] if row.answered_by else "",
    }


@require_POST
@at_the_stall
def approve_wish(request: HttpRequest, by: Membership, pk: int) -> HttpResponse:
    """Agree as the second person; what was wished is done with it."""
    approve(by=by, approval=_approval_of(by, pk), at=timezone.now())
    messages.success(request, _("Agreed, and done."))
    return redirect("approvals", by.cooperative.slug)


@require_POST
@at_the_stall
def decline_wish(request: HttpRequest, by: Membership, pk: int) -> HttpResponse:
    """Say no, or take one's own wish back."""
    decline(by=by, approval=_approval_of(by, pk), at=timezone.now())
    messages.success(request, _("It will not be done."))
    return redirect("approvals", by.cooperative.slug)


@require_POST
@at_the_stall
def set_money_rules(request: HttpRequest, by: Membership) -> HttpResponse:
    """Wish other rules for the cooperative's money."""
    form = MoneyRulesForm(request.POST, exponent=exponent_of(by))
    if not form.is_valid():
        return _page(request, by, form, 422)
    try:
        key = f"rules/{secrets.token_urlsafe(12)}"
        asked = ask_money_rules(by=by, at=timezone.now(), key=key, **form.cleaned_data)
    except Refusal as no:
        return _page(request, by, form, refused(form, no))
    done = asked.state == "approved"
    messages.success(request, _("The rules are as you said.") if done else _("Asked. A second person must agree."))
    return redirect("approvals", by.cooperative.slug)


def _approval_of(by: Membership, pk: int) -> Approval:
    found = approvals_of(by.cooperative).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found
