"""Contributions, lots and recipes as tables: taken away by members, and brought in by who may record them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cooperatives.forms.fields import as_measured
from cooperatives.forms.making import MakingFileForm
from cooperatives.forms.recipes import ALLOCATIONS, LEVELS, TERMS
from cooperatives.models import Membership, Role
from cooperatives.queries import making_tables as queries
from cooperatives.queries.recipes import design_of
from cooperatives.rules.measures import measure_of
from cooperatives.rules.recipes import Design, Input, Output
from cooperatives.services.contribution_files import columns, import_contributions
from cooperatives.services.lot_files import import_lots, lot_columns
from cooperatives.services.recipe_tables import import_recipes, line_words, recipe_columns, source_words
from cooperatives.services.recipes import DESIGNERS
from cooperatives.services.table_cells import Brought, Problem
from cooperatives.views.access import for_members, shown
from cooperatives.views.files import as_file, bring_in
from ledger.queries import units
from ledger.rules.refusal import NotAllowed, NotFound


@require_GET
@for_members
def making_table(request: HttpRequest, by: Membership, what: str, kind: str) -> HttpResponse:
    """One of the tables as CSV or XLSX."""
    return as_file(ROWS[what](by), kind, f"{by.cooperative.slug}-{what}")


@require_http_methods(["GET", "POST"])
@for_members
def making_tables(request: HttpRequest, by: Membership) -> HttpResponse:
    """The tables to take away; for who may record it, contributions, lots and recipes to bring in: the first time only
    look."""
    what = request.POST.get("what", "contributions")
    if what not in BRING:
        raise NotFound
    form = MakingFileForm(request.POST or None, request.FILES or None, auto_id=f"id_{what}_%s")
    problems: list[Problem] = []
    brought, status = None, 200
    if request.method == "POST":
        if not by.has_role(*BRING[what].roles):
            raise NotAllowed
        bring = partial(BRING[what].bring, cooperative=by.cooperative, by=by, at=timezone.now())
        brought, problems, status = bring_in(form, bring)
        if brought is not None and not form.cleaned_data["only_look"]:
            said = {"new": brought.new, "known": brought.known}
            messages.success(request, _("%(new)s recorded, %(known)s were in the books already.") % said)
            return redirect("recipe_desk" if what == "recipes" else "making", by.cooperative.slug)
    return shown(
        request, "making_tables", by, by.cooperative, tab="making", status=status,
        tables=[
            {
                "what": each, "heads": ", ".join(table.columns().values()),
                "form": form if each == what else MakingFileForm(auto_id=f"id_{each}_%s"),
                "problems": problems if each == what else [], "brought": brought if each == what else None,
            }
            for each, table in BRING.items() if by.has_role(*table.roles)
        ],
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
            str(row.minutes) if row.minutes else "", row.key, row.grade,
        ])  # fmt: skip
    return rows


def _lots(by: Membership) -> list[list[str]]:
    rows = [list(lot_columns().values())]
    found = queries.lots_of(by.cooperative)
    grams = units({lot.unit for lot, _left in found})
    for lot, left in found:
        version = lot.process.recipe if lot.process else None
        spoken = measure_of(lot.unit).symbol
        rows.append([
            lot.code, lot.goods, as_measured(left, lot.unit), spoken,
            str(grams[lot.unit].grams or 0) if spoken == lot.unit and lot.unit in grams else "", lot.hub.slug,
            _moment(lot.opened_at), lot.process.code if lot.process else "",
            f"{version.recipe.slug} {version.number}" if version else "", str(lot.best_before or ""), "",
        ])  # fmt: skip
    return rows


def _recipes(by: Membership) -> list[list[str]]:
    """A row for each thing that goes in, comes out or is done; what all rows of a version share stands in the first."""
    rows, words = [list(recipe_columns().values())], {kind: str(word) for kind, word in line_words().items()}
    for version in queries.recipe_versions_of(by.cooperative):
        design = design_of(version)
        about = [
            design.license, str(dict(TERMS)[design.terms]), str(dict(LEVELS)[design.readiness]),
            str(dict(ALLOCATIONS)[design.allocation]), design.source, version.recipe.slug,
            _moment(version.published_at) if version.published_at else "",
        ]  # fmt: skip
        for line in _lines(design, words):
            rows.append([design.name, str(version.number), *line, *about])
            about = [""] * 5 + about[5:6] + [""]
    return rows


def _lines(design: Design, words: Mapping[str, str]) -> list[list[str]]:
    """What a recipe says, as: line, what, how much, counted in, grams of one, minutes, value of one."""
    goods: list[Input | Output] = [*design.inputs, *design.outputs]
    pieces = {row.unit for row in goods if measure_of(row.unit).symbol == row.unit}
    grams = units(pieces)
    lines: list[list[str]] = []
    sides: list[tuple[str, Input | Output, str]] = [("in", row, "") for row in design.inputs]
    sides += [("scrap" if row.is_scrap else "out", row, str(row.value)) for row in design.outputs]
    for kind, row, value in sides:
        lines.append([
            words[kind], row.goods, as_measured(row.quantity, row.unit), measure_of(row.unit).symbol,
            str(grams[row.unit].grams or 0) if row.unit in grams else "", "", value,
        ])  # fmt: skip
    lines += [[words["step"], step.text, "", "", "", str(step.minutes), ""] for step in design.steps]
    sources = source_words()
    lines += [
        [words["energy"], sources[energy.source], as_measured(energy.watt_hours, "Wh"), "kWh", "", "", ""]
        for energy in design.energy
    ]
    lines += [[words["equipment"], thing, "", "", "", "", ""] for thing in design.equipment]
    return lines


def _moment(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S")


ROWS: dict[str, Callable[[Membership], list[list[str]]]] = {
    "contributions": _contributions, "lots": _lots, "recipes": _recipes,
}  # fmt: skip


class Bring(NamedTuple):
    """A table that can be brought in: its heads, what takes its rows, and who may send it."""

    columns: Callable[[], dict[str, str]]
    bring: Callable[..., Brought]
    roles: tuple[str, ...]


BRING = {
    "contributions": Bring(columns, import_contributions, (Role.STEWARD, Role.CLERK)),
    "lots": Bring(lot_columns, import_lots, (Role.STEWARD, Role.CLERK)),
    "recipes": Bring(recipe_columns, import_recipes, DESIGNERS),
}
