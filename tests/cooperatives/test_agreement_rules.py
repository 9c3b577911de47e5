"""Laws of sharing a sale: the parts sum to it, nobody gets less than nothing, every cent has its reason."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooperatives.rules.agreements import Past, divide
from cooperatives.rules.royalties import along_lineage
from cooperatives.rules.sentences import say_step
from cooperatives.rules.steps import (
    Commons,
    Contribution,
    Debts,
    Designs,
    Floors,
    PassThrough,
    Rate,
    Reserve,
    Residual,
    UnreadableAgreement,
    read_agreement,
    write_agreement,
)

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
        st.builds(Floors, st.lists(rates, min_size=1, max_size=3).map(tuple), st.booleans(), thousandths,
                  st.booleans()),
        st.builds(Commons, thousandths, funds, st.booleans()), st.builds(Designs, thousandths, thousandths),
        st.builds(Residual, st.lists(rates, min_size=1, max_size=3).map(tuple), thousandths, st.booleans(),
                  st.booleans()),
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

    @given(st.integers(0, 10**6), steps, contributions, st.integers(1, 10**30))
    def test_quantities_in_smaller_parts_are_the_same_quantities(self, amount, steps, contributions, scale):
        finer = [given._replace(quantity=given.quantity * scale) for given in contributions]
        plain = divide(amount, steps, holder=FERN, contributions=contributions)
        fine = divide(amount, steps, holder=FERN, contributions=finer, scale=scale)
        assert (fine.parts, fine.gaps, fine.weights) == (plain.parts, plain.gaps, plain.weights)

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


class TestShares:
    """What a share of the rest does not depend on."""

    amounts = st.integers(0, 10**7)
    grams = st.lists(st.integers(1, 10**6), min_size=1, max_size=6)

    @staticmethod
    def shared(amount, given, rate=KILO):
        """Everybody's share by what each brought."""
        brought = [Contribution(f"members/m{n}/purse", "harvest", "g", grams) for n, grams in enumerate(given)]
        return divide(amount, [Residual((rate,))], holder=FERN, contributions=brought).parts

    @given(amounts, grams, st.integers(1, 10**6))
    def test_splitting_a_contributor_changes_nothing_beyond_one_cent(self, amount, given, more):
        whole, split = self.shared(amount, [*given, more + 1]), self.shared(amount, [*given, more, 1])
        last, own = len(given), [f"members/m{n}/purse" for n in range(len(given))]
        both = split[f"members/m{last}/purse"] + split[f"members/m{last + 1}/purse"]
        assert abs(both - whole[f"members/m{last}/purse"]) <= 1
        assert all(abs(split[to] - whole[to]) <= 1 for to in own)

    @given(amounts, grams, st.integers(2, 9))
    def test_doubling_all_weights_changes_nothing(self, amount, given, times):
        dearer = Rate("harvest", "g", 1000, 712 * times)
        assert self.shared(amount, given) == self.shared(amount, [n * times for n in given])
        assert self.shared(amount, given) == self.shared(amount, given, dearer)

    @given(amounts, amounts, grams)
    def test_two_sales_are_shared_as_one_but_for_their_rounding(self, first, second, given):
        together, one, two = (self.shared(n, given) for n in (first + second, first, second))
        assert all(abs(together[to] - one[to] - two[to]) <= 1 for to in {*together, *one, *two})

    @given(amounts, grams, st.randoms())
    def test_the_order_of_contributors_changes_nothing(self, amount, given, chance):
        brought = [Contribution(f"members/m{n}/purse", "harvest", "g", grams) for n, grams in enumerate(given)]
        shuffled = chance.sample(brought, len(brought))
        forth, back = (divide(amount, ALL, holder=FERN, contributions=rows) for rows in (brought, shuffled))
        assert forth.parts == back.parts and forth.gaps == back.gaps

    def test_equal_remainders_go_to_the_first_address(self):
        assert self.shared(2, [5, 5, 5]) == {"members/m0/purse": 1, "members/m1/purse": 1}


class TestValueEquationsAsPractised:
    """Claims of 25, 50, 30, 20, 10, 50 and 10 of four owners, as Sensorica divides them: 195 in all."""

    CLAIMS = (("a", 25), ("a", 50), ("c", 30), ("d", 20), ("b", 10), ("b", 50), ("b", 10))
    WORTH = Rate("harvest", "worth", 1, 100)  # cents for each whole of a claim

    def paid(self, amount, *steps):
        claims = [Contribution(f"members/{to}/purse", "harvest", "worth", worth) for to, worth in self.CLAIMS]
        division = divide(amount, steps, holder=FERN, contributions=claims)
        return {to.split("/")[1]: part for to, part in division.parts.items()}, division

    def test_the_sum_of_the_claims_pays_each_in_full(self):
        for step in (Residual((self.WORTH,)), Floors((self.WORTH,)), Floors((self.WORTH,), is_owed=False)):
            assert self.paid(19_500, step)[0] == {"a": 7_500, "b": 7_000, "c": 3_000, "d": 2_000}

    def test_equity_like_claims_share_whatever_there_is(self):
        assert self.paid(100_000, Residual((self.WORTH,)))[0] == {"a": 38_462, "b": 35_897, "c": 15_385, "d": 10_256}

    def test_debt_like_claims_end_when_they_are_paid_and_the_rest_goes_on(self):
        parts, division = self.paid(100_000, Floors((self.WORTH,)))
        assert parts == {"a": 7_500, "b": 7_000, "c": 3_000, "d": 2_000, "fern": 80_500} and not division.gaps

    def test_debt_like_claims_are_owed_what_is_missing_and_claims_of_once_are_not(self):
        parts, division = self.paid(9_750, Floors((self.WORTH,)))
        assert parts == {"a": 3_750, "b": 3_500, "c": 1_500, "d": 1_000}
        assert dict(division.gaps) == {f"members/{to}/debt": part for to, part in parts.items()}
        assert not self.paid(9_750, Floors((self.WORTH,), is_owed=False))[1].gaps

    def test_a_bucket_takes_its_part_of_the_whole_or_of_what_is_left(self):
        straight = self.paid(20_000, Reserve(500), Residual((self.WORTH,), 300, is_straight=True))[0]
        remaining = self.paid(20_000, Reserve(500), Residual((self.WORTH,), 300))[0]
        assert sum(straight.values()) - straight["fern"] == 6_000
        assert sum(remaining.values()) - remaining["fern"] == 3_000
        assert self.paid(20_000, Floors((self.WORTH,), thousandths=100))[1].gaps["members/a/debt"] == 7_500 - 769


