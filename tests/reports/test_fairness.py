"""How evenly pay is spread, and what a stranger may read of it."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.rules.disclosure import is_revealing, publish
from reports.rules.fairness import gini, quantile, rates, theil

pytestmark = pytest.mark.quick
amounts = st.lists(st.integers(0, 10**6), min_size=1, max_size=30)


class TestSpread:
    def test_agrees_with_the_worked_case(self) -> None:
        assert gini([1, 2, 3, 4]) == Fraction(1, 4)
        found = theil({"all": [1, 2, 3, 4]})
        assert found is not None and round(found.whole, 6) == 0.106440 and found.between == 0

    @given(st.dictionaries(st.sampled_from("abcd"), amounts, min_size=1))
    def test_within_and_between_are_the_whole(self, groups: dict[str, list[int]]) -> None:
        found, together = theil(groups), theil({"all": [v for values in groups.values() for v in values]})
        assert (found is None) == (together is None)
        if found and together:
            assert found.whole == pytest.approx(together.whole, abs=1e-9)

    @given(amounts, st.integers(1, 9))
    def test_neither_the_unit_nor_the_order_matters(self, values: list[int], times: int) -> None:
        assert gini(values) == gini([v * times for v in reversed(values)])

    def test_of_nothing_is_undefined(self) -> None:
        assert gini([]) is None and gini([0, 0]) is None
        assert theil({"a": [0]}) is None and quantile([], Fraction(1, 2)) is None

    def test_has_a_middle(self) -> None:
        assert quantile([3, 1, 2, 10], Fraction(1, 2)) == Fraction(5, 2)
        assert quantile([7], Fraction(9, 10)) == 7

    def test_pays_by_the_hour_only_who_worked(self) -> None:
        assert rates({"ada": 1450, "ben": 262}, {"ada": 60, "ben": 0}, 60) == {"ada": 1450}


class TestDisclosure:
    def test_withholds_what_few_gave(self) -> None:
        assert is_revealing([10, 10, 10, 10])
        assert not is_revealing([10, 10, 10, 10, 10])
        assert not is_revealing([])

    def test_withholds_what_one_dominates(self) -> None:
        assert is_revealing([1000, 50, 5, 5, 5, 5])
        assert not is_revealing([1000, 50, 100, 50, 50, 50])

    def test_withholds_a_second_cell_that_the_total_would_give_away(self) -> None:
        cells = publish({"upper": [3, 4], "town": [10] * 6, "coast": [20] * 9})
        assert [name for name, cell in cells.items() if cell.is_withheld] == ["upper", "town"]
        assert cells["coast"].quantity == 180 and cells["coast"].contributors == 9
        assert not publish({"upper": [3, 4], "town": [10] * 6}, has_total=False)["town"].is_withheld

    @given(st.dictionaries(st.sampled_from("abcdef"), amounts))
    def test_never_leaves_one_cell_to_be_worked_out(self, cells: dict[str, list[int]]) -> None:
        found = publish(cells)
        withheld = [name for name, cell in found.items() if cell.is_withheld]
        filled = [name for name in cells if any(cells[name])]
        assert len(withheld) != 1 or len(filled) == 1
