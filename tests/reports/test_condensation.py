"""Condensation against a real case, and against goods that are no food."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.rules.condensation import (
    attachment,
    condensation,
    fan_in,
    hours_per_unit,
    traceable_share,
    unpaid_share,
)

pytestmark = pytest.mark.quick


class TestComte:
    """2012: 57,886 t sold for 490 million euro, from milk at 450 euro per 1000 l and 10 l of it in each kg."""

    def test_gains_almost_nineteenfold_in_price_per_kilogram(self) -> None:
        milk_per_kg, cheese_per_kg = Fraction("4.50"), Fraction(490_000_000, 57_886_000)
        found = condensation(grams_in=10_000, grams_out=1000, value_in=milk_per_kg, value_out=cheese_per_kg)
        assert found.mass == 10
        assert found.value is not None and round(float(found.value), 3) == 1.881
        assert found.density_gain is not None and round(float(found.density_gain), 2) == 18.81
        assert found.producer_share is not None and round(float(found.producer_share), 3) == 0.532


class TestGoodsWithoutMass:
    def test_have_no_density_and_keep_the_rest(self) -> None:
        code = condensation(grams_in=None, grams_out=None, value_in=300, value_out=900)
        assert code.mass is None and code.density_gain is None
        assert code.value == 3 and code.producer_share == Fraction(1, 3)
        assert fan_in({"ada": 3, "ben": 1}).count == 2
        assert hours_per_unit({"share": 600}, 10) == {"share": 1}

    def test_whose_inputs_have_no_price_have_no_gain(self) -> None:
        found = condensation(grams_in=100, grams_out=10, value_in=0, value_out=50)
        assert (found.mass, found.value, found.density_gain, found.producer_share) == (10, None, None, None)


class TestFanIn:
    def test_counts_equals_alike(self) -> None:
        assert fan_in(dict.fromkeys("abcd", 5)) == fan_in(dict.fromkeys("wxyz", 70))
        assert fan_in(dict.fromkeys("abcd", 5)).effective == 4

    @given(st.dictionaries(st.text(max_size=3), st.integers(1, 1000), min_size=1, max_size=8))
    def test_never_feels_like_more_than_it_is(self, given_by: dict[str, int]) -> None:
        found = fan_in(given_by)
        assert 1 <= found.effective <= found.count == len(given_by)

    def test_of_nothing_is_nobody(self) -> None:
        assert fan_in({}).count == 0


class TestTheRest:
    def test_a_spot_sale_keeps_nothing_attached(self) -> None:
        assert attachment(residual=0, patronage=0, commons=0, sold_for=500) == 0
        assert attachment(residual=200, patronage=50, commons=50, sold_for=600) == Fraction(1, 2)
        assert attachment(residual=0, patronage=0, commons=0, sold_for=0) is None

    def test_unpaid_work_is_shown_without_and_with_a_wage(self) -> None:
        found = unpaid_share(unpaid_minutes=600, wage_per_hour=100, cited=0, paid=3000)
        assert found.at_zero == 0
        assert found.at_reference == Fraction(1, 4)
        assert unpaid_share(unpaid_minutes=0, wage_per_hour=0, cited=0, paid=0).at_reference is None

    def test_what_was_found_leads_to_nobody(self) -> None:
        found = traceable_share([("members/f1", 72), ("unknown/count", 8), ("suppliers/sugar", 20)])
        assert found == Fraction(72, 100)
        assert traceable_share([]) is None
