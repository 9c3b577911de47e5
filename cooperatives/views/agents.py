"""Nature and communities: all of them, one with what it gave and received, and how a guardian speaks for it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cooperatives import queries
from cooperatives.forms.agents import AgentForm, OfferForm, RegisterAgentForm
from cooperatives.forms.people import PictureForm
from cooperatives.models import Agent, Membership, Role
from cooperatives.queries.agents import agents_shown
from cooperatives.services import agents as services
from cooperatives.services import pictures
from cooperatives.views.access import try_out
from cooperatives.views.pictures import read_picture
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
    return _agent(request, _found(slug))


@require_POST
@login_required
def describe_agent(request: HttpRequest, slug: str) -> HttpResponse:
    """Say anew what it is."""
    found = _found(slug)
    by = _allowed(_guardian(request, found))
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


@require_POST
@login_required
def offer_guardianship(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask another cooperative to speak for it."""
    found = _found(slug)
    by = _allowed(_guardian(request, found))
    form = OfferForm(request.POST, guardian=found.guardian)
    status = 400
    if form.is_valid():
        to = form.cleaned_data["cooperative"]
        status = try_out(form, lambda: services.offer_guardianship(agent=found, to=to, by=by, at=timezone.now()))
    if form.errors:
        return _agent(request, found, offer=form, status=status)
    messages.success(request, _("Offered. It stays with you until they agree."))
    return redirect("agent", slug)


@require_POST
@login_required
def accept_guardianship(request: HttpRequest, slug: str) -> HttpResponse:
    """Agree to speak for it."""
    found = _found(slug)
    by = _allowed(_asked(request, found))
    services.accept_guardianship(agent=found, by=by, at=timezone.now())
    messages.success(request, _("Your cooperative speaks for it from now on."))
    return redirect("agent", slug)


@require_POST
@login_required
def drop_offer(request: HttpRequest, slug: str) -> HttpResponse:
    """Take the offer back, or decline it."""
    found = _found(slug)
    by = _allowed(_guardian(request, found) or _asked(request, found))
    services.drop_offer(agent=found, by=by)
    messages.success(request, _("It stays as it was."))
    return redirect("agent", slug)


@require_POST
@login_required
def show_agent(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one more picture of it."""
    found = _found(slug)
    by = _allowed(_guardian(request, found))
    form = PictureForm(request.POST, request.FILES)
    status = 400
    if form.is_valid():
        said = form.cleaned_data
        status = try_out(form, lambda: pictures.show_agent(
            agent=found, data=read_picture(said["picture"]), words=said["words"], at=timezone.now(), by=by
        ))  # fmt: skip
    if form.errors:
        return _agent(request, found, picture=form, status=status)
    messages.success(request, _("The picture is on its page."))
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


def _allowed(by: Membership | None) -> Membership:
    if by is None:
        raise NotAllowed
    return by


def _asked(request: HttpRequest, found: Agent) -> Membership | None:
    """The reader's stewardship in the cooperative that is asked to become the guardian."""
    return next((m for m in _stewardships(request) if m.cooperative_id == found.offered_to_id), None)


def _agents(request: HttpRequest, form: RegisterAgentForm, *, status: int = 200) -> HttpResponse:
    context = {"here": "cooperatives", "agents": agents_shown(), "form": form, "may_register": bool(form.memberships)}
    return render(request, "cooperatives/agents.html", context, status=status)


def _agent(
    request: HttpRequest, found: Agent, form: AgentForm | None = None, *, offer: OfferForm | None = None,
    picture: PictureForm | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    usual = {"name": found.name, "kind": found.kind, "words": found.words, "place": found.place and found.place.path}
    is_guardian, asked = _guardian(request, found) is not None, _asked(request, found)
    rows = queries.exchanges_of(found)
    names = queries.names_of({row.owner for row in rows})
    decimals = exponents()
    told = [
        (row, names.get(row.owner, row.owner) if "/" in row.owner else "", decimals.get(row.unit, 0)) for row in rows
    ]
    context = {
        "here": "cooperatives", "agent": found, "gave": [row for row in told if row[0].gave],
        "received": [row for row in told if row[0].received], "form": form or AgentForm(initial=usual),
        "is_guardian": is_guardian, "asked": asked, "pictures": found.pictures.all(),
        "offer": offer or OfferForm(guardian=found.guardian) if is_guardian else None,
        "picture": picture or PictureForm() if is_guardian else None,
    }  # fmt: skip
    return render(request, "cooperatives/agent.html", context, status=status)