class TestBalanced:
    """Whoever received less than their part of all that was ever shared comes first (SourceCred's balanced rule)."""

    STEP = Residual((KILO,), is_balanced=True)

    def test_pays_in_proportion_to_what_is_missing(self):
        past = {BEN: Past(712 * 10**6, 90), ADA: Past(712 * 10**6, 10)}
        given = [Contribution(BEN, "harvest", "g", 1000), Contribution(ADA, "harvest", "g", 1000)]
        # Shared in all: 100 + 60. Each weighs half of it, so that Ben misses nothing and Ada 70.
        assert dict(divide(60, [self.STEP], holder=FERN, contributions=given, past=past).parts) == {ADA: 60}
        assert dict(divide(100, [self.STEP], holder=FERN, contributions=given, past=past).parts) == {BEN: 10, ADA: 90}

    def test_without_a_past_it_is_the_plain_share(self):
        plain = divide(999, [Residual((KILO, HOUR))], holder=FERN, contributions=GIVEN)
        assert plain.parts == divide(999, [Residual((KILO, HOUR), is_balanced=True)], holder=FERN,
                                     contributions=GIVEN).parts  # fmt: skip
        assert plain.weights == {BEN: 7_120 * 10**6, ADA: 1_100 * 10**6}

    @given(st.lists(st.integers(0, 10**5), min_size=1, max_size=8), st.integers(1, 5000), st.integers(1, 5000))
    def test_in_the_end_each_has_its_part_of_all(self, amounts, bens, adas):
        past, given = {}, [Contribution(BEN, "harvest", "g", bens), Contribution(ADA, "harvest", "g", adas)]
        for amount in amounts:
            division = divide(amount, [self.STEP], holder=FERN, contributions=given, past=past)
            past = {
                to: Past((past[to].weight if to in past else 0) + division.weights[to],
                         (past[to].paid if to in past else 0) + division.parts.get(to, 0))
                for to in (BEN, ADA)
            }  # fmt: skip
        assert abs(past[BEN].paid - Fraction(sum(amounts) * bens, bens + adas)) <= 1


class TestDesigns:
    CITED = [Contribution("commons/bar/purse", "recipe", "cite", 1), *GIVEN]
    PARENTS = {"commons/bar": ["commons/roast", "commons/temper"], "commons/roast": ["commons/ferment"]}

    def test_each_passes_its_part_on_to_those_it_was_made_from(self):
        steps = [Designs(100, passed_on=400)]
        division = divide(10_000, steps, holder=FERN, contributions=self.CITED, parents=self.PARENTS)
        assert dict(division.parts) == {
            "commons/bar/purse": 600, "commons/roast/purse": 120, "commons/temper/purse": 200,
            "commons/ferment/purse": 80, "coops/fern/reserve": 9_000,
        }  # fmt: skip

    def test_without_a_design_nobody_is_thanked(self):
        assert dict(divide(100, [Designs(500)], holder=FERN, contributions=GIVEN).parts) == {"coops/fern/reserve": 100}

    @given(
        st.dictionaries(st.integers(0, 15), st.lists(st.integers(0, 15), max_size=3)),
        st.dictionaries(st.integers(0, 7), st.integers(1, 9), min_size=1), thousandths,
    )  # fmt: skip
    def test_the_parts_sum_to_what_was_cited(self, parents, cited, passed_on):
        said = {f"commons/{n}": [f"commons/{m}" for m in rows] for n, rows in parents.items()}
        parts = along_lineage({f"commons/{n}": Fraction(w) for n, w in cited.items()}, said, passed_on)
        assert sum(parts.values()) == sum(cited.values()) and all(part > 0 for part in parts.values())

    def test_thanks_never_come_round(self):
        round_trip = {"commons/a": ["commons/b", "commons/a"], "commons/b": ["commons/a"]}
        parts = along_lineage({"commons/a": Fraction(1)}, round_trip, 250)
        assert parts == {"commons/a": Fraction(3, 4), "commons/b": Fraction(1, 4)}


class TestReadAgreement:
    @given(steps)
    def test_reads_what_it_writes(self, steps):
        assert read_agreement(write_agreement(steps)) == tuple(steps)

    @pytest.mark.parametrize(
        "said",
        [
            [],
            [{"step": "eval"}],
            [{"step": "designs", "thousandths": 5, "passed_on": 1001}],
            [{"step": "residual", "rates": [{"of": "harvest", "unit": "g", "per": 1, "pays": 1}], "is_balanced": 1}],
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
    assert said[3] == "Of the rest, 19% go to the commons: 60% of it to shade, 40% of it to dark 72."
    assert said[5].startswith("Of what is left, 90% are shared")


@given(st.lists(steps, min_size=1, max_size=1).map(lambda found: found[0]))
def test_whatever_an_agreement_says_can_be_said_in_words(steps):
    assert all(say_step(step, str) and "{" not in say_step(step, str) for step in steps)
