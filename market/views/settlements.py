"""Dividing what lots earned, and paying it out: two persons for every payout."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from cooperatives.charts import STEP_WORDS
from cooperatives.queries import membership_in, names_of, owed_by_divisions
from cooperatives.queries.advances import advances_of, own_money
from cooperatives.queries.credit import credit_words
from ledger.forms import as_typed
from ledger.rules.entries import Address
from ledger.rules.refusal import NotFound, Refusal
from market import queries
from market.forms.payouts import EvidenceForm, PayoutForm
from market.models import CreditDivision, Division, Payout
from market.pages.divisions import division_of, incomes_of, unions_by_lot
from market.pages.keepers import keepers_by_hand
from market.pages.payouts import statement_of
from market.pages.settlement import open_cycles
from market.queries.credit import credit_of
from market.rules.cycles import cycle_of, lot_of
from market.services import payouts, settlements
from market.views.stall import READERS, at_the_stall, exponent_of, refused, shown

if TYPE_CHECKING:
    from cooperatives.models import Membership
    from market.queries import Claim

PAGE = 50
DIVIDED = 20  # lots on a page of the settlement


@require_GET
@at_the_stall
def settlement(request: HttpRequest, by: Membership) -> HttpResponse:
    """What is earned and not divided, and what earlier periods gave to whom."""
    page = Paginator(queries.divisions_of(by.cooperative), DIVIDED).get_page(request.GET.get("page"))
    divisions = list(page)
    owed, advanced = owed_by_divisions(by.cooperative), advances_of(by.cooperative)
    held = queries.claims_held(by.cooperative)
    shares, owed_to_us = queries.claims_between(by.cooperative, held)
    owners = (
        {each.owner for each in (*shares, *owed_to_us)}
        | {account.removesuffix("/debt") for account in owed}
        | set(advanced)
    )
    waiting, shared = credit_of(by.cooperative)
    shared = shared[:20]
    owners |= {owner for row in shared for owner in row.parts}
    names = _names(by, owners | {Address.parse(why[2]).owner for row in divisions for why in row.parts["why"]})
    pots = queries.all_earnings(by.cooperative, held)
    earnings = sorted((pot, amount) for pot, amount in pots.items() if not cycle_of(pot))
    unions = unions_by_lot(
        by.cooperative, {*(lot_of(pot) for pot, _amount in earnings), *(r.lot_path for r in divisions)}
    )
    return shown(
        request,
        "settlement",
        by,
        has_period=bool(earnings or any(row.cycle is None for row in waiting)),
        earnings=[(_lot_words(lot_of(path), unions), amount) for path, amount in earnings],
        page=page,
        divisions=[_division(row, names, unions, asked=request.GET.get(f"parts-{row.pk}")) for row in divisions],
        owed=[(names[account.removesuffix("/debt")], amount) for account, amount in owed.items()],
        advanced=[(names[owner], amount) for owner, amount in advanced.items()],
        shares=[(names[each.owner], each.lot, each.quantity) for each in shares],
        owed_to_us=[(names[each.owner], each.quantity) for each in owed_to_us],
        is_stretched=bool(advanced) and sum(advanced.values()) > own_money(by.cooperative),
        today=timezone.localdate(),
        credit_waiting=[(row.lot, credit_words(row.quantity, row.circle)) for row in waiting if row.cycle is None],
        cycles=open_cycles(by.cooperative, pots, waiting, at=timezone.now()),
        aside=queries.set_aside_of(by.cooperative, held),
        credit_divisions=[_credit_division(row, names) for row in shared],
    )


def _credit_division(row: CreditDivision, names: Mapping[str, str]) -> dict[str, Any]:
    """A past division of credit: who had how much of it, the cooperative's own part last."""
    ours = row.cooperative.address
    parts = sorted(row.parts.items(), key=lambda part: (part[0] == ours, -part[1], part[0]))
    return {
        "row": row, "lot": row.lot_path.rpartition("/")[2],
        "upto": None if row.cycle else date.fromisoformat(row.period[-10:]),
        "parts": [(names[owner], credit_words(part, row.circle)) for owner, part in parts if part],
        "whole": credit_words(row.quantity, row.circle),
    }  # fmt: skip


