"""Nature and communities: all of them, one with what it gave and received, and how a guardian speaks for it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cooperatives import queries
from cooperatives.forms.agents import AgentForm, RegisterAgentForm
from cooperatives.models import Agent, Membership, Role
from cooperatives.services import agents as services
from cooperatives.views.access import try_out
from ledger.queries import exponents
from ledger.rules.refusal import NotAllowed, NotFound


@require_GET
def agents(request: HttpRequest) -> HttpResponse:
    """Forests, rivers and communities that give and receive here."""
    return _agents(request, RegisterAgentForm(memberships=_stewardships(request)))


@require_POST
@login_required
def register_agent(request: HttpRequest) -> HttpResponse:
    """Register one; one's own cooperative becomes its guardian."""
    mine = _stewardships(request)
    if not mine:
        raise NotAllowed
    form = RegisterAgentForm(request.POST, memberships=mine)
    status = 400
    if form.is_valid():
        said = form.cleaned_data
        by = next(m for m in mine if m.cooperative.slug == said["cooperative"])
        status = try_out(form, lambda: services.register_agent(
            by=by, name=said["name"], slug=said["slug"], kind=said["kind"], words=said["words"],
            place=said["place"].path if said["place"] else None, at=timezone.now(),
        ))  # fmt: skip
    if form.errors:
        return _agents(request, form, status=status)
    messages.success(request, _("Registered. It can give and receive from now on."))
    return redirect("agent", form.cleaned_data["slug"])


@require_GET
def agent(request: HttpRequest, slug: str) -> HttpResponse:
    """One of them: what it is, who speaks for it, what it gave and received."""
    found = _found(slug)
    return _agent(request, found, AgentForm(initial={
        "name": found.name, "kind": found.kind, "words": found.words, "place": found.place and found.place.path,
    }))  # fmt: skip


@require_POST
@login_required
def describe_agent(request: HttpRequest, slug: str) -> HttpResponse:
    """Say anew what it is."""
    found = _found(slug)
    by = _guardian(request, found)
    if by is None:
        raise NotAllowed
    form = AgentForm(request.POST)
    status = 400
    if form.is_valid():
        said = form.cleaned_data
        status = try_out(form, lambda: services.describe_agent(
            agent=found, by=by, name=said["name"], kind=said["kind"], words=said["words"],
            place=said["place"].path if said["place"] else None, at=timezone.now(),
        ))  # fmt: skip
    if form.errors:
        return _agent(request, found, form, status=status)
    messages.success(request, _("It is as you said."))
    return redirect("agent", slug)


def _found(slug: str) -> Agent:
    found = queries.agent(slug)
    if found is None:
        raise NotFound
    return found


def _stewardships(request: HttpRequest) -> list[Membership]:
    """Where the reader is a steward in person, and so may take on a guardianship."""
    return [m for m in queries.memberships_of(request.user) if m.has_role(Role.STEWARD)]


def _guardian(request: HttpRequest, found: Agent) -> Membership | None:
    """The reader's stewardship in the guardian of an agent."""
    return next((m for m in _stewardships(request) if m.cooperative_id == found.guardian_id), None)


def _agents(request: HttpRequest, form: RegisterAgentForm, *, status: int = 200) -> HttpResponse:
    context = {"here": "cooperatives", "agents": queries.agents(), "form": form, "may_register": bool(form.memberships)}
    return render(request, "cooperatives/agents.html", context, status=status)


def _agent(request: HttpRequest, found: Agent, form: AgentForm, *, status: int = 200) -> HttpResponse:
    rows = queries.exchanges_of(found)
    names = queries.names_of({row.owner for row in rows})
    decimals = exponents()
    told = [
        (row, names.get(row.owner, row.owner) if "/" in row.owner else "", decimals.get(row.unit, 0)) for row in rows
    ]
    context = {
        "here": "cooperatives", "agent": found, "gave": [row for row in told if row[0].gave],
        "received": [row for row in told if row[0].received], "form": form,
        "is_guardian": _guardian(request, found) is not None,
    }  # fmt: skip
    return render(request, "cooperatives/agent.html", context, status=status)
