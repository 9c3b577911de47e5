"""A member's passbook: what was given, earned, taken off and paid, with the balance after each line."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from cooperatives import queries
from cooperatives.models import Membership
from cooperatives.queries.credit import circle_of, credit_account, credit_lines
from cooperatives.views.access import for_members, member_of, shown
from cooperatives.views.credit import credit_rows
from ledger import queries as ledger
from ledger.rules.refusal import NotFound

A_PAGE = 100
MOST_LINES = 50  # in credit; the page of credit has them all


@never_cache
@login_required
@require_GET
def passbook(request: HttpRequest) -> HttpResponse:
    """One's own passbook; a choice where there are several."""
    mine = queries.memberships_of(request.user)
    if len(mine) == 1:
        return _page(request, mine[0], mine[0])
    return render(request, "cooperatives/passbooks.html", {"here": "passbook", "memberships": mine})


@require_GET
@for_members
def member_passbook(request: HttpRequest, by: Membership, name: str) -> HttpResponse:
    """A member's passbook, for the member, for some by their office, and for the others where the member shows it."""
    if by.address == f"members/{name}":
        if len(queries.memberships_of(request.user)) == 1:
            return redirect("passbook")
        return _page(request, by, by)
    member = member_of(by, f"members/{name}")
    if not queries.may_read_amounts(member, by):
        raise NotFound
    return _page(request, by, member)


def _page(request: HttpRequest, by: Membership, member: Membership) -> HttpResponse:
    book = queries.passbook(member)
    name = queries.shown_name(member, by)
    here = "passbook" if by.pk == member.pk else "cooperatives"
    pages = Paginator(book.lines, A_PAGE)
    leaf = pages.get_page(request.GET.get("page", pages.num_pages))  # the newest line stands last
    sealed = ledger.sealed(line.entry.token for line in leaf)
    circle = circle_of(member.cooperative)
    held, rows = 0, []
    if circle and by.pk == member.pk:  # who paid whom in credit is nobody else's business
        lines = credit_lines(circle, by.address)
        held = lines[0].balance if lines else 0
        rows = credit_rows(lines[:MOST_LINES], queries.names_of({line.other for line in lines[:MOST_LINES]}, reader=by))
    elif circle:
        held = credit_account(circle, member.address).balance
    return shown(
        request, "passbook", by, member.cooperative, here=here, book=book, leaf=leaf, member=member, name=name,
        sealed=sealed, circle=circle, held=held, rows=rows,
    )  # fmt: skip