def _lot_words(lot: str, unions: Mapping[str, str]) -> str:
    """What a page calls a lot (by path), or what a union paid without naming one."""
    union = unions.get(lot)
    return _("Paid by %(name)s") % {"name": union} if union else lot.rpartition("/")[2]


def _division(
    row: Division,
    names: Mapping[str, str],
    unions: Mapping[str, str],
    only: str | None = None,
    asked: str | None = None,
) -> dict[str, Any]:
    """A past division, in the order of the agreement's steps, a page at a time; on request only one owner's parts."""
    parts = [part for part in row.parts["why"] if only in {None, Address.parse(part[2]).owner}]
    why = Paginator(parts, PAGE).get_page(asked)
    return {
        "page": why,
        "name": f"parts-{row.pk}",
        "is_asked": asked is not None,
        "sum": sum(part[3] for part in parts),
        "row": row,
        "lot": _lot_words(row.lot_path, unions),
        "is_guess": row.lot_path in unions,
        "upto": None if row.cycle else date.fromisoformat(row.period[-10:]),
        "parts": [
            (STEP_WORDS.get(step, step), names[Address.parse(account).owner], amount, due - amount)
            for _n, step, account, amount, due in why
        ],
    }


@require_GET
@never_cache
@login_required
def division(request: HttpRequest, slug: str, entry: UUID) -> HttpResponse:
    """Where what was divided came from, and who received it: to those who work at the stall all of it, to a member
    their own part."""
    by = membership_in(request.user, slug)
    found = division_of(by.cooperative, entry) if by else None
    if by is None or found is None:
        raise NotFound
    unions, only = unions_by_lot(by.cooperative, {found.lot_path}), None if by.has_role(*READERS) else by.address
    owners = {Address.parse(why[2]).owner for why in found.parts["why"]}
    told = _division(found, _names(by, owners), unions, only, request.GET.get(f"parts-{found.pk}"))
    return shown(
        request,
        "division",
        by,
        division=told,
        incomes=incomes_of(found),
        others=found.amount - told["sum"],
    )


def _names(by: Membership, owners: Iterable[str]) -> dict[str, str]:
    """What `by` may call each owner: a name where there is consent, the address's own word where there is none."""
    wanted = list(owners)
    known = queries.carrier_names(wanted) | names_of(wanted, reader=by)
    return {owner: known.get(owner) or _word(owner) for owner in wanted}


def _word(owner: str) -> str:
    kind, _slash, name = owner.partition("/")
    return _("Commons: %(name)s") % {"name": name} if kind == "commons" else name


@require_POST
@at_the_stall
def divide_period(request: HttpRequest, by: Membership) -> HttpResponse:
    """Divide what every lot has earned, by the agreement in force."""
    try:
        upto = date.fromisoformat(request.POST.get("upto", ""))
    except ValueError:
        upto = timezone.localdate()
    made = settlements.divide_period(by=by, cooperative=by.cooperative, upto=upto, at=timezone.now())
    words = ngettext("One lot is divided.", "%(n)s lots are divided.", len(made)) if made else _("Nothing to divide.")
    messages.success(request, words % {"n": len(made)} if made else words)
    return redirect("settlement", by.cooperative.slug)


@require_GET
@at_the_stall
def purses(request: HttpRequest, by: Membership) -> HttpResponse:
    """What is held for whom, what is prepared, what was paid."""
    return _purses(request, by)


def _form_of(found: Claim) -> str:
    """Which form of the page is about this purse."""
    return str(found.payout.pk) if found.payout else f"{found.owner}/{found.lot}"


