"""How people come in: the invitation behind a link, the request to join, and the steward's desk for both."""

from allauth.account.models import EmailAddress
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cooperatives import queries
from cooperatives.forms.fields import fresh_key
from cooperatives.forms.joining import AdmissionForm, DeclineForm, InvitationForm, JoinForm
from cooperatives.models import Admission, Invitation, Membership, MembershipRequest, Role
from cooperatives.services import admission, invitations
from cooperatives.services.people import leave_cooperative as leave
from cooperatives.views.access import for_members, for_stewards, person_of, shown, try_out
from ledger.rules.refusal import NotFound


@require_GET
@for_stewards
def invitation_desk(request: HttpRequest, by: Membership) -> HttpResponse:
    """Who was invited, who asks to join, and how the cooperative takes people in."""
    return _desk(request, by, InvitationForm())


@require_POST
@for_stewards
def invite(request: HttpRequest, by: Membership) -> HttpResponse:
    """Invite somebody by letter."""
    form = InvitationForm(request.POST)
    status = 400
    if form.is_valid():
        said = form.cleaned_data
        taken = queries.member_at(by.cooperative, said["claims"]) if said["claims"] else None
        if said["claims"] and taken is None:
            raise NotFound
        status = try_out(form, lambda: invitations.invite(
            cooperative=by.cooperative, email=said["email"], roles=said["roles"], membership=taken,
            language=get_language() or "en", by=by, at=timezone.now(), key=said["key"],
        ))  # fmt: skip
    if form.errors:
        return _desk(request, by, form, status=status)
    messages.success(request, _("The invitation is on its way. Its link opens once, for two weeks."))
    return redirect("invitation_desk", by.cooperative.slug)


@require_POST
@for_stewards
def withdraw_invitation(request: HttpRequest, by: Membership, pk: int) -> HttpResponse:
    """Close a link that nobody has used."""
    found = Invitation.objects.filter(pk=pk, cooperative=by.cooperative).first()
    if found is None:
        raise NotFound
    invitations.withdraw_invitation(invitation=found, by=by, at=timezone.now())
    messages.success(request, _("The link opens nothing any more."))
    return redirect("invitation_desk", by.cooperative.slug)


@require_POST
@for_stewards
def set_admission(request: HttpRequest, by: Membership) -> HttpResponse:
    """Say how those who ask become members."""
    admission.set_admission(cooperative=by.cooperative, admission=request.POST.get("admission", ""), by=by)
    admission.set_weight(cooperative=by.cooperative, by_people="by_people" in request.POST, by=by)
    messages.success(request, _("It is as you said."))
    return redirect("invitation_desk", by.cooperative.slug)


@require_POST
@for_stewards
def accept_request(request: HttpRequest, by: Membership, pk: int) -> HttpResponse:
    """Let in who asked."""
    found = _request(by, pk)
    admission.accept_request(request=found, by=by, at=timezone.now())
    messages.success(request, _("%(name)s is a member now.") % {"name": found.name})
    return redirect("invitation_desk", by.cooperative.slug)


@require_POST
@for_stewards
def decline_request(request: HttpRequest, by: Membership, pk: int) -> HttpResponse:
    """Say no, and why."""
    reason = request.POST.get("reason", "")[:300]
    admission.decline_request(request=_request(by, pk), reason=reason, by=by, at=timezone.now())
    messages.success(request, _("The answer is on its way."))
    return redirect("invitation_desk", by.cooperative.slug)


@never_cache
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What an invitation says; whoever has signed in comes in by it."""
    found = queries.invitation_at(token)
    if found is None:
        raise NotFound
    form = JoinForm(request.POST or None, initial={"name": found.membership.name if found.membership else ""})
    if request.method == "POST" and request.user.is_authenticated and form.is_valid():
        name = form.cleaned_data["name"]
        mine = invitations.accept_invitation(invitation=found, person=person_of(request), name=name, at=timezone.now())
        # Who opened the letter reads at that address: it needs no second letter to be believed.
        EmailAddress.objects.filter(user=person_of(request), email__iexact=found.email).update(verified=True)
        messages.success(request, _("Welcome. Say here who may read what of you."))
        return redirect("member", found.cooperative.slug, mine.random_name)
    context = {
        "invitation": found, "is_open": found.is_open(timezone.now()), "form": form,
        "roles": [Role(role).label for role in found.roles], "cooperative": found.cooperative,
    }  # fmt: skip
    status = 200 if context["is_open"] else 410
    return render(request, "cooperatives/invitation.html", context, status=status)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask to be a member; see what was answered."""
    found = queries.cooperative(slug)
    if found is None:
        raise NotFound
    by, person = queries.membership_in(request.user, slug), person_of(request)
    mine = {
        m.cooperative.slug: m.cooperative
        for m in queries.memberships_of(request.user)
        if m.has_role(Role.STEWARD) and m.cooperative != found
    }
    form = JoinForm(
        request.POST or None, initial={"name": person.get_full_name()}, asks=True,
        societies=[(slug, society.name) for slug, society in mine.items()],
    )  # fmt: skip
    status = 200
    if request.method == "POST" and form.is_valid():
        status = try_out(form, lambda: admission.ask_to_join(
            cooperative=found, person=person, name=form.cleaned_data["name"], words=form.cleaned_data["words"],
            society=mine.get(form.cleaned_data.get("society", "")), language=get_language() or "en", at=timezone.now(),
        ))  # fmt: skip
        if not form.errors:
            return redirect("join", slug)
    last = queries.last_request(found, person)
    is_closed = found.admission == Admission.CLOSED
    return shown(
        request, "join", by, found, tab="cooperative", form=form, last=last, is_closed=is_closed, status=status
    )


@require_POST
@login_required
def withdraw_request(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask no longer."""
    found = queries.cooperative(slug)
    last = queries.last_request(found, request.user) if found else None
    if last is None:
        raise NotFound
    admission.withdraw_request(request=last, by=person_of(request))
    messages.success(request, _("You do not ask any longer."))
    return redirect("join", slug)


@require_POST
@for_members
def leave_cooperative(request: HttpRequest, by: Membership) -> HttpResponse:
    """End one's own membership."""
    leave(membership=by, at=timezone.now(), by=by)
    messages.success(request, _("You are no longer a member of %(name)s.") % {"name": by.cooperative.name})
    return redirect("cooperative", by.cooperative.slug)


def _request(by: Membership, pk: int) -> MembershipRequest:
    found = MembershipRequest.objects.filter(pk=pk, cooperative=by.cooperative).first()
    if found is None:
        raise NotFound
    return found


def _desk(request: HttpRequest, by: Membership, form: InvitationForm, *, status: int = 200) -> HttpResponse:
    words = dict(Role.choices)
    rows = [
        (one, [words[Role(role)] for role in one.roles])
        for one in queries.open_invitations(by.cooperative, timezone.now())
    ]
    return shown(
        request, "invitation_desk", by, by.cooperative, tab="members", form=form, invitations=rows, status=status,
        requests=queries.open_requests(by.cooperative), declining=DeclineForm(), key=fresh_key(),
        admission=AdmissionForm(initial={
            "admission": by.cooperative.admission, "by_people": by.cooperative.is_weighted_by_people,
        }),
    )  # fmt: skip
