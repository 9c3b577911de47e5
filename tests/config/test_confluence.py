"""The drawing of a lot's story is to scale, whatever the weights."""

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.look import confluence
from config.look.confluence import MIDDLE, Stage, Story, draw, ribbon

WEIGHTS = st.lists(st.integers(1, 10**9), min_size=1, max_size=60).map(tuple)
STAGES = st.lists(st.integers(0, 10**9).map(Stage), max_size=6).map(tuple)


pytestmark = pytest.mark.quick


class TestDraw:
    @given(WEIGHTS, STAGES, st.integers(0, 5000))
    def test_stays_inside_its_field(self, threads: tuple[int, ...], stages: tuple[Stage, ...], pieces: int) -> None:
        drawing = draw(Story(threads, stages, pieces))
        for path in (*drawing.threads, *drawing.body):
            assert all(-1 <= float(number) <= 1001 for number in re.findall(r"-?\d+\.?\d*", path.replace("h-", "h")))

    def test_nothing_brought_draws_nothing(self) -> None:
        assert draw(Story((), (Stage(5),))) == confluence.Drawing((), (), ())

    def test_thickness_is_in_proportion(self) -> None:
        band = ribbon(Fraction(0), Fraction(80), Fraction(100), Fraction(40))
        assert band.startswith(f"M0 {MIDDLE - 40}C") and f"V{MIDDLE + 20}C" in band

    def test_draws_a_strand_a_gift_until_they_would_be_hairs(self) -> None:
        assert len(draw(Story((1,) * 12, ())).threads) == 12
        assert len(draw(Story((1,) * 3000, ())).threads) == confluence.MOST_THREADS

    def test_shows_what_joined_and_whether_we_know_it(self) -> None:
        drawing = draw(Story((10,), (Stage(12, 2, is_known=False), Stage(12, 1, is_known=True))))
        assert [is_known for _, is_known in drawing.joins] == [False, True]
