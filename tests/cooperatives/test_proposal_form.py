"""The form of a proposal says whatever the rules of an agreement can, and says it back to the letter."""

import pytest
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from cooperatives.forms.agreements import ProposalForm
from cooperatives.rules.energy import USE_MINUTE
from cooperatives.rules.steps import STEPS as KNOWN
from cooperatives.rules.steps import (
    Commons,
    Credit,
    Debts,
    Designs,
    Floors,
    PassThrough,
    Rate,
    Reserve,
    Residual,
    read_agreement,
    write_agreement,
)
from ledger.rules.records import canonical
from tests.forms import sent

pytestmark = pytest.mark.quick

KILO, HOUR = Rate("harvest", "g", 1000, 200), Rate("work", "min", 60, 550)
names = st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True)
kinds = st.one_of(
    st.sampled_from(["harvest", "harvest/lots", "lots", "work/care", "tools", "tools/press-2", "body", "count"]),
    st.builds("{}/{}".format, st.sampled_from(["work", "tools", "harvest", "copies"]), names),
)
units = st.one_of(
    st.sampled_from(["g", "ml", "Wh", "mm", "min", USE_MINUTE, "bar", "piece", "cite"]),
    st.from_regex(r"[A-Za-z][A-Za-z0-9.-]{0,19}", fullmatch=True),
).filter(lambda unit: unit not in {"kg", "l", "kWh", "m", "h"})
rates = st.builds(
    Rate, kinds, units, st.integers(1, 10**9), st.integers(0, 10**9), st.one_of(st.just(0), st.integers(0, 5000))
)
tables = st.lists(st.one_of(st.sampled_from([KILO, HOUR]), rates), min_size=1, max_size=7).map(tuple)
thousandths = st.integers(0, 1000)
accounts = st.one_of(
    st.builds("commons/{}/purse".format, names), st.builds("nature/{}/purse".format, names),
    st.sampled_from(["coops/fern/funds/seed", "commons/shade/purse", "commons/shade/funds/trees"]),
)  # fmt: skip
funds = st.dictionaries(accounts, st.integers(1, 10**6), min_size=1, max_size=6)
STEPS = {
    PassThrough: st.just(PassThrough()),
    Debts: st.just(Debts()),
    Floors: st.builds(Floors, tables, st.booleans(), thousandths, st.booleans()),
    Commons: st.builds(Commons, thousandths, funds, st.booleans()),
    Designs: st.builds(Designs, thousandths, thousandths, st.booleans()),
    Reserve: st.builds(Reserve, thousandths, st.booleans()),
    Residual: st.builds(Residual, tables, thousandths, st.booleans(), st.booleans()),
    Credit: st.builds(Credit, thousandths),
}
agreements = st.lists(st.one_of(*STEPS.values()), min_size=1, max_size=12)


def form_of(base, sent_back=None, exponent=2):
    return ProposalForm(sent_back, base=base, exponent=exponent, initial={})


PAGE = "cooperatives/draft_steps.html"
VOTE = {"quorum": "50", "majority": "half", "why": ""}


def untouched(base, exponent=2):
    """The form of these steps as a browser sends it back."""
    data = sent(PAGE, form_of(base, exponent=exponent))
    data.update(VOTE)
    return data


def changed(base, **more):
    """The form of these steps, sent with other words in some fields."""
    data = untouched(base)
    for name, value in more.items():
        data[name.replace("__", "-")] = value
    return form_of(base, data)


def steps_of(form):
    assert form.is_valid(), [(f.html_name, f.errors) for f in form.visible_fields() if f.errors]
    return list(read_agreement(form.rules()))


def test_every_kind_of_step_is_tried():
    assert set(STEPS) == set(KNOWN.values())


@settings(max_examples=60)
@given(agreements, st.sampled_from([0, 2, 3]), st.sampled_from(["en", "fr"]))
def test_an_agreement_read_into_the_form_and_saved_is_the_same_bytes(steps, exponent, language):
    with override(language):
        form = form_of(steps, untouched(steps, exponent), exponent)
        steps_of(form)
        assert canonical(form.rules()) == canonical(write_agreement(steps))


@settings(max_examples=40)
@given(agreements, agreements)
def test_what_is_sent_counts_whatever_the_agreement_has_come_to_say_since(began, steps):
    form = form_of(began, untouched(steps))
    steps_of(form)
    assert canonical(form.rules()) == canonical(write_agreement(steps))


