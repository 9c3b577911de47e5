"""Where the cooperative's money lies, and bringing some of it elsewhere, as cash to the bank."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    names = [(keeper, keeper) for keeper, _amount in rows if keeper.partition("/")[0] in BY_HAND]
    bank = f"bank/{by.cooperative.slug}"
    initial = {"source": next((name for name, _word in names if name != bank), bank)}
    initial["target"] = bank if initial["source"] != bank else ""
    return shown(
        request, "tills", by, status=status, rows=rows, total=sum(amount for _keeper, amount in rows), sent=form,
        form=form or MoveForm(sources=names, exponent=exponent_of(by), initial=initial), may_move=bool(names),
    )  # fmt: skip


def _rows(by: Membership) -> list[tuple[str, int]]:
    found = balances(owner=by.cooperative.address, words=["till"], unit=by.cooperative.currency)
    return [(row.address.partition("@")[2], row.quantity) for row in found]


@require_POST
@at_the_stall
def ask_for_move(request: HttpRequest, by: Membership) -> HttpResponse:
    """Ask to bring money elsewhere; a second person agrees under “Two persons”."""
    if not by.has_role("treasurer", "steward"):
        raise NotAllowed
    names = [(keeper, keeper) for keeper, _amount in _rows(by) if keeper.partition("/")[0] in BY_HAND]
    form = MoveForm(request.POST, sources=names, exponent=exponent_of(by))
    if not form.is_valid():
        return _page(request, by, form, 422)
    try:
        asked = ask_move(by=by, at=timezone.now(), **form.cleaned_data)
    except Refusal as no:
        return _page(request, by, form, refused(form, no))
    messages.success(request, _("Recorded.") if asked.state == "approved" else _("Asked. A second person must agree."))
    return redirect("tills", by.cooperative.slug)
