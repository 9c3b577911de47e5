"""Tokens for programs: what one has, a new one shown once, and an old one revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from ledger.rules.refusal import NotFound
from market import queries
from market.forms.rules import TokenForm
from market.services import tokens as verbs
from market.views.stall import at_the_stall, shown

if TYPE_CHECKING:
    from cooperatives.models import Membership


@require_GET
@at_the_stall
def tokens(request: HttpRequest, by: Membership) -> HttpResponse:
    """The tokens of this stall that one may see: one's own, and all for a steward."""
    return _page(request, by, TokenForm())


def _page(request: HttpRequest, by: Membership, form: TokenForm, secret: str = "", status: int = 200) -> HttpResponse:
    rows = queries.tokens_at(by)
    return shown(request, "tokens", by, tokens=rows, form=form, secret=secret, status=status)


@require_POST
@at_the_stall
def make_token(request: HttpRequest, by: Membership) -> HttpResponse:
    """A new token; its secret stands on this page and nowhere else."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, by, form, status=422)
    _token, secret = verbs.make_token(by=by, at=timezone.now(), **form.cleaned_data)
    return _page(request, by, TokenForm(), secret)


@require_POST
@at_the_stall
def revoke_token(request: HttpRequest, by: Membership, pk: int) -> HttpResponse:
    """It opens nothing any more."""
    found = next((row for row in queries.tokens_at(by) if row.pk == pk), None)
    if found is None:
        raise NotFound
    verbs.revoke_token(by=by, token=found, at=timezone.now())
    messages.success(request, _("The token is revoked."))
    return redirect("tokens", by.cooperative.slug)
