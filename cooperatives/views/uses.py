"""What a process takes beside goods and hours: the use of tools, and energy."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cooperatives.forms.making import InputCorrectionForm
from cooperatives.forms.uses import ValueForm
from cooperatives.models import Membership, Process, Tool
from cooperatives.queries import agents, inside
from cooperatives.queries.tools import tools_of
from cooperatives.services import contributions, energy, tools, values
from cooperatives.views.access import for_members, member_of, shown, try_out
from cooperatives.views.making import answer, energy_form, process_of, tool_form
from ledger.rules.refusal import NotFound

CITE = "cite"  # a recipe is cited by whoever began; that is not taken back here


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


@require_http_methods(["GET", "POST"])
@for_members
def correct_input(request: HttpRequest, by: Membership, code: str, entry: str) -> HttpResponse:
    """Put right what went into a process: goods, hours, a tool, energy; both entries stay."""
    found = process_of(by, code)
    row = next((row for row in inside(found, by) if row.key == entry and row.quantity > 0), None)
    if row is None or row.unit == CITE:
        raise NotFound
    form = InputCorrectionForm(request.POST or None, unit=row.unit)
    status = 200
    if request.method == "POST":
        status = try_out(form, lambda: put_right(by, entry, form.cleaned_data)) if form.is_valid() else 400
        if not form.errors:
            messages.success(request, _("Corrected. Both entries stay in the books."))
            return redirect("process", by.cooperative.slug, code)
    return shown(
        request, "correct_input", by, by.cooperative, tab="making", process=found, row=row, form=form, status=status
    )


def put_right(by: Membership, entry: str, said: dict[str, Any]) -> None:
    """What a form of correction says: another quantity, or that it did not happen. Both entries stay."""
    about: dict[str, Any] = {"by": by, "entry": entry, "reason": said["reason"], "at": timezone.now()}
    if said["quantity"]:
        contributions.correct_quantity(**about, quantity=said["quantity"], key=said["key"])
    else:
        contributions.correct_entry(**about, key=said["key"])


def _use(by: Membership, found: Process, known: list[Tool], said: dict[str, Any]) -> None:
    now = timezone.now()
    tool = next((tool for tool in known if said["tool"] == f"tool/{tool.code}"), None)
    if tool is None:
        owner = member_of(by, said["owner"]) if said["owner"] else None
        tool = tools.add_tool(by=by, cooperative=by.cooperative, name=said["name"], owner=owner, at=now)
    tools.use_tool(
        by=by, process=found, tool=tool, minutes=said["minutes"], fee=said["fee"], at=now, key=said["key"]
    )  # fmt: skip
