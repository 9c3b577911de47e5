"""Outlines of places: GeoJSON polygons (RFC 7946) in whole millionths of a degree, checked exactly.

A point is (longitude, latitude) in WGS 84; a ring is closed, its last point is its first; a polygon is its outer ring,
counterclockwise, and its holes, clockwise; an outline is its polygons, since places have islands.
"""

import json
from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from math import cos, radians
from typing import Any

from ledger.rules.refusal import BadInput

MICRO = 10**6  # parts of a degree: the last is a hand's breadth, which RFC 7946 (11.2) calls enough
MOST_POINTS = 2_000  # so that an outline fits into one record of the log
FURTHEST = (180 * MICRO, 90 * MICRO)

Point = tuple[int, int]
Ring = tuple[Point, ...]
Polygon = tuple[Ring, ...]
Outline = tuple[Polygon, ...]
Segment = tuple[Point, Point]


class NoGeoJSON(BadInput):
    """This is no GeoJSON that we can read: send a FeatureCollection or a Feature, in UTF-8."""


class NotAPolygon(BadInput):
    """An outline is a Polygon or a MultiPolygon; this is none."""


class PositionUnreadable(BadInput):
    """“{position}” is no position: longitude, then latitude, in degrees of WGS 84."""


class RingOpen(BadInput):
    """A ring near {near} is not closed: its last position must be its first."""


class RingTooShort(BadInput):
    """A ring near {near} has fewer than three different corners."""


class OutlineTooFine(BadInput):
    """This outline has {points} corners, and at most {most} fit into one record. Simplify it first."""


class OutlineCrossesItself(BadInput):
    """The outline crosses or touches itself near {near}."""


class HoleOutside(BadInput):
    """A hole near {near} lies outside the area that it is cut from, or in another hole."""


class PartsOverlap(BadInput):
    """Two parts of the outline overlap near {near}."""


class CrossesTheDateLine(BadInput):
    """The outline crosses the 180th meridian near {near}. Cut it in two parts there, as RFC 7946 asks."""


def read_features(data: bytes) -> list[dict[str, Any]]:
    """The features of a GeoJSON file; numbers are read exactly. NoGeoJSON."""
    try:
        said = json.loads(data.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_refuse_constant)
    except (UnicodeDecodeError, ValueError, RecursionError, InvalidOperation) as broken:
        raise NoGeoJSON() from broken
    kind = said.get("type") if isinstance(said, dict) else None
    found = [said] if kind == "Feature" else said.get("features") if kind == "FeatureCollection" else None
    if not isinstance(found, list) or not all(isinstance(f, dict) and f.get("type") == "Feature" for f in found):
        raise NoGeoJSON()
    return found


def _refuse_constant(word: str) -> Any:
    raise ValueError(word)


def read_outline(geometry: Any) -> Outline:
    """The outline that a Polygon or MultiPolygon describes: rounded to millionths of a degree, each ring turned the way
    RFC 7946 wants it. Refuses what bounds no area, or more than one way."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    parts = geometry.get("coordinates") if kind in {"Polygon", "MultiPolygon"} else None
    polygons = [parts] if kind == "Polygon" else parts
    if not isinstance(polygons, list) or not polygons:
        raise NotAPolygon()
    outline = tuple(_read_polygon(polygon) for polygon in polygons)
    points = sum(len(ring) - 1 for polygon in outline for ring in polygon)
    if points > MOST_POINTS:
        raise OutlineTooFine(points=points, most=MOST_POINTS)
    _refuse_crossing(outline)
    _refuse_misplaced(outline)
    return outline


def _read_polygon(said: Any) -> Polygon:
    if not isinstance(said, list) or not said:
        raise NotAPolygon()
    rings = [_read_ring(ring) for ring in said]
    return tuple(_turned(ring, left=n == 0) for n, ring in enumerate(rings))


def _read_ring(said: Any) -> Ring:
    if not isinstance(said, list) or not said:
        raise NotAPolygon()
    points = [read_point(position) for position in said]
    if points[0] != points[-1]:
        raise RingOpen(near=say_point(points[0]))
    # Rounding may have brought neighbours together.
    kept = [point for n, point in enumerate(points) if n == 0 or point != points[n - 1]]
    if len(set(kept)) < 3:
        raise RingTooShort(near=say_point(points[0]))
    for one, other in pairwise(kept):
        if abs(one[0] - other[0]) > FURTHEST[0]:
            raise CrossesTheDateLine(near=say_point(one))
    return tuple(kept)


def read_point(said: Any) -> Point:
    """A position as GeoJSON has it, in millionths of a degree. PositionUnreadable."""
    if not isinstance(said, list) or len(said) not in {2, 3}:  # a third number is a height, which we leave
        raise PositionUnreadable(position=str(said)[:60])
    read = []
    for number, furthest in zip(said, FURTHEST, strict=False):
        if isinstance(number, bool) or not isinstance(number, int | Decimal) or abs(Decimal(number)) * MICRO > furthest:
            raise PositionUnreadable(position=", ".join(str(n)[:30] for n in said))
        read.append(int((Decimal(number) * MICRO).to_integral_value()))
    return read[0], read[1]


def _turned(ring: Ring, *, left: bool) -> Ring:
    return ring if (_double_area(ring) > 0) == left else ring[::-1]


def _double_area(ring: Ring) -> int:
    """Twice the area, above zero where the ring runs counterclockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))


