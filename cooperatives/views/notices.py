"""The board of offers and requests: find, post, answer, close."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cooperatives import queries
from cooperatives.forms.notices import NoticeForm, NoticeSearch, ReplyForm
from cooperatives.models import Membership, Notice
from cooperatives.services import notices
from cooperatives.views.access import try_out
from ledger.rules.refusal import NotFound

PAGE = 30


@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """What is offered and looked for, found by kind, place and words."""
    mine = queries.memberships_of(request.user)
    return _board(request, mine, NoticeForm(memberships=mine))


@require_POST
@login_required
def post_notice(request: HttpRequest) -> HttpResponse:
    """Put something on the board."""
    mine = _mine(request)
    form = NoticeForm(request.POST, memberships=mine)
    status = 400
    if form.is_valid():
        said = form.cleaned_data
        by = next(m for m in mine if m.cooperative.slug == said["cooperative"])
        status = try_out(form, lambda: notices.post_notice(
            by=by, is_wanted=said["what"] == "wanted", kind=said["kind"], title=said["title"], words=said["words"],
            place=said["place"].path if said["place"] else None, at=timezone.now(),
        ))  # fmt: skip
    if form.errors:
        return _board(request, mine, form, status=status)
    messages.success(request, _("It is on the board."))
    return redirect("board")


@require_GET
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """One offer or request; whoever posted it reads the answers here."""
    found = _found(pk)
    mine = queries.memberships_of(request.user)
    rows = [(one, queries.shown_name(one.by, mine[0] if mine else None)) for one in queries.replies_to(found, mine)]
    is_own = any(m.pk == found.by_id for m in mine)
    context = {
        "here": "cooperatives", "notice": found, "replies": rows, "is_own": is_own,
        "may_close": any(queries.may_close(found, m) for m in mine), "form": ReplyForm(memberships=mine),
        "may_answer": bool(mine) and not is_own and found.closed_at is None,
    }  # fmt: skip
    return render(request, "cooperatives/notice.html", context)


@require_POST
@login_required
def answer_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer it."""
    found, mine = _found(pk), _mine(request)
    form = ReplyForm(request.POST, memberships=mine)
    said = form.cleaned_data if form.is_valid() else {"cooperative": mine[0].cooperative.slug, "words": ""}
    by = next(m for m in mine if m.cooperative.slug == said["cooperative"])
    notices.answer_notice(notice=found, words=said["words"], language=get_language() or "en", by=by, at=timezone.now())
    messages.success(request, _("Your answer is on its way."))
    return redirect("notice", pk)


@require_POST
@login_required
def close_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it off the board."""
    found, mine = _found(pk), _mine(request)
    by = next((m for m in mine if m.cooperative_id == found.cooperative_id), mine[0])
    notices.close_notice(notice=found, by=by, at=timezone.now())
    messages.success(request, _("It is off the board."))
    return redirect("board")


def _found(pk: int) -> Notice:
    found = queries.notice(pk)
    if found is None:
        raise NotFound
    return found


def _mine(request: HttpRequest) -> list[Membership]:
    """The reader's memberships; for those who belong nowhere there is nothing here."""
    mine = queries.memberships_of(request.user)
    if not mine:
        raise NotFound
    return mine


def _board(request: HttpRequest, mine: list[Membership], form: NoticeForm, *, status: int = 200) -> HttpResponse:
    search = NoticeSearch(request.GET)
    said = search.cleaned_data if search.is_valid() else {}
    wanted = {"offered": False, "wanted": True}.get(said.get("what", ""))
    found = queries.notices(
        is_wanted=wanted, kind=said.get("kind", ""), words=said.get("words", ""),
        place=said["place"].path if said.get("place") else "",
    )  # fmt: skip
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {"here": "cooperatives", "leaf": page, "search": search, "form": form, "mine": mine}
    return render(request, "cooperatives/board.html", context, status=status)
