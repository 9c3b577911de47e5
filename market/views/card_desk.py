"""The cooperative's side of cards: its account at Stripe, what lies there, the way to its bank, and refunds."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cooperatives.services.people import refuse_unless
from ledger.forms import as_typed
from ledger.rules.refusal import NotFound, Refusal
from market import queries, stripe_connect
from market.forms.payments import LineForm
from market.forms.payouts import BankPayoutForm
from market.forms.refunds import RefundForm
from market.rules.cards import PLATFORM
from market.services import accounts, bank_payouts, refunds_by_hand
from market.services.receivables import owed_by
from market.services.stripe_answers import make_calls
from market.services.stripe_facts import take_fact
from market.views.stall import at_the_stall, exponent_of, refused, shown
from market.views.takings import order_page

if TYPE_CHECKING:
    from cooperatives.models import Membership


class NoAnswerFromStripe(Refusal):
    """Stripe does not answer right now. Nothing is lost; try again in a minute."""

    status = 503


@require_GET
@at_the_stall
def stall_cards(request: HttpRequest, by: Membership) -> HttpResponse:
    """The account at Stripe as it is now, and the money in it."""
    account = queries.stripe_account_of(by.cooperative)
    if account is not None and account.account and not account.is_ready and stripe_connect.is_set_up():
        with suppress(stripe_connect.Unanswered):  # coming back from Stripe's page, one wants to see what it changed
            take_fact(kind="account", identity=account.account, account=account.account, at=timezone.now())
            account.refresh_from_db()
    return _page(request, by)


def _page(request: HttpRequest, by: Membership, form: BankPayoutForm | None = None, status: int = 200) -> HttpResponse:
    exponent, money = exponent_of(by), queries.money_at_stripe(by.cooperative)
    initial = {"amount": as_typed(money.own, exponent), "key": secrets.token_urlsafe(12)}
    return shown(
        request,
        "stall_cards",
        by,
        account=queries.stripe_account_of(by.cooperative),
        money=money,
        owed=owed_by(by.cooperative.address, by.cooperative.currency),
        form=form or BankPayoutForm(exponent=exponent, initial=initial),
        payouts=[(row, LineForm(prefix=f"payout-{row.pk}")) for row in queries.bank_payouts_of(by.cooperative)[:20]],
        is_set_up=stripe_connect.is_set_up(),
        status=status,
    )


@require_POST
@at_the_stall
def open_account(request: HttpRequest, by: Membership) -> HttpResponse:
    """Open the cooperative's account, if it has none, and go to Stripe's page to fill it in."""
    refuse_unless(by, "treasurer", "steward")
    if not stripe_connect.is_set_up():
        raise NotFound
    if accounts.ask_visit(by=by, at=timezone.now()).state != "approved":
        messages.success(request, _("Asked. Once a second person agrees, the way to Stripe’s page is open for a day."))
        return redirect("approvals", by.cooperative.slug)
    account = accounts.open_account(by=by, at=timezone.now())
    if not account.account:
        make_calls(at=timezone.now(), only=account.call)
        account.refresh_from_db()
    if not account.account:
        raise NoAnswerFromStripe
    here = settings.PUBLIC_ADDRESS + reverse("stall_cards", args=[by.cooperative.slug])
    try:
        page = stripe_connect.onboarding_page(account.account, again=here, back=here)
    except (stripe_connect.Unanswered, stripe_connect.Refused) as no:
        raise NoAnswerFromStripe from no
    return redirect(page)


@require_POST
@at_the_stall
def ask_bank_payout(request: HttpRequest, by: Membership) -> HttpResponse:
    """Money goes from the account at Stripe to the cooperative's bank."""
    form = BankPayoutForm(request.POST, exponent=exponent_of(by))
    if not form.is_valid():
        return _page(request, by, form, status=422)
    try:
        asked = bank_payouts.ask_bank_payout(by=by, at=timezone.now(), **form.cleaned_data)
    except Refusal as no:
        return _page(request, by, form, status=refused(form, no))
    if asked.state == "approved":
        messages.success(request, _("Stripe is asked to send it to your bank."))
    else:
        messages.success(request, _("Asked. Once a second person agrees, Stripe sends it to your bank."))
    return redirect("stall_cards", by.cooperative.slug)


@require_POST
@at_the_stall
def receive_bank_payout(request: HttpRequest, by: Membership, pk: int) -> HttpResponse:
    """It stands in the bank's statement."""
    payout = queries.bank_payout_of(by.cooperative, pk)
    line = request.POST.get(f"payout-{pk}-statement_line", "")
    bank_payouts.receive_bank_payout(by=by, payout=payout, statement_line=line, at=timezone.now())
    messages.success(request, _("It can be paid from your bank now."))
    return redirect("stall_cards", by.cooperative.slug)


@require_POST
@at_the_stall
def ask_refund(request: HttpRequest, by: Membership, name: str) -> HttpResponse:
    """Give a buyer some of his money back: on the card he paid with, or by hand where he paid without one."""
    order = queries.order_of(by.cooperative, name)
    keepers = set(order.payments.values_list("keeper", flat=True))
    hands = [row.keeper for row in refunds_by_hand.by_hand(order, order.lines.all())]
    form = RefundForm(request.POST, order=order, by=by, exponent=exponent_of(by), hands=hands)
    if PLATFORM in keepers and len(hands) == 1:
        form.fields["statement_line"].required = False  # perhaps all of it goes to the card
    if not form.is_valid():
        return order_page(request, by, order, refund=form, status=422)
    said = {"why": form.cleaned_data["why"], "key": form.cleaned_data["key"], "at": timezone.now()}
    try:
        said |= {"amounts": form.amounts(), "statement_line": form.told()}
        made = refunds_by_hand.refund_order(by=by, order=order, **said)
    except Refusal as no:
        return order_page(request, by, order, refund=form, status=refused(form, no))
    for row in made:
        if row.call is None:
            messages.success(request, _("Recorded: the money was given back."))
        else:
            make_calls(at=timezone.now(), only=row.call)
            messages.success(request, _("Stripe is asked to give it back."))
    return redirect("stall_order", by.cooperative.slug, name)