def _refuse_crossing(outline: Outline) -> None:
    """Each two edges share nothing; neighbours of a ring share their corner alone. Swept by longitude."""
    rings = [ring for polygon in outline for ring in polygon]
    edges = sorted(
        (min(a[0], b[0]), max(a[0], b[0]), number, n, (a, b))
        for number, ring in enumerate(rings)
        for n, (a, b) in enumerate(pairwise(ring))
    )
    beside: list[tuple[int, int, int, Segment]] = []  # by where they end
    for start, end, number, n, edge in edges:
        while beside and beside[0][0] < start:
            beside.pop(0)
        for _end, other_number, m, other in beside:
            length = len(rings[number]) - 1
            if number == other_number and (n - m) % length == 1:
                touches = _folds_back(other, edge)
            elif number == other_number and (m - n) % length == 1:
                touches = _folds_back(edge, other)
            else:
                touches = _meet(edge, other)
            if touches:
                raise OutlineCrossesItself(near=say_point(edge[0]))
        insort(beside, (end, number, n, edge))


def _folds_back(first: Segment, second: Segment) -> bool:
    """Whether an edge runs back over the one before it."""
    (a, b), (_b, c) = first, second
    ahead = (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1])
    return _side(a, b, c) == 0 and ahead < 0


def _meet(one: Segment, other: Segment) -> bool:
    """Whether two edges have a point in common."""
    (a, b), (c, d) = one, other
    if max(a[1], b[1]) < min(c[1], d[1]) or max(c[1], d[1]) < min(a[1], b[1]):
        return False
    sides = _side(a, b, c), _side(a, b, d), _side(c, d, a), _side(c, d, b)
    if sides[0] * sides[1] < 0 and sides[2] * sides[3] < 0:
        return True
    ends = zip(sides, (c, d, a, b), ((a, b), (a, b), (c, d), (c, d)), strict=True)
    return any(side == 0 and _spans(edge, point) for side, point, edge in ends)


