"""The treasurer's page of money given and money promised."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cooperatives import queries
from cooperatives.forms.gifts import FundForm, MoneyGiftForm, PromiseForm
from cooperatives.models import Membership
from cooperatives.queries.gifts import funds_of, gifts_to, promised_by
from cooperatives.services import gifts as giving
from cooperatives.services.promises import keep_promise as keep
from cooperatives.views.access import exponent_of, for_members, member_of, shown, try_out
from ledger.rules.refusal import NotAllowed


@require_GET
@for_members
def gifts(request: HttpRequest, by: Membership) -> HttpResponse:
    """What was given and promised in money."""
    _refuse(by)
    return _gifts(request, by)


@require_POST
@for_members
def take_gift(request: HttpRequest, by: Membership) -> HttpResponse:
    """Record money that was given."""
    _refuse(by)
    form = _form(by, data=request.POST)
    status = try_out(form, lambda: _take(by, form.cleaned_data)) if form.is_valid() else 400
    return _answer(request, by, form, status, "form")


@require_POST
@for_members
def spend_fund(request: HttpRequest, by: Membership) -> HttpResponse:
    """Set some of a fund free, for what it was given for."""
    _refuse(by)
    form = FundForm(request.POST, exponent=exponent_of(by.cooperative))
    status = 400
    if form.is_valid():
        said = form.cleaned_data
        status = try_out(form, lambda: giving.spend_fund(
            by=by, fund=said["fund"], amount=said["amount"], at=timezone.now(), key=said["key"]
        ))  # fmt: skip
    return _answer(request, by, form, status, "wrong")


@require_POST
@for_members
def keep_promise(request: HttpRequest, by: Membership) -> HttpResponse:
    """Set aside what was promised to somebody, to be paid out."""
    _refuse(by)
    form = PromiseForm(request.POST)
    status = 400
    if form.is_valid():
        said = form.cleaned_data
        status = try_out(form, lambda: keep(
            cooperative=by.cooperative, owner=said["owner"], at=timezone.now(), key=said["key"], by=by
        ))  # fmt: skip
    return _answer(request, by, form, status, "wrong")


def _refuse(by: Membership) -> None:
    if not by.has_role(*giving.TREASURERS):
        raise NotAllowed


def _form(by: Membership, **more: Any) -> MoneyGiftForm:
    members = [(m.address, queries.shown_name(m, by)) for m in queries.members_of(by.cooperative)]
    return MoneyGiftForm(members=members, exponent=exponent_of(by.cooperative), **more)


def _take(by: Membership, said: dict[str, Any]) -> None:
    slug, name = by.cooperative.slug, said["name"]
    giving.take_gift(
        by=by, giver=member_of(by, said["member"]) if said["member"] else said["giver"],
        place=said["place"].path if said["place"] else None, amount=said["amount"],
        fund=name if said["goal"] == "fund" else "", commons=name if said["goal"] == "commons" else "",
        keeper=f"{said['keeper']}/{slug}", statement_line=said["line"], at=timezone.now(),
    )  # fmt: skip


def _answer(request: HttpRequest, by: Membership, form: forms.Form, status: int, name: str) -> HttpResponse:
    if form.errors:
        return _gifts(request, by, status=status, **{name: form})
    messages.success(request, _("Recorded."))
    return redirect("gifts", by.cooperative.slug)


def _gifts(request: HttpRequest, by: Membership, *, status: int = 200, **more: Any) -> HttpResponse:
    exponent = exponent_of(by.cooperative)
    promised = promised_by(by.cooperative)
    names = queries.names_of(promised, reader=by)
    funds = [
        (name, held, FundForm(exponent=exponent, initial={"fund": name}, auto_id=f"id_{name}_%s"))
        for name, held in funds_of(by.cooperative).items()
    ]
    kept = [
        (names.get(owner, owner), amount, PromiseForm(initial={"owner": owner}, auto_id=False))
        for owner, amount in promised.items()
    ]
    return shown(
        request, "gifts", by, by.cooperative, tab="making", funds=funds, promised=kept, exponent=exponent,
        given=gifts_to(by.cooperative, by), status=status, **({"form": _form(by)} | more),
    )  # fmt: skip
