"""Contributions, lots and recipes as tables: taken away by members, contributions also brought in by a clerk."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cooperatives.forms.fields import as_measured
from cooperatives.forms.making import ContributionFileForm
from cooperatives.forms.recipes import LEVELS, TERMS
from cooperatives.models import Membership, Role
from cooperatives.queries import making_tables as queries
from cooperatives.queries.recipes import design_of
from cooperatives.rules.measures import measure_of
from cooperatives.services.contribution_files import columns, import_contributions
from cooperatives.services.member_files import Problem
from cooperatives.views.access import for_members, shown
from cooperatives.views.files import as_file, bring_in
from ledger.rules.refusal import NotAllowed


@require_GET
@for_members
def making_table(request: HttpRequest, by: Membership, what: str, kind: str) -> HttpResponse:
    """One of the tables as CSV or XLSX."""
    return as_file(ROWS[what](by), kind, f"{by.cooperative.slug}-{what}")


@require_http_methods(["GET", "POST"])
@for_members
def making_tables(request: HttpRequest, by: Membership) -> HttpResponse:
    """The tables to take away; for a steward or a clerk, contributions to bring in: the first time only look."""
    form = ContributionFileForm(request.POST or None, request.FILES or None)
    problems: list[Problem] = []
    brought, status = None, 200
    may_record = by.has_role(Role.STEWARD, Role.CLERK)
    if request.method == "POST":
        if not may_record:
            raise NotAllowed
        bring = partial(import_contributions, cooperative=by.cooperative, by=by, at=timezone.now())
        brought, problems, status = bring_in(form, bring)
        if brought is not None and not form.cleaned_data["only_look"]:
            said = {"new": brought.new, "known": brought.known}
            messages.success(request, _("%(new)s recorded, %(known)s were in the books already.") % said)
            return redirect("making", by.cooperative.slug)
    return shown(
        request, "making_tables", by, by.cooperative, tab="making", form=form, problems=problems, brought=brought,
        heads=columns().values(), may_record=may_record, whats=list(ROWS), status=status,
    )  # fmt: skip


def _contributions(by: Membership) -> list[list[str]]:
    rows = [list(columns().values())]
    for row in queries.contributions_of(by.cooperative, by):
        is_goods = bool(row.goods)
        gross = row.net + row.tare  # as it stands after corrections
        rows.append([
            _moment(row.at), row.giver.number or row.giver.random_name, row.goods,
            as_measured(gross, row.unit) if is_goods else "", as_measured(row.tare, row.unit) if is_goods else "",
            measure_of(row.unit).symbol if is_goods else "", row.hub, row.lot, row.process,
            str(row.minutes) if row.minutes else "", row.key,
        ])  # fmt: skip
    return rows


def _lots(by: Membership) -> list[list[str]]:
    rows = [[_("Lot"), _("Goods"), _("Left"), _("Counted in"), _("Place"), _("Opened"), _("Process"), _("Recipe"),
             _("Best before")]]  # fmt: skip
    for lot, left in queries.lots_of(by.cooperative):
        version = lot.process.recipe if lot.process else None
        rows.append([
            lot.code, lot.goods, as_measured(left, lot.unit), measure_of(lot.unit).symbol, lot.hub.slug,
            _moment(lot.opened_at), lot.process.code if lot.process else "",
            f"{version.recipe.slug} {version.number}" if version else "", str(lot.best_before or ""),
        ])  # fmt: skip
    return rows


def _recipes(by: Membership) -> list[list[str]]:
    rows = [[
        _("Short name"), _("Name"), _("Version"), _("Published"), _("Licence"), _("May sell what is made"),
        _("How ready"), _("What goes in"), _("What comes out"), _("Minutes"), _("Where it comes from"),
    ]]  # fmt: skip
    for version in queries.own_recipes(by.cooperative):
        design = design_of(version)
        sides = [
            "; ".join(f"{r.goods} {as_measured(r.quantity, r.unit)} {measure_of(r.unit).symbol}" for r in side)
            for side in (list(design.inputs), list(design.outputs))
        ]
        rows.append([
            version.recipe.slug, design.name, str(version.number),
            _moment(version.published_at) if version.published_at else "", design.license,
            str(dict(TERMS)[design.terms]), str(dict(LEVELS)[design.readiness]), *sides, str(design.minutes),
            design.source,
        ])  # fmt: skip
    return rows


def _moment(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S")


ROWS: dict[str, Callable[[Membership], list[list[str]]]] = {
    "contributions": _contributions, "lots": _lots, "recipes": _recipes,
}  # fmt: skip
