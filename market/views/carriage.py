"""The carriers by which a stall sends goods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cooperatives.queries import atlas
from ledger.rules.refusal import Refusal
from market import queries
from market.forms.carriage import CarriageForm
from market.services import carriage as sending
from market.views.stall import at_the_stall, exponent_of, refused, shown

if TYPE_CHECKING:
    from cooperatives.models import Membership


@require_http_methods(["GET", "POST"])
@at_the_stall
def carriage(request: HttpRequest, by: Membership) -> HttpResponse:
    """Who brings goods to buyers, where to and for how much; another is offered here."""
    places = sorted(atlas().names.items(), key=lambda row: row[1])
    form = CarriageForm(request.POST or None, exponent=exponent_of(by), places=places)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                offer = sending.offer_carriage(by=by, at=timezone.now(), **form.cleaned_data)
            except Refusal as no:
                status = refused(form, no)
            else:
                messages.success(request, _("Buyers can choose %(carrier)s from now on.") % {"carrier": offer.name})
                return redirect("carriage", by.cooperative.slug)
    return shown(request, "carriage", by, offers=queries.offers_of([by.cooperative]), form=form, status=status)


@require_POST
@at_the_stall
def close_offer(request: HttpRequest, by: Membership, pk: int) -> HttpResponse:
    """Offer a carrier no more."""
    offer = sending.close_offer(by=by, pk=pk, at=timezone.now())
    messages.success(request, _("%(carrier)s is not offered any more.") % {"carrier": offer.name})
    return redirect("carriage", by.cooperative.slug)
