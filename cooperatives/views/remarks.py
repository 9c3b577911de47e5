"""Talking about a weight: a member objects, both sides answer, and somebody ends it."""

from collections.abc import Callable
from datetime import datetime

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cooperatives.forms.remarks import CorrectionForm, ObjectionForm, RemarkForm
from cooperatives.models import Membership
from cooperatives.queries import Delivered
from cooperatives.services import remarks
from cooperatives.views.access import for_members, try_out
from cooperatives.views.weighing import delivery_of, delivery_page


@require_POST
@for_members
def object_to(request: HttpRequest, by: Membership, pk: int) -> HttpResponse:
    """The giver says that the weight is wrong."""
    found = delivery_of(by, pk)
    form = ObjectionForm(request.POST, unit=found.weighing.lot.unit)

    def act(at: datetime) -> None:
        remarks.object_to(by=by, weighing=found.weighing, at=at, **form.cleaned_data)

    return _said(request, by, found, form, act, _("Your cooperative sees that you object. The entry stays until then."))


@require_POST
@for_members
def answer(request: HttpRequest, by: Membership, pk: int) -> HttpResponse:
    """Either side adds something, or, with the button for it, ends the talk."""
    found = delivery_of(by, pk)
    form = RemarkForm(request.POST)
    speak = remarks.end_objection if "end" in request.POST else remarks.answer

    def act(at: datetime) -> None:
        speak(by=by, weighing=found.weighing, at=at, text=form.cleaned_data["text"])

    return _said(request, by, found, form, act, _("Written down."))


def _said(
    request: HttpRequest,
    by: Membership,
    found: Delivered,
    form: forms.Form,
    act: Callable[[datetime], None],
    done: str,
) -> HttpResponse:
    status = 400
    if form.is_valid():
        status = try_out(form, lambda: act(timezone.now()))
    if form.errors:
        correction = CorrectionForm(unit=found.weighing.lot.unit)
        return delivery_page(request, by, found, correction, form, status=status)
    messages.success(request, done)
    return redirect("delivery", by.cooperative.slug, found.weighing.pk)
