"""The next agreement: a form in plain words, its preview, what members say of it, and their vote."""

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cooperatives import queries
from cooperatives.charts import picture_of
from cooperatives.forms.agreements import CommentForm, OpeningForm, ProposalForm, VoteForm
from cooperatives.models import Membership, Proposal, Role
from cooperatives.rules.steps import read_agreement
from cooperatives.services import proposals
from cooperatives.views.access import exponent_of, for_members, shown, try_out
from cooperatives.views.agreements import sentences
from cooperatives.views.credit import rule_words
from ledger.rules.refusal import NotAllowed, NotFound

DAYS = 14  # that a vote is open for, unless somebody says otherwise


@require_http_methods(["GET", "POST"])
@for_members
def draft_proposal(request: HttpRequest, by: Membership) -> HttpResponse:
    """The form of a proposal, begun as the agreement in force; `preview` shows what it would say."""
    _for_drafters(by)
    agreement = queries.agreement_in_force(by.cooperative)
    return _form_page(request, by, read_agreement(agreement.steps) if agreement else ())


@require_http_methods(["GET", "POST"])
@for_members
def change_proposal(request: HttpRequest, by: Membership, number: int) -> HttpResponse:
    """Another wording of a draft."""
    _for_drafters(by)
    found = _proposal_of(by, number)
    if found.rule is not None:  # it is changed where it was drafted
        raise NotFound
    said = {"why": found.why, "quorum": found.quorum, "majority": found.majority}
    return _form_page(request, by, read_agreement(found.steps), proposal=found, initial=said)


def _for_drafters(by: Membership) -> None:
    if not by.has_role(Role.TREASURER, Role.STEWARD):
        raise NotAllowed


def _form_page(request: HttpRequest, by: Membership, base: Any, **more: Any) -> HttpResponse:
    cooperative, proposal, status = by.cooperative, more.get("proposal"), 200
    exponent, preview = exponent_of(cooperative), {}
    form = ProposalForm(request.POST or None, base=base, exponent=exponent, initial=more.get("initial", {}))
    if request.method == "POST" and not form.asks_for_a_step:
        status = 200 if form.is_valid() else 400
        if status == 200 and not {"preview", "add"}.isdisjoint(request.POST):
            preview = _shown_steps(by, form.rules())
        elif status == 200:
            saved: list[Proposal] = []
            rules, said = form.rules(), {name: form.cleaned_data[name] for name in ("why", "quorum", "majority")}
            status = try_out(form, lambda: saved.append(_save(by, proposal, rules, said)))
            if saved:
                messages.success(request, _("Saved. Try it on past sales before you open the vote."))
                return redirect("proposal", cooperative.slug, saved[0].number)
    return shown(
        request, "draft_proposal", by, cooperative, tab="agreement", form=form, proposal=proposal, status=status,
        **preview,
    )  # fmt: skip


def _save(by: Membership, proposal: Proposal | None, rules: list[dict[str, Any]], said: dict[str, Any]) -> Proposal:
    if proposal is None:
        return proposals.draft_proposal(cooperative=by.cooperative, rules=rules, at=timezone.now(), by=by, **said)
    return proposals.change_proposal(proposal=proposal, rules=rules, at=timezone.now(), by=by, **said)


def _shown_steps(by: Membership, rules: list[dict[str, Any]]) -> dict[str, Any]:
    """An agreement in sentences and as a picture."""
    whole = 100 * 10 ** exponent_of(by.cooperative)
    return {"sentences": sentences(rules, by.cooperative), "picture": picture_of(read_agreement(rules), whole=whole)}


def _shown_words(by: Membership, found: Proposal) -> dict[str, Any]:
    if found.rule is not None:
        return {"sentences": rule_words(found.rule, by.cooperative)}
    return _shown_steps(by, found.steps)


@require_GET
@for_members
def proposal(request: HttpRequest, by: Membership, number: int) -> HttpResponse:
    """A proposal: what it says, what it would change, what members think, and how the vote stands or ended."""
    return _page(request, by, _proposal_of(by, number))


