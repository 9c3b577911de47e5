"""Laws of capture: a unit of money ends somewhere, once, whatever its agents are called and however it travels."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.rules.capture import (
    Capture,
    NoWayOut,
    Row,
    RowNotWhole,
    capture,
    cost_coverage,
    paid_to_producers,
    returned_surplus,
)
from reports.rules.multipliers import band, multipliers

pytestmark = pytest.mark.quick


@st.composite
def economies(draw: st.DrawFn) -> dict[str, Row]:
    """Up to five agents that pass money on, each with something that leaves the circle."""
    names = [f"coops/{c}" for c in "abcde"[: draw(st.integers(1, 5))]]
    rows = {}
    for agent in names:
        weights = {n: draw(st.integers(0, 9)) for n in names}
        local, extracted, unknown = draw(st.integers(1, 9)), draw(st.integers(0, 9)), draw(st.integers(0, 9))
        whole = sum(weights.values()) + local + extracted + unknown
        to = {n: Fraction(w, whole) for n, w in weights.items() if w}
        rows[agent] = Row(to, Fraction(local, whole), Fraction(extracted, whole), Fraction(unknown, whole))
    return rows


class TestCapture:
    def test_agrees_with_the_worked_table(self) -> None:
        rows = {
            "a": Row({"b": Fraction("0.5")}, Fraction("0.3"), Fraction("0.2")),
            "b": Row({"c": Fraction("0.4")}, Fraction("0.35"), Fraction("0.25")),
            "c": Row({}, Fraction("0.8"), Fraction("0.2")),
        }
        assert capture(rows) == {
            "a": Capture(Fraction("0.635"), Fraction("0.365"), Fraction(0)),
            "b": Capture(Fraction("0.67"), Fraction("0.33"), Fraction(0)),
            "c": Capture(Fraction("0.8"), Fraction("0.2"), Fraction(0)),
        }

    def test_says_both_ends_of_what_is_not_known(self) -> None:
        half, quarter = Fraction(1, 2), Fraction(1, 4)
        found = capture({"a": Row({"b": half}, half), "b": Row({}, half, quarter, quarter)})
        assert found["a"].interval == (Fraction(3, 4), Fraction(7, 8))

    def test_refuses_a_row_that_loses_money(self) -> None:
        with pytest.raises(RowNotWhole):
            capture({"a": Row({}, Fraction(1, 2))})

    def test_refuses_a_circle_without_an_end(self) -> None:
        with pytest.raises(NoWayOut):
            capture({"a": Row({"b": Fraction(1)}), "b": Row({"a": Fraction(1)})})

    @given(economies())
    def test_every_unit_ends_once(self, rows: dict[str, Row]) -> None:
        for found in capture(rows).values():
            assert found.captured + found.extracted + found.unknown == 1
            assert min(found.captured, found.extracted, found.unknown) >= 0

    @given(economies())
    def test_other_names_in_another_order_change_nothing(self, rows: dict[str, Row]) -> None:
        renamed = {
            agent[::-1]: Row({to[::-1]: share for to, share in row.to.items()}, row.local, row.extracted, row.unknown)
            for agent, row in reversed(rows.items())
        }
        assert capture(renamed) == {agent[::-1]: found for agent, found in capture(rows).items()}

    @given(economies())
    def test_income_that_moves_out_never_raises_capture(self, rows: dict[str, Row]) -> None:
        before, (agent, row) = capture(rows), next(iter(rows.items()))
        after = capture(rows | {agent: Row(row.to, Fraction(0), row.extracted + row.local, row.unknown)})
        assert all(after[a].captured <= before[a].captured for a in rows)

    @given(economies())
    def test_a_hop_that_only_passes_on_changes_nothing(self, rows: dict[str, Row]) -> None:
        through = {
            agent: Row({"through" if to == "coops/a" else to: s for to, s in row.to.items()}, row.local, row.extracted,
                       row.unknown)
            for agent, row in rows.items()
        }  # fmt: skip
        through["through"] = Row({"coops/a": Fraction(1)})
        after = capture(through)
        assert {agent: after[agent] for agent in rows} == capture(rows)


class TestBesideIt:
    def test_a_high_share_can_still_lose_money(self) -> None:
        """Parmigiano 2023: 83.0 % of wholesale, and 0.848 of the cost."""
        assert paid_to_producers(830, 1000) == Fraction("0.83")
        assert cost_coverage(Fraction("0.848"), [Fraction("0.6"), Fraction("0.4")]) == Fraction("0.848")

    def test_are_undefined_without_a_price_or_a_surplus(self) -> None:
        assert paid_to_producers(5, 0) is None
        assert cost_coverage(Fraction(1), []) is None
        assert returned_surplus(1, 1, 1, 0) is None
        assert returned_surplus(50, 10, 15, 100) == Fraction(3, 4)


class TestMultipliers:
    SPENDS = {"coop": {"suppliers": Fraction(1, 2), "staff": Fraction("0.3")}, "suppliers": {"town": Fraction("0.75")},
              "staff": {"town": Fraction("0.4542")}, "town": {}}  # fmt: skip

    def test_agree_with_the_worked_case(self) -> None:
        found = multipliers(self.SPENDS)["coop"]
        assert found.three_rounds == Fraction("2.31126")
        assert found.respent == Fraction("1.31126")
        assert found.endless == Fraction("2.31126")  # the town spends nothing on, so three rounds are all

    def test_have_a_band_where_spending_is_unknown(self) -> None:
        found = band(self.SPENDS, {"coop": Fraction(1, 10)})["coop"]
        assert found.low.three_rounds == Fraction("2.31126")
        assert found.high.three_rounds == Fraction("2.51126")
        assert found.high.endless is None

    @given(economies())
    def test_three_rounds_are_a_part_of_all_rounds(self, rows: dict[str, Row]) -> None:
        for found in multipliers({agent: row.to for agent, row in rows.items()}).values():
            assert found.endless is not None
            assert 1 <= found.three_rounds <= min(found.endless, Fraction(3))
