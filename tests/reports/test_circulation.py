"""Circulation against published networks."""

from fractions import Fraction

import pytest

from reports.rules.circulation import (
    ClosedNetwork,
    circle_share,
    concentration,
    cycling,
    largest_circle,
    velocity,
)

pytestmark = pytest.mark.quick

# Cone Spring, kcal per square metre and year: Tilly 1968; Williams & Crouthamel 1972.
CONE_SPRING = {
    ("plants", "detritus"): 8881, ("detritus", "bacteria"): 5205, ("detritus", "detritivores"): 2309,
    ("bacteria", "detritivores"): 75, ("bacteria", "detritus"): 1600, ("detritivores", "carnivores"): 370,
    ("detritivores", "detritus"): 200, ("carnivores", "detritus"): 167,
}  # fmt: skip
COMES_IN = {"plants": 11184, "detritus": 635}


class TestCycling:
    def test_of_cone_spring_is_what_was_published(self) -> None:
        assert sum(CONE_SPRING.values()) + sum(COMES_IN.values()) == 30_626
        assert round(float(cycling(CONE_SPRING, COMES_IN)), 6) == 0.091939

    def test_of_a_chain_is_nothing(self) -> None:
        assert cycling({("a", "b"): 5, ("b", "c"): 5}, {"a": 5}) == 0

    def test_is_undefined_where_nothing_comes_in(self) -> None:
        with pytest.raises(ClosedNetwork):
            cycling({("a", "b"): 5, ("b", "a"): 5}, {})


class TestCircles:
    def test_hold_the_share_that_can_come_back(self) -> None:
        volumes = {("a", "b"): 10, ("b", "c"): 7, ("c", "a"): 4, ("c", "d"): 3, ("e", "f"): 1, ("f", "e"): 1}
        assert largest_circle(volumes) == {"a", "b", "c"}
        assert circle_share(volumes) == Fraction(21, 26)

    def test_are_none_in_a_collector(self) -> None:
        assert circle_share({("a", "z"): 5, ("b", "z"): 5}) == 0
        assert circle_share({}) is None


class TestPositions:
    def test_are_concentrated_in_one_or_spread_over_all(self) -> None:
        assert concentration([5, -5, 5, -5]) == Fraction(1, 4)
        assert concentration([7, 0]) == 1
        assert concentration([]) is None

    def test_turn_over_in_a_period(self) -> None:
        assert velocity(600, 200) == 3 and velocity(600, 0) is None
