"""The station's page of what processes use: tools and energy, entered at the machine, network or not."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cooperatives.forms.uses import UseForm
from cooperatives.models import Membership, Process, Tool
from cooperatives.queries.hours import uses_since, worked_on
from cooperatives.queries.tools import tools_of
from cooperatives.services import energy
from cooperatives.services import tools as using
from cooperatives.services.making import MAKERS
from cooperatives.views.access import for_members, shown, try_out
from cooperatives.views.hours import LATE
from cooperatives.views.station import used
from ledger.rules.refusal import NotAllowed


@require_GET
@for_members
def uses(request: HttpRequest, by: Membership) -> HttpResponse:
    """What may be entered, and what was entered today."""
    return _uses(request, by, _processes(by), tools_of(by.cooperative))


@require_POST
@for_members
def give_use(request: HttpRequest, by: Membership) -> HttpResponse:
    """Record what was typed, without a script."""
    processes, known = _processes(by), tools_of(by.cooperative)
    form = UseForm(request.POST, processes=processes, tools=known)
    status = 400
    if form.is_valid():
        status = try_out(form, lambda: _use(by, processes, known, form.cleaned_data))
    if form.errors:
        return _uses(request, by, processes, known, form, status=status)
    messages.success(request, _("Recorded."))
    return redirect("uses", by.cooperative.slug)


def _processes(by: Membership) -> list[Process]:
    if not by.has_role(*MAKERS):
        raise NotAllowed
    return worked_on(by.cooperative, ended_since=timezone.now() - LATE)


def _use(by: Membership, processes: list[Process], known: list[Tool], said: dict[str, Any]) -> None:
    process = next(process for process in processes if process.code == said["process"])
    about: dict[str, Any] = {"by": by, "process": process, "at": timezone.now(), "key": said["key"]}
    if said["is_new"]:
        tool = using.add_tool(by=by, cooperative=by.cooperative, name=said["name"], at=about["at"])
        using.use_tool(**about, tool=tool, minutes=said["minutes"])
    elif said["tool"]:
        tool = next(tool for tool in known if tool.code == said["tool"])
        using.use_tool(**about, tool=tool, minutes=said["minutes"])
    else:
        energy.use_energy(
            **about, source=said["source"], origin=said["origin"], watt_hours=said["quantity"] or 0, evidence="declared"
        )


def _uses(
    request: HttpRequest, by: Membership, processes: list[Process], known: list[Tool], form: UseForm | None = None, *,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    now = timezone.now()
    start = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    form = form or UseForm(processes=processes, tools=known)
    return shown(
        request, "uses", by, by.cooperative, here="stall", form=form, processes=processes,
        today=uses_since(processes, start), now=now, station=used(), status=status,
    )  # fmt: skip
