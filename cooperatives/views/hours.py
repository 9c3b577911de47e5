"""The timer: log hours with a start and a stop, or typed."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cooperatives.forms.making import HoursForm
from cooperatives.models import Membership, Process, Role
from cooperatives.queries.givers import giver_name, givers_at_hand, givers_for
from cooperatives.queries.hours import hours_since, kinds_of_work, worked_on
from cooperatives.services import contributions
from cooperatives.views.access import for_members, member_of, shown, try_out
from cooperatives.views.station import clocked

LATE = timedelta(days=7)  # for so long after a process ended its hours are still offered here; its own page takes later


@require_GET
@for_members
def hours(request: HttpRequest, by: Membership) -> HttpResponse:
    """The timer, and the hours of today."""
    return _hours(request, by, _processes(by))


@require_POST
@for_members
def give_hours(request: HttpRequest, by: Membership) -> HttpResponse:
    """Record hours that were typed."""
    processes = _processes(by)
    form = _form(by, processes, data=request.POST)
    status = 400
    if form.is_valid():
        said = form.cleaned_data
        process = next(process for process in processes if process.code == said["process"])
        status = try_out(form, lambda: contributions.give_work(
            by=by, worker=member_of(by, said["worker"]), process=process, kind=said["kind"], minutes=said["minutes"],
            at=timezone.now(), key=said["key"],
        ))  # fmt: skip
    if form.errors:
        return _hours(request, by, processes, form, status=status)
    messages.success(request, _("Recorded."))
    return redirect("hours", by.cooperative.slug)


def _processes(by: Membership) -> list[Process]:
    return worked_on(by.cooperative, ended_since=timezone.now() - LATE)


def _form(by: Membership, processes: list[Process], **more: object) -> HoursForm:
    # As at the scale: of many members, the page itself brings a few.
    at_hand, are_many = givers_at_hand(by)
    if are_many:
        at_hand = [(by.address, giver_name(by, by)), *(one for one in at_hand if one[0] != by.address)]
    givers = givers_for(by) if are_many and "data" in more else at_hand
    return HoursForm(
        givers=givers, at_hand=at_hand, are_many=are_many, processes=processes, in_use=kinds_of_work(by.cooperative),
        **more,
    )  # fmt: skip


def _hours(
    request: HttpRequest, by: Membership, processes: list[Process], form: HoursForm | None = None, *, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    start = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    today = hours_since(processes, start, by)
    if not by.has_role(Role.STEWARD, Role.CLERK, Role.TREASURER, Role.AUDITOR):
        today = [row for row in today if row.worker == by.address]
    form = form or _form(by, processes, initial={"worker": by.address})
    return shown(
        request, "hours", by, by.cooperative, here="stall", form=form, processes=processes, at_hand=form.at_hand,
        today=today, now=now, total=sum(row.minutes for row in today), station=clocked(), status=status,
    )  # fmt: skip
