"""Give me: places by date: where they lay, how far they reached, and who is there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from cooperatives.models import Agent, Boundary, Cooperative, Hub, Place
from cooperatives.rules.outlines import Drawn, Outline, drawn, from_kept
from cooperatives.rules.places import Atlas, atlas_of
from ledger import queries as ledger


@dataclass(frozen=True, slots=True)
class PlaceSeen:
    """A place as it was on a day."""

    place: Place
    around: list[Place]  # outermost first
    inside: list[Place]  # one step in
    picture: Drawn | None
    boundary: Boundary | None  # the one in force; None where none was told yet
    boundaries: list[Boundary]  # all, the newest first
    cooperatives: list[Cooperative]
    hubs: list[Hub]
    agents: list[Agent]


def atlas() -> Atlas:
    """Where all places lay on any day, and what they are called."""
    rows = list(Place.objects.order_by().values_list("path", "name", "boundaries__since", "boundaries__inside__path"))
    moves = [(path, since, outer) for path, _name, since, outer in rows if since is not None]
    return atlas_of(moves, {path: name for path, name, *_move in rows})


def homes_of(owners: Iterable[str], where: Atlas, *, on: date | None = None) -> dict[str, str | None]:
    """Where each declared owner of the ledger was on a day, as a located path (rules/places.py); None where unknown."""
    end = datetime.combine(on + timedelta(days=1), time(), UTC) if on else None
    return where.locate(ledger.places_of(owners, before=end), on)


def place_at(path: str) -> Place | None:
    """The declared place of that path."""
    return Place.objects.filter(path=path).first()


def place_seen(place: Place, *, on: date | None = None) -> PlaceSeen:
    """A place on a day, today where none is named: what lay around and in it, its outline, and who is there."""
    where = atlas()
    own = where.located(place.path, on)
    paths = {path: where.located(path, on) for path in where.names}
    within = {path for path, lies in paths.items() if f"{lies}/".startswith(f"{own}/")}
    step = {path for path in within if paths[path].rpartition("/")[0] == own}
    outer = [path for path, lies in paths.items() if own.startswith(f"{lies}/")]
    named = {p.path: p for p in Place.objects.filter(path__in=[*step, *outer])}
    told = list(Boundary.objects.filter(place=place).select_related("inside"))
    shapes = outlines_of([place.path, *step], on=on)
    inner = [(named[path].name, shapes[path]) for path in sorted(step) if path in shapes]
    return PlaceSeen(
        place=place,
        around=[named[path] for path in sorted(outer, key=lambda path: paths[path].count("/"))],
        inside=sorted((named[path] for path in step), key=lambda p: p.name),
        picture=drawn(shapes[place.path], inner) if place.path in shapes else None,
        boundary=next((one for one in told if on is None or one.since <= on), None),
        boundaries=told,
        cooperatives=list(Cooperative.objects.filter(place__path__in=within)),
        hubs=list(Hub.objects.filter(place__path__in=within).select_related("cooperative", "place")),
        agents=list(Agent.objects.filter(place__path__in=within)),
    )


def outlines_of(paths: Iterable[str], *, on: date | None = None) -> dict[str, Outline]:
    """The outline of each place on a day, where it was known."""
    found = Boundary.objects.filter(place__path__in=list(paths), outline__isnull=False)
    if on is not None:
        found = found.filter(since__lte=on)
    newest = found.order_by("place_id", "-since").distinct("place_id").values_list("place__path", "outline")
    return {path: from_kept(outline) for path, outline in newest if outline}


def places_within(place: Place, *, on: date | None = None) -> list[Place]:
    """A place and all that lay in it on a day, outermost first."""
    where = atlas()
    found = [p for p in Place.objects.all() if where.lies_in(p.path, place.path, on)]
    return sorted(found, key=lambda p: where.located(p.path, on))


def is_there(cooperative: Cooperative, place: str) -> bool:
    """Whether a cooperative, or a hub of it, lies in a place today."""
    where = atlas()
    own = [cooperative.place.path] if cooperative.place else []
    hubs = cooperative.hubs.exclude(place=None).values_list("place__path", flat=True)
    return any(where.lies_in(path, place) for path in {*own, *hubs})
