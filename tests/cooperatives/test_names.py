"""Codes, random names, and quantities as people say them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooperatives.rules.measures import measure_of, read_measure, say_measure
from cooperatives.rules.names import next_code, plain_name, random_name
from ledger.rules.amounts import NotANumber, TooPrecise

pytestmark = pytest.mark.quick


class TestNames:
    @given(st.text(max_size=80))
    def test_are_plain_whatever_was_typed(self, text):
        plain = plain_name(text)
        assert len(plain) <= 40
        assert plain == plain_name(plain)
        assert set(plain) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")

    def test_keep_what_can_be_kept(self):
        assert plain_name("Crème brûlée, 100 g") == "creme-brulee-100-g"

    @given(st.text("abc-", max_size=60), st.sets(st.integers(1, 50)))
    def test_codes_are_free_and_can_be_a_code(self, stem, numbers):
        taken = {next_code(stem, []).rpartition("-")[0] + f"-{n}" for n in numbers}
        code = next_code(stem, taken)
        assert code not in taken
        assert len(code) <= 40

    def test_random_ones_say_nothing_and_differ(self):
        assert len({random_name() for _ in range(1000)}) == 1000


class TestMeasures:
    @given(st.integers(0, 10**12), st.sampled_from(["g", "ml", "Wh", "bar"]))
    def test_read_what_they_say(self, quantity, unit):
        said = say_measure(quantity, unit).partition(" ")[0]
        assert read_measure(said, unit) == quantity

    @pytest.mark.parametrize(
        ("quantity", "unit", "said"),
        [(18_100, "g", "18.1 kg"), (400, "bar", "400 bar"), (150, "min", "2 h 30 min"), (0, "min", "0 h")],
    )
    def test_say_quantities_as_people_do(self, quantity, unit, said):
        assert say_measure(quantity, unit) == said

    def test_refuse_what_is_finer_than_the_unit_or_no_number(self):
        with pytest.raises(TooPrecise):
            read_measure("1.0005", "g")
        with pytest.raises(NotANumber):
            read_measure("1,5", "g")
        assert read_measure("1,5", "g", ",") == 1_500
        assert measure_of("bar").exponent == 0
