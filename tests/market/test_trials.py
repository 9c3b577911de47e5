"""A proposal tried on past sales: the same divisions made again, to the cent, and nothing changed by it."""

from datetime import date

import pytest

from cooperatives.rules.steps import read_agreement
from cooperatives.services.tools import add_tool, use_tool
from ledger.queries import log_size
from market.models import Division
from market.pages.trials import tried
from market.services.settlements import divide_period
from tests.market.goods import bought, on_shelf
from tests.world import RULES, agreed, bars, proposed, voted_in, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]
FERN, NOW = "coops/fern", read_agreement(RULES)


@pytest.fixture
def season():
    """Three divisions of two lots: one that could not pay the agreed prices, one that paid what was owed."""
    w = world()
    agreed(w)
    poor, rich = on_shelf(w, price=1, number=10), on_shelf(w, price=5000)
    for listing, pieces, upto in ((poor, 5, 1), (rich, 10, 2), (rich, 7, 3)):
        bought(w, listing, pieces)
        divide_period(by=w.ada, cooperative=w.fern, upto=date(2026, 12, upto), at=w.later())
    return w


def given(outcome, account):
    return outcome.parts.get(account, 0)


class TestTried:
    def test_the_version_in_force_gives_again_what_it_gave(self, season):
        rows = Division.objects.all()
        assert rows.count() == 3
        trial = tried(season.fern, NOW, NOW)
        gave = {}
        for row in rows:
            for account, amount in row.parts["parts"].items():
                gave[account] = gave.get(account, 0) + amount
        assert dict(trial.now.parts) == gave == dict(trial.then.parts)
        assert all(side.change == 0 for side in trial.sides)

    @pytest.mark.parametrize("sales", [1, 2])
    def test_the_last_ones_alone_start_with_what_was_owed_before_them(self, season, sales):
        gave = {}
        for row in list(Division.objects.all())[:sales]:
            for account, amount in row.parts["parts"].items():
                gave[account] = gave.get(account, 0) + amount
        assert dict(tried(season.fern, NOW, NOW, sales=sales).now.parts) == gave

    def test_both_sides_sum_to_what_was_earned_to_the_cent(self, season):
        rules = [*RULES[:-2], {"step": "reserve", "thousandths": 333}, RULES[-1]]
        trial = tried(season.fern, NOW, read_agreement(rules))
        earned = sum(row.amount for row in trial.divisions)
        assert trial.total == earned == trial.now.total == trial.then.total == sum(trial.then.by_step.values())
        assert sum(side.now for side in trial.sides) == sum(side.then for side in trial.sides) == earned
        assert given(trial.then, f"{FERN}/reserve") > given(trial.now, f"{FERN}/reserve")
        assert sum(side.change for side in trial.sides) == 0

    def test_without_agreed_prices_nothing_is_owed(self, season):
        without = read_agreement([step for step in RULES if step["step"] not in {"floors", "debts"}])
        trial = tried(season.fern, NOW, without, sales=3)
        assert not trial.then.owed
        one = tried(season.fern, NOW, NOW)
        assert one.divisions == trial.divisions and one.now.parts == trial.now.parts

    def test_it_changes_nothing(self, season):
        size, rows = log_size(), list(Division.objects.values())
        tried(season.fern, NOW, read_agreement([{"step": "reserve", "thousandths": 1000}]))
        assert (log_size(), list(Division.objects.values())) == (size, rows)

    def test_without_a_settlement_there_is_nothing_to_try_it_on(self):
        w = world()
        agreed(w)
        assert tried(w.fern, NOW, NOW).total == 0 and tried(w.fern, NOW, NOW).sides == ()


class TestPage:
    def page(self, client, w, who):
        proposal = proposed(w)
        client.force_login(w.people[who])
        return client.get(f"/cooperatives/fern/proposals/{proposal.number}/tried/")

    def test_a_member_sees_both_sides_and_their_own_first(self, client, season):
        answer = self.page(client, season, "ben")
        assert answer.status_code == 200
        rows, trial = answer.context["rows"], answer.context["trial"]
        assert rows[0][0] == "Ben" and rows[0][2]
        assert sum(side.now for _name, side, _mine in rows) == trial.total == trial.then.total
        assert "In force" in answer.content.decode()

    def test_a_stranger_sees_nothing(self, client, season):
        assert self.page(client, season, "dov").status_code == 404


def test_what_was_adopted_is_tried_beside_the_version_before(season, client):
    rules = [*RULES[:-2], {"step": "reserve", "thousandths": 333}, RULES[-1]]
    proposal = voted_in(season, rules)
    client.force_login(season.people["ben"])
    answer = client.get(f"/cooperatives/fern/proposals/{proposal.number}/tried/")
    by_word = {side.word: side for side in answer.context["trial"].sides}
    assert by_word["reserve"].change > 0
    assert "once by the version before" in answer.text and "In force" not in answer.text


def test_a_price_for_tools_raised_and_limited_is_tried_like_any_other():
    w = world()
    agreed(w)
    lot = bars(w)
    mill = add_tool(by=w.ada, cooperative=w.fern, name="Mill", owner=w.tom, at=w.later())
    use_tool(by=w.ada, process=lot.process, tool=mill, minutes=90, at=w.later(), key="mill")
    bought(w, on_shelf(w, lot, price=1_000), 400)  # all of it, so that all the minutes stand behind the sale
    divide_period(by=w.ada, cooperative=w.fern, upto=date(2026, 12, 1), at=w.later())
    rates = [{"of": "tools/mill", "unit": "use.min", "per": 60, "pays": 1_000, "plus": 100}]
    floors, low = {"step": "floors", "rates": rates}, {"step": "floors", "rates": rates, "thousandths": 1}
    tom = f"{w.tom.address}/purse"
    # An hour and a half at 11.00, of which the bars carry nine tenths.
    assert given(tried(w.fern, NOW, read_agreement([floors])).then, tom) == 1_485
    trial = tried(w.fern, NOW, read_agreement([low | {"is_straight": True}]))
    assert given(trial.then, tom) == trial.total // 1_000


def test_what_its_own_tools_are_worth_stays_with_the_cooperative():
    w = world()
    agreed(w)
    lot = bars(w)
    mill = add_tool(by=w.ada, cooperative=w.fern, name="Mill", at=w.later())
    use_tool(by=w.ada, process=lot.process, tool=mill, minutes=90, at=w.later(), key="mill")
    bought(w, on_shelf(w, lot, price=1_000), 400)
    divide_period(by=w.ada, cooperative=w.fern, upto=date(2026, 12, 1), at=w.later())
    rates = [
        {"of": "tools", "unit": "use.min", "per": 60, "pays": 1_000},
        {"of": "work", "unit": "min", "per": 60, "pays": 500},
    ]  # fmt: skip
    outcome = tried(w.fern, NOW, read_agreement([{"step": "floors", "rates": rates}])).then
    # An hour and a half of the mill and six hours of Ben's, of which the bars carry nine tenths; nobody pays himself.
    assert outcome.by_step["floors"] == 1_350 + 2_700
    assert set(outcome.parts) == {f"{FERN}/reserve", f"{w.ben.address}/purse"}
    assert given(outcome, f"{w.ben.address}/purse") == 2_700