def _page(
    request: HttpRequest, by: Membership, found: Proposal, form: BaseForm | None = None, status: int = 200
) -> HttpResponse:
    now, mine = timezone.now(), queries.vote_of(found, by)
    is_open = found.state == Proposal.State.OPEN and found.closes_at is not None and now < found.closes_at
    is_voter = is_open and by.pk in {m.pk for m in queries.voters(by.cooperative, at=found.opened_at or now)}
    comments = queries.comments_on(found)
    names = queries.names_of([found.drafted_by.address, *(c.by.address for c in comments)], reader=by)
    tally = queries.tally_of(found)
    may = by.has_role(Role.TREASURER, Role.STEWARD)
    if not isinstance(form, VoteForm):
        vote_form = VoteForm(initial={"edition": found.edition, "choice": mine.choice if mine else ""})
    else:
        vote_form = form
    closing = timezone.localdate() + timedelta(days=DAYS)
    return shown(
        request, "proposal", by, by.cooperative, tab="agreement", proposal=found, tally=tally, mine=mine, form=form,
        is_open=is_open, is_voter=is_voter, may=may, status=status, vote_form=vote_form,
        # The numbers of a vote under way could sway it, so they are told once it is closed.
        may_close=may and found.state == Proposal.State.OPEN and (not is_open or tally.is_complete),
        opening_form=form if isinstance(form, OpeningForm) else OpeningForm(initial={"closes_on": closing}),
        comment_form=form if isinstance(form, CommentForm) else CommentForm(),
        comments=[(comment, names[comment.by.address]) for comment in comments],
        author=names[found.drafted_by.address], **_shown_words(by, found),
    )  # fmt: skip


@require_POST
@for_members
def open_vote(request: HttpRequest, by: Membership, number: int) -> HttpResponse:
    """Open the vote until the end of a day."""
    found, form = _proposal_of(by, number), OpeningForm(request.POST)
    if form.is_valid():
        closes_at = timezone.make_aware(datetime.combine(form.cleaned_data["closes_on"], time(23, 59, 59)))
        return _done(request, by, found, form, _("The vote is open."), lambda: proposals.open_vote(
            proposal=found, closes_at=closes_at, at=timezone.now(), by=by
        ))  # fmt: skip
    return _page(request, by, found, form, 400)


@require_POST
@for_members
def cast_vote(request: HttpRequest, by: Membership, number: int) -> HttpResponse:
    """One member's vote."""
    found, form = _proposal_of(by, number), VoteForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        return _done(request, by, found, form, _("Your vote is kept. You may change it until the vote closes."),
                     lambda: proposals.cast_vote(proposal=found, at=timezone.now(), by=by, **said))  # fmt: skip
    return _page(request, by, found, form, 400)


@require_POST
@for_members
def close_vote(request: HttpRequest, by: Membership, number: int) -> HttpResponse:
    """Count the votes once all have voted or the date has come."""
    proposals.close_vote(proposal=_proposal_of(by, number), at=timezone.now(), by=by)
    return redirect("proposal", by.cooperative.slug, number)


@require_POST
@for_members
def take_back(request: HttpRequest, by: Membership, number: int) -> HttpResponse:
    """Make an open proposal a draft again."""
    proposals.take_back(proposal=_proposal_of(by, number), at=timezone.now(), by=by)
    messages.success(request, _("Taken back. It is a draft again, and needs a new vote."))
    return redirect("proposal", by.cooperative.slug, number)


@require_POST
@for_members
def say_of_proposal(request: HttpRequest, by: Membership, number: int) -> HttpResponse:
    """What a member wants to say."""
    found, form = _proposal_of(by, number), CommentForm(request.POST)
    if form.is_valid():
        return _done(request, by, found, form, _("Said."), lambda: proposals.say_of_proposal(
            proposal=found, text=form.cleaned_data["text"], at=timezone.now(), by=by
        ))  # fmt: skip
    return _page(request, by, found, form, 400)


def _done(request: HttpRequest, by: Membership, found: Proposal, form: BaseForm, words: str, act: Any) -> HttpResponse:
    """Do it and show the proposal again; what can be mended is said on the same page."""
    status = try_out(form, act)
    if form.errors:
        return _page(request, by, found, form, status)
    messages.success(request, words)
    return redirect("proposal", by.cooperative.slug, found.number)


def _proposal_of(by: Membership, number: int) -> Proposal:
    found = queries.proposal_of(by.cooperative, number)
    if found is None:
        raise NotFound
    return found
