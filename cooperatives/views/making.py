"""The workshop: what is under way and at hand, a process from start to finish, and a lot with its story."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import BaseFormSet, formset_factory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cooperatives import queries
from cooperatives.forms.fields import as_measured
from cooperatives.forms.making import FinishForm, InputForm, OutputForm, ProcessForm, WorkForm
from cooperatives.forms.uses import EnergyForm, ToolForm, ValueForm
from cooperatives.models import Agent, Lot, Membership, Process, RecipeVersion, Role, Tool
from cooperatives.queries import plans
from cooperatives.queries.recipes import design_of
from cooperatives.queries.tools import tool_names, tools_of
from cooperatives.rules.energy import USE_MINUTE
from cooperatives.rules.measures import measure_of
from cooperatives.services import contributions
from cooperatives.services import making as workshop
from cooperatives.services.gifts import TREASURERS
from cooperatives.services.lots import KEEPERS
from cooperatives.views.access import choices_of, exponent_of, for_members, member_of, shown, try_out
from ledger.queries import sealed, units
from ledger.rules.entries import Address
from ledger.rules.readings import NetFlow
from ledger.rules.refusal import NotFound

GIVERS = 50  # of a lot, on a page
Outputs = formset_factory(OutputForm, extra=3, max_num=9, absolute_max=9)


@require_GET
@for_members
def making(request: HttpRequest, by: Membership) -> HttpResponse:
    """What is under way, what is at hand, what came in last."""
    wanted = request.GET.get("recipe", "")
    return _making(request, by, ProcessForm(recipes=_recipes(plans.choices(by)), initial={"recipe": wanted}))


@require_POST
@for_members
def start_process(request: HttpRequest, by: Membership) -> HttpResponse:
    """Begin to make something."""
    versions = plans.choices(by)
    form = ProcessForm(request.POST, recipes=_recipes(versions))
    if form.is_valid():
        said = form.cleaned_data
        recipe = next((version for version in versions if version.recipe.slug == said["recipe"]), None)
        started = workshop.start_process(
            by=by, cooperative=by.cooperative, name=said["name"], recipe=recipe, at=timezone.now()
        )
        return redirect("process", by.cooperative.slug, started.code)
    return _making(request, by, form, status=400)


@require_GET
@for_members
def process(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """A process: what is in it, who worked, and what may come next."""
    return _process(request, by, process_of(by, code))


@require_POST
@for_members
def put_in(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """Put some of a lot into a process."""
    found = process_of(by, code)
    form = InputForm(request.POST, lots=queries.lots_to_use(by.cooperative))
    status = 400
    if form.is_valid():
        said = form.cleaned_data
        status = try_out(form, lambda: workshop.put_in(
            by=by, process=found, lot=form.lots[said["lot"]].lot, quantity=said["quantity"], at=timezone.now(),
            key=said["key"],
        ))  # fmt: skip
    return answer(request, by, found, form, "input", status)


@require_POST
@for_members
def give_work(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """Record time worked in a process."""
    found = process_of(by, code)
    form = WorkForm(request.POST, members=choices_of(by), exponent=exponent_of(by.cooperative))
    status = 400
    if form.is_valid():
        said = form.cleaned_data
        status = try_out(form, lambda: contributions.give_work(
            by=by, worker=member_of(by, said["worker"]), process=found, kind=said["kind"], wage=said["wage"],
            minutes=(said["hours"] or 0) * 60 + (said["minutes"] or 0), at=timezone.now(), key=said["key"],
        ))  # fmt: skip
    return answer(request, by, found, form, "work", status)


@require_POST
@for_members
def finish_process(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """Say what came out of a process, and end it."""
    found = process_of(by, code)
    form, outputs = FinishForm(request.POST), Outputs(request.POST)
    status = 400
    if form.is_valid() and outputs.is_valid():
        status = try_out(form, lambda: _finish(by, found, outputs, form.cleaned_data))
    return answer(request, by, found, form, "finish", status, outputs=outputs)


@require_GET
@for_members
def lot(request: HttpRequest, by: Membership, code: str) -> HttpResponse:
    """A lot: what is left of it, who is in it, and how it came about."""
    found = queries.lot(by.cooperative.slug, code)
    if found is None:
        raise NotFound
    story = queries.lot_story(found, reader=by)
    given = Paginator(story.given, GIVERS).get_page(request.GET.get("page"))
    more = {
        "lot": found,
        "story": story,
        "given_by": given,
        "steps": _steps(found, story),
        "sealed": sealed(story.tokens),
    }
    more |= {"ahead": queries.lot_onward(found), "may_keep": by.has_role(Role.STEWARD, Role.CLERK)}
    named = tool_names(story.tools)
    more["tools"] = [(named.get(tool, tool.rpartition("/")[2]), minutes) for tool, minutes in story.tools.items()]
    return shown(request, "lot", by, by.cooperative, tab="making", **more)


def _steps(lot: Lot, story: queries.Story) -> list[dict[str, Any]]:
    """The story's steps in words: what was given or made, by how many, from how much to how much."""
    rows = []
    own = {f"{lot.cooperative.address}/processes/{lot.process.code}": lot.process.name} if lot.process else {}
    others = {path for step in story.steps for path in step.paths if "/processes/" in path} - own.keys()
    names = own | (queries.process_names(others) if others else {})
    for step in story.steps:
        rows.append(
            {
                "title": _("Brought in") if step.step == "given" else names.get(step.paths[0], step.paths[0]),
                "is_given": step.step == "given",
                "came_in": [
                    (unit, round(quantity)) for unit, quantity in sorted(step.came_in.items()) if unit != USE_MINUTE
                ],
                "in_use": round(step.came_in.get(USE_MINUTE, 0)),
                "came_out": [
                    (unit, round(quantity)) for unit, quantity in sorted(step.came_out.items()) if quantity > 0
                ],
                "minutes": round(sum(step.minutes.values())),
                "people": len(step.people),
            }
        )
    return rows


