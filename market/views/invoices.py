"""Invoices as files, for whoever holds the order's secret link and for the stall that wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from ledger.rules.refusal import NotFound
from market import queries
from market.pages.invoices import invoice_pdf
from market.views.cards import private
from market.views.stall import at_the_stall

if TYPE_CHECKING:
    from cooperatives.models import Membership
    from market.models import Invoice


@require_GET
@never_cache
def invoice(request: HttpRequest, token: str, pk: int) -> HttpResponse:
    """An invoice of an order, for whoever has its link."""
    return private(_answer(queries.invoice_at(token, pk)))


@require_GET
@at_the_stall
def stall_invoice(request: HttpRequest, by: Membership, pk: int) -> HttpResponse:
    """An invoice that this stall wrote."""
    return private(_answer(queries.invoices_of(by.cooperative).filter(pk=pk).first()))


def _answer(found: Invoice | None) -> HttpResponse:
    if found is None:
        raise NotFound
    answer = HttpResponse(invoice_pdf(found), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{found.cooperative.slug}-{found.called}.pdf"'
    return answer
