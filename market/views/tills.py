"""Where the cooperative's money lies, and bringing some of it elsewhere, as cash to the bank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cooperatives.services.moves import ask_move
from ledger.queries import balances
from ledger.rules.refusal import NotAllowed, Refusal
from market.forms.payouts import MoveForm
from market.pages.keepers import capital, keeper_word, keepers_by_hand
from market.views.stall import at_the_stall, exponent_of, refused, shown

if TYPE_CHECKING:
    from cooperatives.models import Membership

BY_HAND = ("bank", "cash", "momo")


@require_GET
@at_the_stall
def tills(request: HttpRequest, by: Membership) -> HttpResponse:
    """How much lies where, and the form for whom it is for."""
    return _page(request, by)


def _page(request: HttpRequest, by: Membership, form: MoveForm | None = None, status: int = 200) -> HttpResponse:
    rows = _rows(by)
    own = by.cooperative.slug
    names = _by_hand(rows, own)
    bank = f"bank/{by.cooperative.slug}"
    initial = {"source": next((name for name, _word in names if name != bank), bank)}
    initial["target"] = bank if initial["source"] != bank else ""
    return shown(
        request, "tills", by, status=status, total=sum(amount for _keeper, amount in rows), sent=form,
        rows=[(capital(keeper_word(keeper, own)), amount) for keeper, amount in rows], may_move=bool(names),
        form=form or _form(by, names, initial=initial),
    )  # fmt: skip


def _form(by: Membership, names: list[tuple[str, str]], data: Any = None, **more: Any) -> MoveForm:
    keepers = keepers_by_hand(by.cooperative.slug, [keeper for keeper, _word in names])
    return MoveForm(data, sources=names, keepers=keepers, exponent=exponent_of(by), **more)


def _by_hand(rows: list[tuple[str, int]], own: str) -> list[tuple[str, str]]:
    found = [keeper for keeper, _amount in rows if keeper.partition("/")[0] in BY_HAND]
    return [(keeper, capital(keeper_word(keeper, own))) for keeper in found]


def _rows(by: Membership) -> list[tuple[str, int]]:
    found = balances(owner=by.cooperative.address, words=["till"], unit=by.cooperative.currency)
    return [(row.address.partition("@")[2], row.quantity) for row in found]


@require_POST
@at_the_stall
def ask_for_move(request: HttpRequest, by: Membership) -> HttpResponse:
    """Ask to bring money elsewhere; a second person agrees under “Two persons”."""
    if not by.has_role("treasurer", "steward"):
        raise NotAllowed
    form = _form(by, _by_hand(_rows(by), by.cooperative.slug), request.POST)
    if not form.is_valid():
        return _page(request, by, form, 422)
    try:
        asked = ask_move(by=by, at=timezone.now(), **form.cleaned_data)
    except Refusal as no:
        return _page(request, by, form, refused(form, no))
    messages.success(request, _("Recorded.") if asked.state == "approved" else _("Asked. A second person must agree."))
    return redirect("tills", by.cooperative.slug)