def _finish(by: Membership, found: Process, outputs: "BaseFormSet[OutputForm]", said: dict[str, Any]) -> None:
    hub = by.cooperative.hubs.order_by("id").first()
    lines = [form.cleaned_data for form in outputs if form.cleaned_data.get("goods")]
    for line in lines:
        line["unit"] = piece_of(by, line["unit"], line["grams"])
    assert hub is not None
    said_shares = any(line["percent"] for line in lines)
    made = [
        workshop.Output(
            None, line["goods"], line["unit"], line["quantity"], hub, (line["percent"] or 0) if said_shares else None
        )
        for line in lines
    ]
    workshop.finish_process(
        by=by, process=found, outputs=made, rest_to=said["rest"] or None, at=timezone.now(), key=said["key"]
    )


def piece_of(by: Membership, unit: str, grams: int | None) -> str:
    """The unit of that name, declared where it is new; where one piece weighs otherwise elsewhere, with its mass."""
    known = units([unit]).get(unit)
    if known is not None and grams and known.grams != grams:
        return piece_of(by, f"{unit}-{grams}", grams) if known.grams is not None else unit
    if known is None:
        workshop.declare_piece(by=by, code=unit, grams=grams, at=timezone.now())
    return unit


def process_of(by: Membership, code: str) -> Process:
    """A process of the reader's own cooperative. Raises NotFound."""
    found = queries.process(by.cooperative.slug, code)
    if found is None:
        raise NotFound
    return found


def answer(
    request: HttpRequest, by: Membership, found: Process, form: Any, name: str, status: int, **more: Any
) -> HttpResponse:
    """Back to the process once something was recorded; its page with the form `name` where something is wrong."""
    outputs = more.get("outputs")
    if form.errors or (outputs is not None and outputs.total_error_count()):
        return _process(request, by, found, status=status, form=form, **{name: form}, **more)
    messages.success(request, _("Recorded."))
    return redirect("process", by.cooperative.slug, found.code)