def _side(a: Point, b: Point, c: Point) -> int:
    """Above zero where c lies left of the way from a to b, zero where on it; exact, since numbers are whole."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _spans(edge: Segment, point: Point) -> bool:
    (a, b), (x, y) = edge, point
    return min(a[0], b[0]) <= x <= max(a[0], b[0]) and min(a[1], b[1]) <= y <= max(a[1], b[1])


def _refuse_misplaced(outline: Outline) -> None:
    """No ring touches another here, so one point of a ring tells where all of it lies."""
    for n, (outer, *holes) in enumerate(outline):
        for m, hole in enumerate(holes):
            others = holes[:m] + holes[m + 1 :]
            if not in_ring(hole[0], outer) or any(in_ring(hole[0], other) for other in others):
                raise HoleOutside(near=say_point(hole[0]))
        for other in outline[:n] + outline[n + 1 :]:
            if is_in(outer[0], (other,)):
                raise PartsOverlap(near=say_point(outer[0]))


def in_ring(point: Point, ring: Ring) -> bool:
    """Whether a point lies inside a ring or on it."""
    _x, y = point
    inside = False
    for a, b in pairwise(ring):
        side = _side(a, b, point)
        if side == 0 and _spans((a, b), point):
            return True
        if (a[1] > y) != (b[1] > y) and (side > 0) == (b[1] > a[1]):
            inside = not inside
    return inside


def is_in(point: Point, outline: Outline) -> bool:
    """Whether a point lies in an outline or on its rim."""
    for outer, *holes in outline:
        if in_ring(point, outer) and not any(_strictly_in(point, hole) for hole in holes):
            return True
    return False


def _strictly_in(point: Point, ring: Ring) -> bool:
    on_rim = any(_side(a, b, point) == 0 and _spans((a, b), point) for a, b in pairwise(ring))
    return not on_rim and in_ring(point, ring)


def corners_outside(inner: Outline, outer: Outline) -> int:
    """How many corners of one outline lie outside another: zero where a village is drawn inside its district."""
    return sum(not is_in(point, outer) for polygon in inner for ring in polygon for point in ring[:-1])


def corners(outline: Outline) -> int:
    """How many corners an outline has."""
    return sum(len(ring) - 1 for polygon in outline for ring in polygon)


def geometry_of(outline: Outline) -> dict[str, Any]:
    """An outline as GeoJSON, in degrees."""
    parts = [[[[x / MICRO, y / MICRO] for x, y in ring] for ring in polygon] for polygon in outline]
    return {"type": "Polygon", "coordinates": parts[0]} if len(parts) == 1 else {
        "type": "MultiPolygon", "coordinates": parts,
    }  # fmt: skip


def as_kept(outline: Outline) -> list[list[list[list[int]]]]:
    """An outline as records and tables keep it: lists of whole numbers."""
    return [[[list(point) for point in ring] for ring in polygon] for polygon in outline]


def from_kept(kept: Sequence[Sequence[Sequence[Sequence[int]]]]) -> Outline:
    """What `as_kept` wrote."""
    return tuple(tuple(tuple((p[0], p[1]) for p in ring) for ring in polygon) for polygon in kept)


def say_point(point: Point) -> str:
    """A point as people write it: 1.6W 6.7N."""
    x, y = Decimal(point[0]) / MICRO, Decimal(point[1]) / MICRO
    return f"{abs(x):.4f}{'W' if x < 0 else 'E'} {abs(y):.4f}{'S' if y < 0 else 'N'}"


@dataclass(frozen=True, slots=True)
class Drawn:
    """Outlines as SVG paths inside a box of `width` × `height`; north is up."""

    width: int
    height: int
    path: str
    within: tuple[tuple[str, str], ...]  # (name, path) of each place inside it


def drawn(outline: Outline, within: Iterable[tuple[str, Outline]] = (), *, side: int = 280, edge: int = 4) -> Drawn:
    """An outline as a small picture, `side` pixels at its longer side, with the outlines of what lies within."""
    xs = [x for polygon in outline for ring in polygon for x, _y in ring]
    ys = [y for polygon in outline for ring in polygon for _x, y in ring]
    west, north = min(xs), max(ys)
    narrow = cos(radians((north + min(ys)) / 2 / MICRO))  # degrees of longitude are shorter away from the equator
    wide, high = (max(xs) - west) * narrow, north - min(ys)
    scale = (side - 2 * edge) / max(wide, high)

    def path(of: Outline) -> str:
        return "".join(f"M{'L'.join(_placed(ring))}Z" for polygon in of for ring in polygon)

    def _placed(ring: Ring) -> Iterator[str]:
        for x, y in ring[:-1]:
            yield f"{edge + (x - west) * narrow * scale:.1f},{edge + (north - y) * scale:.1f}"

    return Drawn(
        round(wide * scale) + 2 * edge, round(high * scale) + 2 * edge, path(outline),
        tuple((name, path(other)) for name, other in within),
    )  # fmt: skip
