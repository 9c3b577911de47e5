"""Cooperatives, their people and places."""

import secrets

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cooperatives import queries
from cooperatives.forms.joining import InvitationForm
from cooperatives.forms.people import AudienceForm, FoundingForm, MemberForm, PortraitForm, RolesForm
from cooperatives.models import Admission, Audience, Membership, Role
from cooperatives.services import approvals, people
from cooperatives.services.erasure import erase_membership
from cooperatives.views.access import for_members, for_stewards, member_of, person_of, shown, try_out
from ledger.rules.refusal import NotFound

EXPONENTS = {"EUR": 2, "XOF": 0, "IDR": 2}

PAGE = 50


@require_GET
def cooperatives(request: HttpRequest) -> HttpResponse:
    """All cooperatives here."""
    mine = queries.memberships_of(request.user)
    page = Paginator(queries.cooperatives(), PAGE).get_page(request.GET.get("page"))
    context = {"here": "cooperatives", "cooperatives": page, "mine": mine}
    return render(request, "cooperatives/cooperatives.html", context)


@require_GET
def cooperative(request: HttpRequest, slug: str) -> HttpResponse:
    """A cooperative's public page: where it is, what it says of itself, who agreed to be named, how it shares."""
    found = queries.cooperative(slug)
    if found is None:
        raise NotFound
    members = queries.members_of(found)
    named = [
        (m.name, queries.shown_place(m, None), getattr(m, "portrait", None))
        for m in members
        if m.name and m.name_shown_to == Audience.PUBLIC and m.society_id is None
    ]
    by = queries.membership_in(request.user, slug)
    return shown(
        request, "cooperative", by, found, tab="cooperative", count=len(members), named=named,
        pictures=queries.pictures_of(found), hubs=queries.hubs_of(found),
        societies=queries.societies_of(found), federations=queries.federations_of(found),
        wards=queries.agents_of(found),
        is_steward=by is not None and by.has_role(Role.STEWARD),
        may_ask=by is None and found.admission != Admission.CLOSED,
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def found_cooperative(request: HttpRequest) -> HttpResponse:
    """Found a cooperative."""
    form = FoundingForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        status = try_out(form, lambda: people.found_cooperative(
            name=said["name"], slug=said["slug"], place=said["place"].path if said["place"] else None,
            at=timezone.now(),
            by=person_of(request), currency=said["currency"], exponent=EXPONENTS[said["currency"]],
        ))  # fmt: skip
        if not form.errors:
            return redirect("cooperative", said["slug"])
    return render(request, "cooperatives/found_cooperative.html", {"here": "cooperatives", "form": form}, status=status)


@require_GET
@for_members
def members(request: HttpRequest, by: Membership) -> HttpResponse:
    """Who belongs here, with their roles; to a steward, how to admit others."""
    return _members(request, by, MemberForm())


@require_POST
@for_members
def admit_member(request: HttpRequest, by: Membership) -> HttpResponse:
    """Admit someone, with or without a log-in."""
    form = MemberForm(request.POST)
    status = 400
    if form.is_valid():
        said = form.cleaned_data
        status = try_out(form, lambda: people.admit_member(
            cooperative=by.cooperative, name=said["name"], number=said["number"], roles=said["roles"],
            place=by.cooperative.place.path if by.cooperative.place else None, at=timezone.now(), by=by,
        ))  # fmt: skip
    if form.errors:
        return _members(request, by, form, status=status)
    messages.success(request, _("Admitted. On the member's page you can invite them to sign in."))
    return redirect("members", by.cooperative.slug)


@require_http_methods(["GET", "POST"])
@for_members
def member(request: HttpRequest, by: Membership, name: str) -> HttpResponse:
    """One member: roles for a steward to change, and for oneself who may read one's name."""
    found = member_of(by, f"members/{name}")
    invites = InvitationForm(initial={"roles": found.roles, "claims": found.random_name})
    roles = RolesForm(initial={"roles": found.roles})
    shown_to = AudienceForm(initial={
        "name": found.name_shown_to, "place": found.place_shown_to, "amounts": found.amounts_shown_to,
    })  # fmt: skip
    return shown(
        request, "member", by, by.cooperative, tab="members", member=found, name=queries.shown_name(found, by),
        roles=roles, shown_to=shown_to, invites=invites, portrait=PortraitForm(),
        picture=getattr(found, "portrait", None) if queries.may_read(found.name_shown_to, found, by) else None,
        may_see_amounts=queries.may_read_amounts(found, by), place=queries.shown_place(found, by),
        is_self=found.pk == by.pk,
        is_steward=by.has_role(Role.STEWARD),
    )  # fmt: skip


@require_POST
@for_members
def give_roles(request: HttpRequest, by: Membership, name: str) -> HttpResponse:
    """Give a member other roles."""
    form = RolesForm(request.POST)
    found = member_of(by, f"members/{name}")
    roles = form.cleaned_data["roles"] if form.is_valid() else []
    key = f"roles/{secrets.token_urlsafe(12)}"
    asked = approvals.ask_roles(membership=found, roles=roles, by=by, at=timezone.now(), key=key)
    if asked:
        messages.success(request, _("Asked. These roles decide about money, so a second person must agree."))
    else:
        messages.success(request, _("The roles are changed."))
    return redirect("member", by.cooperative.slug, name)


@require_POST
@for_members
def show_to(request: HttpRequest, by: Membership, name: str) -> HttpResponse:
    """Decide who may read one's own name, place and amounts."""
    found = member_of(by, f"members/{name}")
    form = AudienceForm(request.POST)
    said = form.cleaned_data if form.is_valid() else {"name": ""}
    people.show_to(membership=found, by=by, **said)
    messages.success(request, _("It is as you said."))
    return redirect("member", by.cooperative.slug, name)


@require_POST
@for_stewards
def erase_member(request: HttpRequest, by: Membership, name: str) -> HttpResponse:
    """Forget the name of somebody who does not sign in and asked for it."""
    erase_membership(membership=member_of(by, f"members/{name}"), by=by, at=timezone.now())
    messages.success(request, _("The name is forgotten. What was recorded stays, under the random address."))
    return redirect("members", by.cooperative.slug)


def _members(request: HttpRequest, by: Membership, form: MemberForm, *, status: int = 200) -> HttpResponse:
    everyone, wanted = queries.members_of(by.cooperative), request.GET.get("q", "").strip()
    listed = [m for m in everyone if wanted.casefold() in f"{queries.shown_name(m, by)} {m.number}".casefold()]
    page = Paginator(listed, PAGE).get_page(request.GET.get("page"))
    found = [(m, queries.shown_name(m, by)) for m in page]
    words = dict(Role.choices)
    rows = [(m, name, [words[Role(role)] for role in m.roles], queries.shown_place(m, by)) for m, name in found]
    is_steward = by.has_role(Role.STEWARD)
    return shown(
        request,
        "members",
        by,
        by.cooperative,
        tab="members",
        members=rows,
        leaf=page,
        wanted=wanted,
        has_many=len(everyone) > PAGE,
        form=form,
        is_steward=is_steward,
        status=status,
    )
