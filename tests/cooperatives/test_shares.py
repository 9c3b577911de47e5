"""Laws of dividing: every cent is placed, nobody gets less than nothing, and who is asked first does not matter."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooperatives.rules.shares import NegativeAmount, NegativeWeight, NothingToDivideBy, apportion, ration

pytestmark = pytest.mark.quick
totals = st.integers(0, 10**12)
addresses = st.text("abcdefgh/", min_size=1, max_size=6)
weights = st.one_of(st.integers(0, 10**9), st.fractions(0, 10**6, max_denominator=997))
shares = st.dictionaries(addresses, weights, min_size=1, max_size=8).filter(lambda w: any(w.values()))


class TestApportion:
    @given(totals, shares)
    def test_places_every_cent(self, total, weights):
        assert sum(apportion(total, weights).values()) == total

    @given(totals, shares)
    def test_gives_nobody_less_than_nothing_and_nobody_more_than_a_cent_beyond_his_part(self, total, weights):
        whole = sum(weights.values())
        for address, part in apportion(total, weights).items():
            assert part >= 0
            assert abs(part - Fraction(total) * weights[address] / whole) < 1

    @given(totals, shares, st.randoms())
    def test_does_not_depend_on_the_order_of_the_weights(self, total, weights, chance):
        shuffled = list(weights.items())
        chance.shuffle(shuffled)
        assert apportion(total, dict(shuffled)) == apportion(total, weights)

    @given(totals, shares)
    def test_is_the_same_when_every_weight_is_doubled(self, total, weights):
        assert apportion(total, {a: 2 * w for a, w in weights.items()}) == apportion(total, weights)

    @given(totals, shares, st.data())
    def test_changes_nobody_beyond_one_cent_when_a_contributor_splits_in_two(self, total, weights, data):
        one = data.draw(st.sampled_from(sorted(weights)))
        part = weights[one] * data.draw(st.fractions(0, 1, max_denominator=50))
        split = {a: w for a, w in weights.items() if a != one} | {f"{one}-1": part, f"{one}-2": weights[one] - part}
        before, after = apportion(total, weights), apportion(total, split)
        assert abs(before[one] - after[f"{one}-1"] - after[f"{one}-2"]) <= 1
        assert all(abs(before[a] - after[a]) <= 1 for a in weights if a != one)

    def test_gives_equal_remainders_to_the_first_address(self):
        assert apportion(2, {"c": 1, "b": 1, "a": 1}) == {"c": 0, "b": 1, "a": 1}

    def test_gives_zeros_of_nothing(self):
        assert apportion(0, {"a": 0, "b": 3}) == {"a": 0, "b": 0}
        assert apportion(0, {}) == {}

    def test_refuses_to_divide_something_among_nobody(self):
        with pytest.raises(NothingToDivideBy):
            apportion(1, {"a": 0})

    def test_refuses_negative_weights_and_amounts(self):
        with pytest.raises(NegativeWeight):
            apportion(1, {"a": 2, "b": -1})
        with pytest.raises(NegativeAmount):
            apportion(-1, {"a": 2})

    def test_divides_the_claims_of_the_network_resource_planner(self):
        """The worked case of the value equations in use: four owners with 195 claims (indicators E)."""
        claims = {"one": 25 + 50, "two": 50 + 20, "three": 30, "four": 10 + 10}
        assert sum(claims.values()) == 195
        assert apportion(195, claims) == {"one": 75, "two": 70, "three": 30, "four": 20}
        assert apportion(100_000, claims) == {"one": 38462, "two": 35897, "three": 15385, "four": 10256}


class TestRation:
    def test_pays_every_claim_while_there_is_enough(self):
        assert ration(100, {"a": 30, "b": 70}) == {"a": 30, "b": 70}

    def test_divides_what_there_is_in_proportion_when_there_is_not(self):
        assert ration(50, {"a": 30, "b": 70}) == {"a": 15, "b": 35}