def _purses(
    request: HttpRequest,
    by: Membership,
    form: PayoutForm | EvidenceForm | None = None,
    at: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page; `form` was sent back and belongs to the purse or payout `at`."""
    cooperative, exponent = by.cooperative, exponent_of(by)
    held = queries.purses_to_pay(cooperative)
    sent_back = next((n for n, found in enumerate(held) if form and at == _form_of(found)), None)
    asked = request.GET.get("page") if sent_back is None else sent_back // PAGE + 1
    page, keepers = Paginator(held, PAGE).get_page(asked), keepers_by_hand(cooperative.slug)
    rows = []
    for found in page:
        mine: PayoutForm | EvidenceForm | None = form
        if not form or at != _form_of(found):
            mine = (
                EvidenceForm(prefix=f"payout-{found.payout.pk}")
                if found.payout
                else PayoutForm(
                    exponent=exponent,
                    keepers=keepers,
                    auto_id=f"id_{found.owner.replace('/', '-')}-{found.lot}_%s",
                    initial={
                        "owner": found.owner,
                        "lot": found.lot,
                        "key": secrets.token_urlsafe(16),
                        "amount": as_typed(found.quantity, exponent),
                        "keeper": f"cash/{cooperative.slug}",
                    },
                )
            )
        rows.append((found, mine))
    paid = list(queries.payouts_of(cooperative).exclude(confirmed_at=None)[:12])
    names = _names(by, [*(found.owner for found, _form in rows), *(payout.owner for payout in paid)])
    return shown(
        request,
        "purses",
        by,
        rows=[(found, mine, names[found.owner]) for found, mine in rows],
        page=page,
        total=sum(found.quantity for found in held),
        paid=[(each, names[each.owner]) for each in paid],
        form=form,
        status=status,
    )


@require_GET
@never_cache
@login_required
def payout(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The statement of a payout, for those who work at the stall and for who is paid."""
    by = membership_in(request.user, slug)
    if by is None:
        raise NotFound
    found = _payout_of(by, pk)
    if not by.has_role(*READERS) and found.owner != by.address:
        raise NotFound
    names = _names(by, {m.address for m in (found.prepared_by, found.confirmed_by) if m} | {found.owner})
    return shown(
        request,
        "payout",
        by,
        payout=found,
        paid_to=names[found.owner],
        member=by if found.owner == by.address else None,  # whose own statement it is
        prepared_by=names[found.prepared_by.address],
        confirmed_by=names[found.confirmed_by.address] if found.confirmed_by else "",
        statement=statement_of(found),
    )


@require_POST
@at_the_stall
def prepare_payout(request: HttpRequest, by: Membership) -> HttpResponse:
    """The first person says who is paid how much."""
    form = PayoutForm(request.POST, exponent=exponent_of(by), keepers=keepers_by_hand(by.cooperative.slug))
    owner = f"{request.POST.get('owner', '')}/{request.POST.get('lot', '')}"
    if not form.is_valid():
        return _purses(request, by, form, owner, 422)
    try:
        payouts.prepare_payout(by=by, currency=by.cooperative.currency, at=timezone.now(), **form.cleaned_data)
    except Refusal as no:
        return _purses(request, by, form, owner, refused(form, no))
    messages.success(request, _("Prepared. You prepared it, so someone else must confirm."))
    return redirect("purses", by.cooperative.slug)


@require_POST
@at_the_stall
def confirm_payout(request: HttpRequest, by: Membership, pk: int) -> HttpResponse:
    """The second person says how we know that it arrived; then it is recorded."""
    payout = _payout_of(by, pk)
    form = EvidenceForm(request.POST, prefix=f"payout-{pk}")
    if not form.is_valid():
        return _purses(request, by, form, str(pk), 422)
    try:
        payouts.confirm_payout(by=by, payout=payout, at=timezone.now(), **form.cleaned_data)
    except Refusal as no:
        return _purses(request, by, form, str(pk), refused(form, no))
    messages.success(request, _("Paid and recorded."))
    return redirect("purses", by.cooperative.slug)


@require_POST
@at_the_stall
def drop_payout(request: HttpRequest, by: Membership, pk: int) -> HttpResponse:
    """Give a prepared payout up."""
    payouts.drop_payout(by=by, payout=_payout_of(by, pk), at=timezone.now())
    return redirect("purses", by.cooperative.slug)


def _payout_of(by: Membership, pk: int) -> Payout:
    found = queries.payouts_of(by.cooperative).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found
