"""Places: one as it was on a day, its outline taken away, and boundaries brought in from a file."""

import json
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cooperatives import queries
from cooperatives.forms.places import BoundaryFileForm, DayForm
from cooperatives.models import Membership, Place
from cooperatives.rules.outlines import geometry_of
from cooperatives.services.places import MOST_BYTES, BoundariesRefused, Problem, Told, import_boundaries
from cooperatives.views.access import for_stewards, shown, try_out
from ledger.rules.refusal import NotFound


@require_GET
def place(request: HttpRequest, path: str) -> HttpResponse:
    """A place on a day: its outline, what lay around and in it, who is there, and how its boundary changed."""
    found, on = _found(path), _day(request)
    context = {"here": "cooperatives", "place": found, "seen": queries.place_seen(found, on=on), "on": on,
               "form": DayForm(initial={"on": on})}  # fmt: skip
    return render(request, "cooperatives/place.html", context)


@require_GET
def place_outlines(request: HttpRequest, path: str) -> HttpResponse:
    """The place and all that lay in it on a day, as GeoJSON (RFC 7946): it can be brought in again as it is."""
    found, on = _found(path), _day(request)
    places = queries.places_within(found, on=on)
    shapes = queries.outlines_of([p.path for p in places], on=on)
    where = queries.atlas()
    features = [
        {
            "type": "Feature", "id": p.path,
            "properties": {"path": p.path, "name": p.name, "inside": where.around(p.path, on)},
            "geometry": geometry_of(shapes[p.path]) if p.path in shapes else None,
        }
        for p in places
    ]  # fmt: skip
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    answer = HttpResponse(text, content_type="application/geo+json")
    answer["Content-Disposition"] = f'attachment; filename="{path.replace("/", "-")}.geojson"'
    return answer


@require_http_methods(["GET", "POST"])
@for_stewards
def place_file(request: HttpRequest, by: Membership) -> HttpResponse:
    """Bring boundaries in from a GeoJSON file; the first time only look."""
    form = BoundaryFileForm(request.POST or None, request.FILES or None)
    problems: list[Problem] = []
    told: list[Told] = []
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            said = form.cleaned_data

            def bring() -> None:
                nonlocal told, problems
                try:
                    told = import_boundaries(
                        data=said["file"].read(MOST_BYTES + 1), since=said["since"], source=said["source"], by=by,
                        at=timezone.now(), is_rehearsal=said["only_look"],
                    )  # fmt: skip
                except BoundariesRefused as no:
                    problems = list(no.problems)
                    raise

            status = try_out(form, bring)
            if status == 200 and not said["only_look"]:
                messages.success(request, _("The boundaries are recorded."))
                return redirect("place", told[0].path) if told else redirect("place_file", by.cooperative.slug)
    return shown(
        request, "place_file", by, by.cooperative, tab="cooperative", form=form, problems=problems, told=told,
        status=status,
    )  # fmt: skip


def _found(path: str) -> Place:
    found = queries.place_at(path)
    if found is None:
        raise NotFound
    return found


def _day(request: HttpRequest) -> date | None:
    form = DayForm(request.GET)
    return form.cleaned_data["on"] if form.is_valid() else None
