"""Outlines: what bounds an area is read, turned and kept exactly; what does not is refused, and told where."""

import json
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import cos, pi, sin
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooperatives.rules import outlines
from cooperatives.rules.outlines import (
    MICRO,
    as_kept,
    corners,
    corners_outside,
    drawn,
    from_kept,
    geometry_of,
    is_in,
    read_features,
    read_outline,
)

pytestmark = pytest.mark.quick

SQUARE = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]
HOLE = [[1, 1], [1, 2], [2, 2], [2, 1], [1, 1]]


def polygon(*rings: list[list[Any]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def islands(*polygons: list[list[list[Any]]]) -> dict[str, Any]:
    return {"type": "MultiPolygon", "coordinates": list(polygons)}


def moved(ring: list[list[int]], by: int) -> list[list[int]]:
    return [[x + by, y] for x, y in ring]


class TestReadOutline:
    def test_rings_turn_as_the_standard_wants_however_they_came(self) -> None:
        expected = read_outline(polygon(SQUARE, HOLE))
        assert read_outline(polygon(SQUARE[::-1], HOLE[::-1])) != ()
        for outer in (SQUARE, SQUARE[::-1]):
            for hole in (HOLE, HOLE[::-1]):
                (rings,) = read_outline(polygon(outer, hole))
                areas = [sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(r)) for r in rings]
                assert areas[0] > 0 > areas[1]
                assert {frozenset(ring) for ring in rings} == {frozenset(ring) for ring in expected[0]}

    def test_numbers_are_read_exactly_to_the_last_millionth(self) -> None:
        rings = "[[[-1.6244343,6.7],[-1.5,6.7],[-1.5,6.8,120],[-1.6244343,6.7]]]"
        text = f'{{"type":"Feature","geometry":{{"type":"Polygon","coordinates":{rings}}}}}'
        (feature,) = read_features(text.encode())
        ((ring,),) = read_outline(feature["geometry"])
        assert ring[0] == (-1_624_434, 6_700_000)

    def test_what_is_kept_comes_back_and_what_is_exported_is_read_again(self) -> None:
        outline = read_outline(islands([SQUARE, HOLE], [moved(SQUARE, 10)]))
        assert from_kept(json.loads(json.dumps(as_kept(outline)))) == outline
        written = json.dumps({"type": "Feature", "geometry": geometry_of(outline)})
        assert read_outline(read_features(written.encode())[0]["geometry"]) == outline
        assert corners(outline) == 12

    @pytest.mark.parametrize(
        ("geometry", "no"),
        [
            (None, outlines.NotAPolygon),
            ({"type": "Point", "coordinates": [0, 0]}, outlines.NotAPolygon),
            (polygon(), outlines.NotAPolygon),
            (polygon(SQUARE[:-1]), outlines.RingOpen),
            (polygon([[0, 0], [1, 1], [0, 0]]), outlines.RingTooShort),
            (polygon([[0, 0], [1, 1], [0, 0], [1, 1], [0, 0]]), outlines.RingTooShort),
            (polygon([[0, 0], [181, 0], [1, 1], [0, 0]]), outlines.PositionUnreadable),
            (polygon([[0, 0], [0, 91], [1, 1], [0, 0]]), outlines.PositionUnreadable),
            (polygon([["0", 0], [1, 0], [1, 1], ["0", 0]]), outlines.PositionUnreadable),
            (polygon([[True, 0], [1, 0], [1, 1], [True, 0]]), outlines.PositionUnreadable),
            (polygon([[Decimal("1e400"), 0], [1, 0], [1, 1], [0, 0]]), outlines.PositionUnreadable),
            (polygon([[170, 0], [-170, 0], [-170, 5], [170, 5], [170, 0]]), outlines.CrossesTheDateLine),
            (polygon([[0, 0], [4, 4], [4, 0], [0, 4], [0, 0]]), outlines.OutlineCrossesItself),
            (polygon([[0, 0], [4, 0], [2, 0], [2, 3], [0, 0]]), outlines.OutlineCrossesItself),
            (polygon([[0, 0], [2, 0], [4, 0], [0, 0]]), outlines.OutlineCrossesItself),
            (polygon([[0, 0], [4, 0], [4, 4], [2, 0], [0, 4], [0, 0]]), outlines.OutlineCrossesItself),
            (polygon(SQUARE, moved(HOLE, 2)), outlines.OutlineCrossesItself),
            (polygon(SQUARE, moved(HOLE, 10)), outlines.HoleOutside),
            (polygon(SQUARE, [[0.5, 0.5], [0.5, 3], [3, 3], [3, 0.5], [0.5, 0.5]], HOLE), outlines.PositionUnreadable),
            (islands([SQUARE], [HOLE]), outlines.PartsOverlap),
            (islands([SQUARE], [SQUARE]), outlines.OutlineCrossesItself),
            (islands([SQUARE], [[[2, -1], [6, -1], [2, 2], [2, -1]]]), outlines.OutlineCrossesItself),
        ],
    )  # fmt: skip
    def test_refuses(self, geometry: Any, no: type[Exception]) -> None:
        with pytest.raises(no):
            read_outline(geometry)

    def test_a_hole_inside_a_hole_is_refused_and_an_island_in_a_hole_is_not(self) -> None:
        wide = [[1, 1], [1, 3], [3, 3], [3, 1], [1, 1]]
        big = [[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]]
        narrow = [[2, 2], [2, Decimal("2.5")], [Decimal("2.5"), Decimal("2.5")], [2, 2]]
        with pytest.raises(outlines.HoleOutside):
            read_outline(polygon(big, wide, narrow))
        assert len(read_outline(islands([big, wide], [narrow]))) == 2

    def test_an_outline_fits_into_one_record(self) -> None:
        def circle(points: int) -> dict[str, Any]:
            ring = [
                [
                    Decimal(round(cos(2 * pi * n / points) * 9e6)) / MICRO,
                    Decimal(round(sin(2 * pi * n / points) * 9e6)) / MICRO,
                ]
                for n in range(points)
            ]
            return polygon([*ring, ring[0]])

        most = read_outline(circle(outlines.MOST_POINTS))
        assert len(json.dumps(as_kept(most), separators=(",", ":"))) < 60_000
        with pytest.raises(outlines.OutlineTooFine):
            read_outline(circle(outlines.MOST_POINTS + 1))


POINTS = st.tuples(st.integers(-6, 6), st.integers(-6, 6))


def simple(ring: list[tuple[int, int]]) -> bool:
    """Whether a ring is simple, asked of each pair of edges by solving for where they meet."""
    edges = list(zip(ring, ring[1:] + ring[:1], strict=True))
    for n, (a, b) in enumerate(edges):
        for m, (c, d) in enumerate(edges[:n]):
            shared = {a, b} & {c, d} if m == n - 1 or (m == 0 and n == len(edges) - 1) else set()
            for point in _common(a, b, c, d):
                if point not in shared:
                    return False
    return True


def _common(a: Any, b: Any, c: Any, d: Any) -> list[tuple[Fraction, Fraction]]:
    """Points that two segments have in common: their crossing, or the ends of what they share."""
    (px, py), (rx, ry) = a, (b[0] - a[0], b[1] - a[1])
    (qx, qy), (sx, sy) = c, (d[0] - c[0], d[1] - c[1])
    turn = rx * sy - ry * sx
    if turn:
        t = Fraction((qx - px) * sy - (qy - py) * sx, turn)
        u = Fraction((qx - px) * ry - (qy - py) * rx, turn)
        return [(px + t * rx, py + t * ry)] if 0 <= t <= 1 and 0 <= u <= 1 else []
    if (qx - px) * ry - (qy - py) * rx:
        return []
    return [p for p in (a, b, c, d) if _on(p, a, b) and _on(p, c, d)]


def _on(p: Any, a: Any, b: Any) -> bool:
    return min(a[0], b[0]) <= p[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= p[1] <= max(a[1], b[1])


class TestAgainstSolving:
    @given(st.lists(POINTS, min_size=3, max_size=9, unique=True))
    def test_a_ring_is_taken_exactly_when_no_two_edges_meet(self, ring: list[tuple[int, int]]) -> None:
        said = [[x, y] for x, y in ring]
        try:
            read_outline(polygon([*said, said[0]]))
            taken = True
        except outlines.OutlineCrossesItself:
            taken = False
        assert taken == simple(ring)


class TestInside:
    def test_rims_count_and_holes_do_not(self) -> None:
        outline = read_outline(polygon(SQUARE, HOLE))
        inside = {
            (x, y): is_in((x * MICRO // 2, y * MICRO // 2), outline) for x in range(-1, 10) for y in range(-1, 10)
        }
        for (x, y), found in inside.items():
            assert found == (0 <= x <= 8 and 0 <= y <= 8 and not (x == 3 and y == 3)), (x, y)

    def test_corners_outside_are_counted(self) -> None:
        district = read_outline(polygon(SQUARE))
        assert corners_outside(read_outline(polygon(HOLE)), district) == 0
        assert corners_outside(read_outline(polygon(moved(HOLE, 2))), district) == 0
        assert corners_outside(read_outline(polygon(moved(SQUARE, 1))), district) == 2


class TestReadFeatures:
    @pytest.mark.parametrize(
        "data",
        [b"", b"\xff", b"[]", b"{}", b'{"type":"FeatureCollection"}', b'{"type":"FeatureCollection","features":[1]}',
         b'{"type":"Feature","x":NaN}', b"[" * 100_000],
    )  # fmt: skip
    def test_refuses_what_is_none(self, data: bytes) -> None:
        with pytest.raises(outlines.NoGeoJSON):
            read_features(data)


class TestDrawn:
    def test_north_is_up_and_all_is_in_the_box(self) -> None:
        picture = drawn(read_outline(polygon([[0, 0], [2, 0], [2, 4], [0, 4], [0, 0]])), side=100, edge=0)
        assert picture.height == 100
        assert 49 <= picture.width <= 50
        assert picture.path.startswith("M0.0,100.0L")
