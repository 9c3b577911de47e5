"""What a process takes beside goods and hours: the use of tools, and energy."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from cooperatives.forms.uses import ValueForm
from cooperatives.models import Membership, Process, Tool
from cooperatives.queries import agents
from cooperatives.queries.tools import tools_of
from cooperatives.services import energy, tools, values
from cooperatives.views.access import for_members, member_of, try_out
from cooperatives.views.making import answer, energy_form, process_of, tool_form


@require_POST
@for_members
def use_tool(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """Record for how long a tool was in use."""
    found = process_of(by, code)
    known = tools_of(by.cooperative)
    form = tool_form(by, found, known, data=request.POST)
    status = try_out(form, lambda: _use(by, found, known, form.cleaned_data)) if form.is_valid() else 400
    return answer(request, by, found, form, "tool", status)


@require_POST
@for_members
def use_energy(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """Record energy, and where it came from."""
    found = process_of(by, code)
    form = energy_form(by, data=request.POST)
    status = 400
    if form.is_valid():
        said = form.cleaned_data
        status = try_out(form, lambda: energy.use_energy(
            by=by, process=found, source=said["source"], origin=said["origin"], watt_hours=said["quantity"],
            place=said["place"].path if said["place"] else None, cost=said["cost"], evidence=said["evidence"],
            at=timezone.now(), key=said["key"],
        ))  # fmt: skip
    return answer(request, by, found, form, "energy", status)


@require_POST
@for_members
def declare_value(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """Record what nature or a community gave that no scale weighs."""
    found, known = process_of(by, code), agents()
    form = ValueForm(request.POST, agents=known, auto_id="value_%s")
    status = 400
    if form.is_valid():
        said = form.cleaned_data
        giver = next(agent for agent in known if agent.slug == said["agent"])
        status = try_out(form, lambda: values.declare_value(
            by=by, process=found, agent=giver, unit=said["unit"], quantity=said["quantity"], words=said["words"],
            at=timezone.now(), key=said["key"],
        ))  # fmt: skip
    return answer(request, by, found, form, "value", status)


def _use(by: Membership, found: Process, known: list[Tool], said: dict[str, Any]) -> None:
    now = timezone.now()
    tool = next((tool for tool in known if said["tool"] == f"tool/{tool.code}"), None)
    if tool is None:
        owner = member_of(by, said["owner"]) if said["owner"] else None
        tool = tools.add_tool(by=by, cooperative=by.cooperative, name=said["name"], owner=owner, at=now)
    tools.use_tool(
        by=by, process=found, tool=tool, minutes=said["minutes"], fee=said["fee"], at=now, key=said["key"]
    )  # fmt: skip
