"""Pages of the books: the overview, a lot's report, its chain of contributions, and how it is worked out."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from cooperatives.queries import process_names
from ledger.permissions import reads_books
from ledger.rules.refusal import NotFound
from reports import baselines, charts, exports, queries, tables
from reports.baselines.series import series
from reports.forms import AskForm
from reports.queries import LotReport, Overview, Reader
from reports.rules.figures import VERSION

GIVERS = 50  # on a page of who gave
LISTED = 50  # lots in the overview's table, those that brought most; rows without end would bury the page


def books(request: HttpRequest) -> HttpResponse:
    """What stays, what leaves and what nobody knows, for a place, a period and a cooperative."""
    form = AskForm(request.GET)
    found = queries.overview(form.asked(), _reader(request))
    _offer(form, found)
    shown = {table.name: table for table in tables.all_tables(found)}
    return render(
        request,
        "reports/books.html",
        _facts(request, found, shown, form)
        | {
            "flow": charts.flow_figure(shown["receivers"], shown["ends"], found.exponent),
            "over_time": charts.seasons_figure(found.seasons),
            "dots": charts.dots_figure(found.lots, baselines.condensed()),
            "has_dots": any(line.lot.condensation.density_gain is not None for line in found.lots),
            "lots": sorted(found.lots, key=lambda line: -line.lot.figures.price)[:LISTED],
            "unlisted": max(0, len(found.lots) - LISTED),
            "published": baselines.condensed(),
            "baselines": baselines.shares(),
            "here_groups": found.figures.groups,
        },
    )


def books_csv(request: HttpRequest) -> HttpResponse:
    """The figures of the overview as rows."""
    found = queries.overview(AskForm(request.GET).asked(), _reader(request))
    facts = exports.facts_of(found.asked, found.sealed, found.figures.price)
    return _csv(exports.csv_text(tables.all_tables(found), found.exponent, facts, found.lots), "books")


def lot_report(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """One lot: what its sales brought to whom."""
    form = AskForm(request.GET)
    found = queries.lot_report(slug, code, form.asked(), _reader(request))
    _offer(form, found)
    shown = {table.name: table for table in tables.lot_tables(found)}
    measures = tables.measures(found.line)
    return render(
        request,
        "reports/lot_report.html",
        _facts(request, found, shown, form)
        | {
            "flow": charts.flow_figure(shown["receivers"], shown["ends"], found.exponent),
            "measures": measures,
            "undefined": ", ".join(one.label for one in measures if one.value is None),
        },
    )


def lot_csv(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """The figures of one lot as rows."""
    found = queries.lot_report(slug, code, AskForm(request.GET).asked(), _reader(request))
    facts = [("lot", found.lot.path), *exports.facts_of(found.asked, found.sealed, found.figures.price)]
    return _csv(exports.csv_text(tables.lot_tables(found), found.exponent, facts, [found.line]), code)


def chain(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Who and what is behind one unit of a lot, step by step."""
    form = AskForm(request.GET)
    found = queries.lot_report(slug, code, form.asked(), _reader(request))
    shown = {table.name: table for table in tables.lot_tables(found)}
    people = len({b.owner for b in found.behind if b.owner.startswith("members/")})
    names = process_names({step.paths[0] for step in found.steps})
    listed = Paginator(shown["chain"].rows, GIVERS).get_page(request.GET.get("page"))
    more = {"steps": [(step, names.get(step.paths[0], "")) for step in found.steps], "people": people, "rows": listed}
    return render(request, "reports/chain.html", _facts(request, found, shown, form) | more)


def lot_making(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """How a lot was made: recipes, energy, tools; and what became of it."""
    found = queries.making_of(slug, code, _reader(request))
    return render(request, "reports/lot_making.html", {"here": "books", "found": found})


def recipe_comparison(request: HttpRequest, slug: str) -> HttpResponse:
    """Who makes by a recipe, and how they fare with it."""
    found = queries.compare(slug, _reader(request), at=timezone.now())
    if found is None:
        raise NotFound
    return render(request, "reports/recipe_comparison.html", {"here": "recipes", "found": found, "version": VERSION})


@reads_books
def contributors(request: HttpRequest) -> HttpResponse:
    """Everyone who gave to what was sold, for those who may read who got what."""
    form = AskForm(request.GET)
    found = queries.overview(form.asked(), _reader(request))
    _offer(form, found)
    gave = queries.contributors(found)
    evenly = queries.fairness(gave)
    if not found.reader.sees_all(c.address for c in found.sellers):
        gave = [one for one in gave if not one.owner.startswith("members/") or one.owner in found.reader.addresses]
    listed = Paginator(gave, GIVERS).get_page(request.GET.get("page"))
    rows = [(one, tables.name_of(one.owner, found.names), found.places.get(one.place or "", "")) for one in listed]
    more = {"rows": rows, "page": listed, "evenly": evenly}
    return render(request, "reports/contributors.html", _facts(request, found, {}, form) | more)


def elsewhere(request: HttpRequest) -> HttpResponse:
    """What others have published, each row with its source."""
    shown = []
    for table in series():
        numbers = [any(not isinstance(cells[n], str) for cells, _source in table.rows) for n in range(len(table.heads))]
        rows = [
            (
                [
                    (head, number, cell, isinstance(cell, str))
                    for head, number, cell in zip(table.heads, numbers, cells, strict=True)
                ],
                source,
            )
            for cells, source in table.rows
        ]
        heads = list(zip(table.heads, numbers, strict=True))
        shown.append({"name": table.name, "title": table.title, "says": table.says, "heads": heads, "rows": rows})
    return render(request, "reports/elsewhere.html", {"here": "books", "tables": shown})


def method(request: HttpRequest) -> HttpResponse:
    """How the bars are worked out."""
    return render(request, "reports/method.html", {"here": "books", "version": VERSION})


def _reader(request: HttpRequest) -> Reader:
    return queries.reader_of(request.user)


def _facts(request: HttpRequest, found: Overview | LotReport, shown: dict[str, Any], form: AskForm) -> dict[str, Any]:
    """What every page of a report says: its figures, and what they were worked out from."""
    place = found.places.get(found.asked.boundary, "")
    return {
        "here": "books",
        "form": form,
        "found": found,
        "figures": found.figures,
        "money": found.figures.money,
        "exponent": found.exponent,
        "place": place,
        "tables": shown,
        "since": found.asked.since,
        "until": form.cleaned_data.get("until") if form.is_valid() else None,
        "query": request.GET.urlencode(),
        "version": VERSION,
    }


def _offer(form: AskForm, found: Overview | LotReport) -> None:
    """Let the form offer what there is, and show what was taken where nothing was said."""
    depth = {path: "\u2003" * path.count("/") for path in found.places}
    offered: dict[str, list[tuple[str, Any]]] = {
        "place": [(path, f"{depth[path]}{name}") for path, name in found.places.items()],
        "cooperative": [],
        "money": [],
    }
    if isinstance(found, Overview):
        everyone = [("", _("All of them")), *((c.slug, c.name) for c in found.cooperatives)]
        offered["cooperative"] = everyone if len(found.cooperatives) > 1 else []
        offered["money"] = [(code, code) for code in found.monies]
    form.offer(**offered)
    taken = {"place": found.asked.boundary, "cooperative": found.asked.cooperative, "money": found.asked.money}
    form.data = {**dict(form.data.items()), **taken}


def _csv(text: str, name: str) -> HttpResponse:
    answer = HttpResponse(text, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
