"""The bank's statement at the stall: looked at first, then taken; and the lines that wait for a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from ledger.rules.refusal import NotFound, Refusal
from market import queries
from market.forms.payments import StatementForm
from market.rules.statements import order_names
from market.rules.words import bank_reference
from market.services import statements
from market.views.stall import at_the_stall, refused, shown

if TYPE_CHECKING:
    from cooperatives.models import Membership
    from market.models import BankLine, Order
    from market.services.statements import Taken

PAGE = 50


@require_GET
@at_the_stall
def bank_statement(request: HttpRequest, by: Membership) -> HttpResponse:
    """What the bank told, and what is to be done with it."""
    return _page(request, by, StatementForm())


def _page(
    request: HttpRequest,
    by: Membership,
    form: StatementForm,
    preview: Taken | None = None,
    content: str = "",
    status: int = 200,
) -> HttpResponse:
    page = Paginator(queries.bank_lines_of(by.cooperative), PAGE).get_page(request.GET.get("page"))
    waiting = _waiting(by)
    return shown(
        request,
        "bank_statement",
        by,
        page=page,
        waiting=waiting,
        form=form,
        preview=preview,
        content=content,
        status=status,
    )


def _waiting(by: Membership) -> list[tuple[BankLine, list[tuple[Order, str, int]]]]:
    """The lines for which no order was found, each with the orders that it names, their references and what each still
    costs: for the clerk to choose from."""
    lines = list(queries.bank_lines_of(by.cooperative, "unmatched")[:PAGE])
    orders = statements.orders_named(by.cooperative, *(line.text for line in lines))
    dues = statements.dues_of(orders, by.cooperative) if orders else {}
    named = {line.pk: order_names(line.text) for line in lines}
    return [
        (line, [(o, bank_reference(o.name), dues[o.name]) for o in orders if o.name in named[line.pk]])
        for line in lines
    ]


@require_POST
@at_the_stall
def take_statement(request: HttpRequest, by: Membership) -> HttpResponse:
    """The first press shows what a statement would do; the second, below what it showed, does it."""
    form = StatementForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, by, form, status=422)
    content, is_dry_run = form.cleaned_data["said"], not form.cleaned_data["is_seen"]
    try:
        taken = statements.take_statement(by=by, content=content, at=timezone.now(), is_dry_run=is_dry_run)
    except Refusal as no:
        return _page(request, by, form, status=refused(form, no))
    if is_dry_run:
        return _page(request, by, StatementForm(), taken, content)
    words = ngettext("One new line is taken.", "%(n)s new lines are taken.", len(taken.new))
    messages.success(request, words % {"n": len(taken.new)})
    return redirect("bank_statement", by.cooperative.slug)


@require_POST
@at_the_stall
def assign_line(request: HttpRequest, by: Membership, pk: int) -> HttpResponse:
    """Say for which order a line is, or that it is for none."""
    line = _line_of(by, pk)
    if "aside" in request.POST:
        statements.set_aside(by=by, line=line)
    else:
        said = " ".join(request.POST.getlist("reference"))
        statements.assign_line(by=by, line=line, reference=said, at=timezone.now())
    messages.success(request, _("It is as you said."))
    return redirect("bank_statement", by.cooperative.slug)


def _line_of(by: Membership, pk: int) -> BankLine:
    found = queries.bank_lines_of(by.cooperative).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found
