"""Places by date: from which day a place lies where, and how far it reaches; one by one, or from a GeoJSON file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cooperatives.models import Boundary, Membership, Place, Role
from cooperatives.queries.places import atlas, is_there, outlines_of
from cooperatives.rules.outlines import Outline, as_kept, corners, corners_outside, read_features, read_outline
from cooperatives.services.people import declare_place, find_place, refuse_unless
from ledger.rules.refusal import BadInput, NotAllowed, Refusal
from ledger.services.journal import record_document

MOST_BYTES = 2 * 1024 * 1024
MOST_FEATURES = 200


class PlaceElsewhere(NotAllowed):
    """Your cooperative has neither its seat nor a collection point in “{path}”: its boundary is told by those who are
    there."""


class NotYet(BadInput):
    """A boundary counts from a day that has come; {since} has not."""


class PlaceTurnsBack(Refusal):
    """“{path}” cannot lie in “{inside}”, which lies in it itself."""


class BoundariesTooLarge(BadInput):
    """At most {megabytes} MB and {features} places in one file."""


class BoundariesRefused(BadInput):
    """This file cannot be taken as it is: {count} of its places have a problem. Nothing was recorded."""

    def __init__(self, problems: Sequence["Problem"]) -> None:
        super().__init__(count=len({problem.feature for problem in problems}))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one feature of a file; the first is number 1."""

    feature: int
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Told:
    """What one feature says, and what recording it does: `new` place, `changed` boundary, or the `same` as before."""

    path: str
    name: str
    since: date
    does: str
    corners: int
    outside: int  # corners beyond the outline of the place around it, where both are known
    inside: str  # the name of that place


@transaction.atomic
def set_boundary(
    *, place: Place, since: date, inside: Place | None, outline: Outline | None, source: str = "",
    by: Membership | None, at: datetime,
) -> Boundary:  # fmt: skip
    """From `since` on a place lies in `inside` (None: in none) and reaches as far as `outline`; None: as far as before.
    Told again for the same day, it is a correction. One document in the log for each day, in versions.

    Raises NotAllowed (a steward tells it), PlaceElsewhere, NotYet, PlaceTurnsBack.
    """
    _refuse_strangers(by, place.path)
    return _write(place=place, since=since, inside=inside, outline=outline, source=source, by=by, at=at)


def _write(
    *, place: Place, since: date, inside: Place | None, outline: Outline | None, source: str, by: Membership | None,
    at: datetime,
) -> Boundary:  # fmt: skip
    if since > at.date():
        raise NotYet(since=since)
    Place.objects.select_for_update().get(pk=place.pk)
    if inside is not None and (inside.pk == place.pk or atlas().would_turn_back(place.path, inside.path)):
        raise PlaceTurnsBack(path=place.path, inside=inside.path)
    known = outline or outlines_of([place.path], on=since).get(place.path)
    kept = as_kept(known) if known else None
    before = Boundary.objects.filter(place=place, since=since).first()
    said = {"inside": inside, "outline": kept, "source": source.strip()}
    if before and all(getattr(before, name) == value for name, value in said.items()):
        return before
    told, _new = Boundary.objects.update_or_create(
        place=place, since=since, defaults=said | {"recorded_by": by, "recorded_at": at}
    )
    body = {
        "place": place.path, "since": since.isoformat(), "inside": inside.path if inside else None, "outline": kept,
        "source": told.source,
    }  # fmt: skip
    author = by.cooperative.address if by else "operators/market"
    record_document(kind="boundary", name=f"{place.path}@{since}", body=body, by=author, at=at)
    return told


def import_boundaries(
    *, data: bytes, since: date, source: str = "", by: Membership, at: datetime, is_rehearsal: bool
) -> list[Told]:
    """What a GeoJSON file says of places: all of it, or nothing. Each feature names its `path`, and where they differ
    from what is known its `name`, `inside` and `since`. A rehearsal changes nothing.

    Raises NotAllowed (a steward brings it), NoGeoJSON, BoundariesTooLarge, BoundariesRefused.
    """
    refuse_unless(by, Role.STEWARD)
    if len(data) > MOST_BYTES:
        raise BoundariesTooLarge(megabytes=MOST_BYTES // 1024**2, features=MOST_FEATURES)
    features = read_features(data)
    if len(features) > MOST_FEATURES:
        raise BoundariesTooLarge(megabytes=MOST_BYTES // 1024**2, features=MOST_FEATURES)
    told: list[Told] = []
    problems: list[Problem] = []
    with transaction.atomic():
        for number, feature in enumerate(features, start=1):
            said = feature.get("properties") or {}
            path = str(said.get("path") or feature.get("id") or "") if isinstance(said, dict) else ""
            try:
                with transaction.atomic():
                    told.append(_take(path, said if isinstance(said, dict) else {}, feature.get("geometry"), since,
                                      source, by, at))  # fmt: skip
            except Refusal as no:
                problems.append(Problem(number, path[:200], no.words(_)))
        if problems:
            raise BoundariesRefused(problems)
        transaction.set_rollback(is_rehearsal)
    return told


def _take(
    path: str, said: dict[str, Any], geometry: Any, since: date, source: str, by: Membership, at: datetime
) -> Told:
    outline = read_outline(geometry) if geometry is not None else None
    first = _day(said.get("since")) or since
    place, does = Place.objects.filter(path=path).first(), "changed"
    name = str(said.get("name") or (place.name if place else path.rpartition("/")[2]))[:100]
    if place is None:
        _refuse_strangers(by, path.rpartition("/")[0])
        place, does = declare_place(path=path, name=name, at=at, by=by.cooperative.address), "new"
    where = atlas()
    wanted = said["inside"] if "inside" in said else where.around(path, first)
    inside = find_place(str(wanted)) if wanted else None
    before = Boundary.objects.filter(place=place, since__lte=first).first()
    was = (where.around(path, first), before.outline if before else None)
    if does != "new" and was == (inside and inside.path, as_kept(outline) if outline else was[1]):
        does = "same"
    else:
        if does == "changed":
            _refuse_strangers(by, path)
        _write(
            place=place, since=first, inside=inside, outline=outline, source=str(said.get("source") or source)[:200],
            by=by, at=at,
        )  # fmt: skip
    rim = outlines_of([inside.path], on=first).get(inside.path) if inside else None
    outside = corners_outside(outline, rim) if outline and rim else 0
    return Told(path, name, first, does, corners(outline) if outline else 0, outside, inside.name if inside else "")


def _day(said: Any) -> date | None:
    try:
        return date.fromisoformat(said) if isinstance(said, str) and said else None
    except ValueError as broken:
        raise NoSuchDay(day=said[:40]) from broken


class NoSuchDay(BadInput):
    """“{day}” is no day; write it as 2026-01-31."""


def _refuse_strangers(by: Membership | None, path: str) -> None:
    """NotAllowed unless a steward speaks, and of where the cooperative is; None is the program itself, which may."""
    refuse_unless(by, Role.STEWARD)
    if by is not None and not (path and is_there(by.cooperative, path)):
        raise PlaceElsewhere(path=path)
