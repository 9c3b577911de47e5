"""Laws of sharing a sale: the parts sum to it, nobody gets less than nothing, every cent has its reason."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooperatives.rules.agreements import (
    Commons,
    Contribution,
    Debts,
    Floors,
    PassThrough,
    Rate,
    Reserve,
    Residual,
    UnreadableAgreement,
    divide,
    read_agreement,
    write_agreement,
)
from cooperatives.rules.sentences import say_step

pytestmark = pytest.mark.quick
FERN = "coops/fern"
BEN, ADA, SHADE = "members/ben/purse", "members/ada/purse", "commons/shade/purse"
KILO = Rate("harvest", "g", 1000, 712)
HOUR = Rate("work", "min", 60, 550)
GIVEN = [Contribution(BEN, "harvest", "g", 10_000), Contribution(ADA, "work/roast", "min", 120)]
ALL = (
    PassThrough(), Debts(), Floors((KILO, HOUR)), Commons(190, {SHADE: 3, "commons/dark-72/purse": 2}), Reserve(100),
    Residual((KILO, HOUR), 900),
)  # fmt: skip

rates = st.builds(
    Rate, st.sampled_from(["harvest", "work", "work/care"]), st.sampled_from(["g", "min"]), st.integers(1, 1000),
    st.integers(0, 5000), st.integers(0, 500),
)  # fmt: skip
thousandths = st.integers(0, 1000)
funds = st.dictionaries(st.sampled_from([SHADE, "commons/dark-72/purse"]), st.integers(1, 9), min_size=1)
steps = st.lists(
    st.one_of(
        st.just(PassThrough()), st.just(Debts()), st.builds(Reserve, thousandths, st.booleans()),
        st.builds(Floors, st.lists(rates, min_size=1, max_size=3).map(tuple), st.booleans()),
        st.builds(Commons, thousandths, funds, st.booleans()),
        st.builds(Residual, st.lists(rates, min_size=1, max_size=3).map(tuple), thousandths),
    ),
    min_size=1, max_size=6,
)  # fmt: skip
contributions = st.lists(
    st.builds(
        Contribution, st.sampled_from([BEN, ADA, "members/cy/purse"]),
        st.sampled_from(["harvest", "work/roast", "work/care"]), st.sampled_from(["g", "min"]),
        st.one_of(st.integers(0, 10**6), st.fractions(0, 10**5, max_denominator=99)),
    ),
    max_size=6,
)  # fmt: skip
debts = st.dictionaries(st.sampled_from(["members/ben/debt", "members/ada/debt"]), st.integers(0, 10**5))


class TestDivide:
    @given(st.integers(0, 10**9), steps, contributions, st.integers(0, 10**6), debts)
    def test_places_every_cent_and_takes_from_nobody(self, amount, steps, contributions, costs, debts):
        division = divide(amount, steps, holder=FERN, contributions=contributions, costs=costs, debts=debts)
        assert sum(division.parts.values()) == amount
        assert all(part > 0 for part in division.parts.values())
        assert all(gap > 0 for gap in division.gaps.values())

    @given(st.integers(0, 10**9), steps, contributions, debts)
    def test_gives_a_reason_for_every_cent(self, amount, steps, contributions, debts):
        division = divide(amount, steps, holder=FERN, contributions=contributions, debts=debts)
        said = {}
        for reason in division.why:
            said[reason.to] = said.get(reason.to, 0) + reason.amount
        assert {to: n for to, n in said.items() if n} == dict(division.parts)

    @given(st.integers(0, 10**6), contributions)
    def test_does_not_depend_on_the_order_of_contributions(self, amount, contributions):
        forth = divide(amount, ALL, holder=FERN, contributions=contributions)
        back = divide(amount, ALL, holder=FERN, contributions=contributions[::-1])
        assert forth.parts == back.parts

    def test_follows_the_steps_in_their_order(self):
        division = divide(20_000, ALL, holder=FERN, contributions=GIVEN, costs=1_000, debts={"members/ben/debt": 500})
        assert dict(division.parts) == {
            "coops/fern/free": 1_000,
            BEN: 500 + 7_120 + 5_842,  # the debt, 10 kg at 7.12, and 7120 parts of 8220 of the residual
            ADA: 1_100 + 903,
            SHADE: 1_172,
            "commons/dark-72/purse": 781,
            "coops/fern/reserve": 832 + 750,
        }
        assert not division.gaps

    def test_rations_floors_and_owes_the_gap(self):
        division = divide(4_110, [Floors((KILO, HOUR))], holder=FERN, contributions=GIVEN)
        assert dict(division.parts) == {BEN: 3_560, ADA: 550}
        assert dict(division.gaps) == {"members/ben/debt": 3_560, "members/ada/debt": 550}

    def test_owes_nothing_where_the_floor_is_no_promise(self):
        assert not divide(1, [Floors((KILO,), is_owed=False)], holder=FERN, contributions=GIVEN).gaps

    def test_takes_a_straight_part_of_the_whole_sale_and_a_remaining_part_of_the_rest(self):
        division = divide(1_000, [Reserve(500), Commons(500, {SHADE: 1}, is_straight=True)], holder=FERN)
        assert dict(division.parts) == {"coops/fern/reserve": 500, SHADE: 500}
        division = divide(1_000, [Reserve(500), Commons(500, {SHADE: 1})], holder=FERN)
        assert dict(division.parts) == {"coops/fern/reserve": 750, SHADE: 250}

    def test_raises_weights_by_their_adjustment_and_counts_fractions_exactly(self):
        given = [
            Contribution(BEN, "harvest", "g", Fraction(1000, 3)),
            Contribution(ADA, "harvest", "g", Fraction(2000, 3)),
        ]
        assert dict(divide(9, [Residual((KILO,))], holder=FERN, contributions=given).parts) == {BEN: 3, ADA: 6}

    def test_keeps_in_reserve_what_no_step_takes(self):
        division = divide(77, [Residual((KILO,))], holder=FERN, contributions=[])
        assert dict(division.parts) == {"coops/fern/reserve": 77}
        assert division.why[-1].name == "left"


class TestReadAgreement:
    @given(steps)
    def test_reads_what_it_writes(self, steps):
        assert read_agreement(write_agreement(steps)) == tuple(steps)

    @pytest.mark.parametrize(
        "said",
        [
            [],
            [{"step": "eval"}],
            [{"step": "reserve"}],
            [{"step": "reserve", "thousandths": 1001}],
            [{"step": "reserve", "thousandths": 0.5}],
            [{"step": "reserve", "thousandths": 5, "more": 1}],
            [{"step": "commons", "thousandths": 5, "funds": {}}],
            [{"step": "floors", "rates": []}],
            [{"step": "floors", "rates": [{"of": "harvest", "unit": "g", "per": 0, "pays": 1}]}],
            [{"step": "residual", "rates": [{"of": "harvest", "unit": "g", "per": 1, "pays": -1}]}],
            [{"step": "residual", "rates": [{"of": "harvest"}]}],
        ],
    )
    def test_refuses_what_it_cannot_read(self, said):
        with pytest.raises(UnreadableAgreement):
            read_agreement(said)


def test_every_step_has_its_sentence():
    said = [say_step(step, lambda cents: f"€{cents // 100}.{cents % 100:02}") for step in ALL]
    assert said[2] == (
        "Agreed prices come next, whatever the sale brings: €7.12 for 1 kg of harvest, €5.50 for 1 h of work. If it "
        "cannot pay that, the gap is owed and paid first next time."
    )
    assert said[3] == "Of the rest, 19 % go to the commons: shade 60 %, dark-72 40 %."
    assert said[5].startswith("Of what is left, 90 % are shared")