def _named(flows: list[NetFlow], members: list[tuple[str, str]], agents: list[Agent]) -> dict[str, str]:
    """What is known to be called how without asking: who may be chosen here, and all registered nature; nature that is
    not registered is called by its address."""
    owners = {Address.parse(address).owner for flow in flows for address in (flow.giver, flow.taker)}
    nature = {owner: owner for owner in owners if owner.startswith("nature/")}
    return nature | dict(members) | {agent.address: agent.name for agent in agents}


def _process(request: HttpRequest, by: Membership, found: Process, *, status: int = 200, **forms: Any) -> HttpResponse:
    members, agents, flows = choices_of(by), queries.agents(), queries.flows_of(found)
    names = _named(flows, members, agents)
    rows = queries.inside(found, by, flows, names)
    lots = [] if found.finished_at else queries.lots_to_use(by.cooperative)
    beside = plans.observed_in(found, flows)
    usual = {
        "input": InputForm(lots=lots),
        "work": WorkForm(members=members, exponent=exponent_of(by.cooperative), initial={"worker": by.address}),
        "tool": tool_form(by, found, tools_of(by.cooperative), members=members),
        "energy": energy_form(by),
        "value": ValueForm(agents=agents, auto_id="value_%s"),
        "finish": FinishForm(),
        "outputs": Outputs(initial=_expected(found, beside)),
    }
    made = {f"lots/{lot.code}": lot for lot in found.lots.all()} if found.finished_at else {}
    came_out = [
        {"lot": made.get(row.what), "who": row.owner, "quantity": -row.quantity, "unit": row.unit}
        for row in rows
        if row.quantity < 0
    ]
    went_in = [row for row in rows if row.quantity > 0]
    minutes = sum(row.quantity for row in went_in if row.unit == "min")
    return shown(
        request, "process", by, by.cooperative, tab="making", process=found, went_in=went_in, came_out=came_out,
        minutes=minutes, has_lots=bool(lots), has_failed=bool(found.finished_at) and not made, beside=beside,
        agents=agents, may_correct=by.has_role(*KEEPERS), status=status, **(usual | forms),
    )  # fmt: skip


def tool_form(
    by: Membership, found: Process, tools: list[Tool], *, members: list[tuple[str, str]] | None = None, **more: Any
) -> ToolForm:
    """The form for the use of a tool; those that the process's recipe asks for are offered by their names."""
    asked = design_of(found.recipe).equipment if found.recipe else ()
    members = choices_of(by) if members is None else members
    return ToolForm(
        tools=tools, asked=asked, members=members, exponent=exponent_of(by.cooperative), auto_id="tool_%s", **more
    )


def energy_form(by: Membership, **more: Any) -> EnergyForm:
    """The form for energy."""
    return EnergyForm(exponent=exponent_of(by.cooperative), auto_id="energy_%s", **more)


def _recipes(versions: list[RecipeVersion]) -> list[tuple[str, str]]:
    return [(version.recipe.slug, f"{version.recipe.name}, {version.recipe.by}") for version in versions]


def _expected(found: Process, beside: plans.Observed | None) -> list[dict[str, Any]]:
    """What the recipe lets expect from what went in, as the form's first lines."""
    if beside is None or found.finished_at:
        return []
    rows = [row for row in beside.rows if row.is_output and row.expected]
    return [
        {"goods": row.goods, "quantity": as_measured(row.expected or 0, row.unit), "unit": measure_of(row.unit).symbol}
        for row in rows
    ]


def _making(request: HttpRequest, by: Membership, form: ProcessForm, *, status: int = 200) -> HttpResponse:
    cooperative, lots = by.cooperative, queries.lots_at_hand(by.cooperative)
    hubs = {row.lot.hub.slug: row.lot.hub for row in lots if row.lot.hub.cooperative_id == cooperative.pk}
    return shown(
        request, "making", by, cooperative, tab="making", form=form, processes=queries.open_processes(cooperative),
        lots=lots, hubs=hubs.values() if by.has_role(*KEEPERS) else [],
        deliveries=queries.deliveries(cooperative, reader=by, last=10), has_money=by.has_role(*TREASURERS),
        status=status,
    )  # fmt: skip