class TestRates:
    def test_a_price_of_its_own_comes_before_the_price_that_would_meet_it(self):
        form = changed([Floors((KILO, HOUR))], floors__care="7.00")
        assert [rate.of for rate in steps_of(form)[0].rates] == ["harvest", "work/care", "work"]

    def test_pieces_tools_and_lots_are_priced_in_rows(self):
        form = changed(
            [Floors((KILO,))],
            **{
                "floors-rows-0-pays": "0.30", "floors-rows-0-unit": "piece",
                "floors-rows-1-pays": "12", "floors-rows-1-of": "tools", "floors-rows-1-name": "press-2",
                "floors-rows-1-unit": "h", "floors-rows-1-plus": "12.5",
            },
        )  # fmt: skip
        assert steps_of(form)[0].rates == (
            KILO, Rate("harvest", "piece", 1, 30), Rate("tools/press-2", USE_MINUTE, 60, 1200, 125),
        )  # fmt: skip

    def test_the_rest_follows_the_agreed_prices_unless_it_has_its_own(self):
        base = [Floors((KILO,)), Residual((KILO,))]
        floors, rest = steps_of(changed(base, floors__kilo="3.00"))
        assert floors.rates == rest.rates == (Rate("harvest", "g", 1000, 300),)
        own = {"residual-rows-0-pays": "1", "residual-rows-0-of": "work", "residual-rows-0-unit": "h"}
        floors, rest = steps_of(changed(base, **own))
        assert floors.rates == (KILO,) and rest.rates == (Rate("work", "min", 60, 100),)

    def test_no_price_at_all_counts_nothing(self):
        form = changed([Floors((KILO,)), Residual((KILO,))], floors__kilo="")
        assert not form.is_valid()
        assert any("Nothing says how to count" in " ".join(field.errors) for field in form.visible_fields())

    @pytest.mark.parametrize(
        "wrong", [{"quantity": "0"}, {"quantity": "x"}, {"plus": "-1"}, {"name": "No Name"}, {"unit": "two words"}]
    )
    def test_what_cannot_be_read_is_told_at_its_field(self, wrong):
        row = {"pays": "1", **wrong}
        form = changed([Floors((KILO,))], **{f"floors-rows-0-{name}": value for name, value in row.items()})
        assert not form.is_valid()
        (name,) = wrong
        # Behind a disclosure nobody sees it, so it stands open.
        assert form.sections[2].is_wrong
        assert any(f.errors for f in form.visible_fields() if f.html_name == f"floors-rows-0-{name}")


class TestParts:
    def test_a_limit_and_a_part_of_the_whole_sale(self):
        form = changed([Floors((KILO,))], floors__thousandths="60", floors__of="sale")
        assert steps_of(form) == [Floors((KILO,), thousandths=600, is_straight=True)]

    def test_what_is_emptied_is_no_step_any_more(self):
        form = changed([Reserve(100), Commons(5, {"commons/shade/purse": 1})], reserve__thousandths="")
        assert steps_of(form) == [Commons(5, {"commons/shade/purse": 1})]

    def test_more_than_all_a_fund_twice_and_none_are_refused(self):
        base = [Reserve(100), Commons(5, {"commons/shade/purse": 1, "commons/care/purse": 1})]
        for wrong in (
            {"reserve__thousandths": "100.1"},
            {"commons__rows__1__fund": "shade"},
            {"commons__rows__0__fund": "", "commons__rows__1__fund": ""},
            {"commons__rows__0__fund": "no fund!"},
        ):
            form = changed(base, **wrong)
            assert not form.is_valid() and any(field.errors for field in form.visible_fields()), wrong

    def test_money_goes_to_a_forest_by_its_account(self):
        form = changed([], **{"commons-thousandths": "10", "commons-rows-0-fund": "nature/offin-shade/purse"})
        assert steps_of(form) == [Commons(100, {"nature/offin-shade/purse": 1})]


class TestTurns:
    BASE = (PassThrough(), Debts(), Floors((KILO,)), Reserve(100))

    def names(self, form):
        return [type(step).__name__ for step in steps_of(form)]

    def test_a_step_moves_up_before_and_down_after_the_one_that_has_its_turn(self):
        # On the page: pass-through, debts, floors, commons, designs, reserve, …
        assert self.names(changed(self.BASE, reserve__place="3")) == ["PassThrough", "Debts", "Reserve", "Floors"]
        assert self.names(changed(self.BASE, debts__place="3")) == ["PassThrough", "Floors", "Debts", "Reserve"]

    def test_a_second_step_of_a_kind_is_asked_for_and_filled(self):
        asked = changed(self.BASE, add="1", more="reserve")
        assert asked.asks_for_a_step and asked.sections[-1].prefix == "reserve-2"
        data = sent(PAGE, asked)
        data.update(VOTE | {"reserve-2-thousandths": "5", "reserve-2-place": "1"})
        assert steps_of(form_of(self.BASE, data)) == [Reserve(50), *self.BASE]
