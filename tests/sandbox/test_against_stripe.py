"""What holds with our stand-in holds with Stripe: the same tests run against Stripe itself with STRIPE_TEST_KEY."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from stripe._encode import _api_encode

from ledger.queries import balances
from market import stripe_connect
from market.services.cards import ask_to_close
from market.services.refunds import ask_refund
from market.services.stripe_answers import make_calls
from market.services.stripe_facts import take_fact
from tests.market.cards import by_card, now, page_of
from tests.market.goods import on_shelf
from tests.sandbox import against
from tests.sandbox.against import Counter, counter
from tests.sandbox.described import request_faults
from tests.sandbox.desk import DECLINED, PROJECT
from tests.sandbox.keys import NAME, NoTestKey, key_for_stripe
from tests.world import world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


@pytest.fixture
def there(request: pytest.FixtureRequest, settings: Any) -> Iterator[Counter]:
    if key := key_for_stripe():
        settings.STRIPE_KEY, settings.STRIPE_ADDRESS = key, ""
        yield counter(None)
    else:
        yield counter(request.getfixturevalue("stripe"))


def kept_by_stripe() -> dict[str, int]:
    """{currency: what all our accounts at the platform's Stripe hold}."""
    sums: dict[str, int] = {}
    for row in balances():
        if row.address.endswith("@stripe/market"):
            sums[row.unit] = sums.get(row.unit, 0) + row.quantity
    return {money: amount for money, amount in sums.items() if amount}


class TestWithStripe:
    def test_a_card_pays_an_order_and_its_fee_is_known(self, there: Counter) -> None:
        order = there.pay(by_card(on_shelf(world())))
        assert order.state == "paid"
        against.skip_unless_in_step(order)
        assert 0 < order.lines.get().fee < 600
        assert kept_by_stripe() == there.moved() == {"EUR": 600 - order.lines.get().fee}

    def test_a_declined_card_moves_nothing(self, there: Counter) -> None:
        order = there.pay(by_card(on_shelf(world())), DECLINED)
        assert order.state == "placed" and kept_by_stripe() == there.moved() == {}

    def test_a_part_goes_back_once_whatever_tells_of_it(self, there: Counter) -> None:
        w = world()
        order = there.pay(by_card(on_shelf(w)))
        against.skip_unless_in_step(order)
        asked = ask_refund(by=w.ada, order=order, amounts={1: 250}, why="", at=now(), key=f"part-{order.name}")
        make_calls(at=now())
        asked.refresh_from_db()
        for _ in "twice":
            take_fact(kind="refund", identity=asked.refund or "", at=now())
        assert kept_by_stripe() == there.moved() == {"EUR": 600 - order.lines.get().fee - 250}

    def test_more_than_was_paid_does_not_go_back(self, there: Counter) -> None:
        order = there.pay(by_card(on_shelf(world())))
        charge = order.payments.get().statement_line.rpartition("/")[2]
        with pytest.raises(stripe_connect.Refused):
            stripe_connect.make("give_refund", {"charge": charge, "amount": 601}, key=f"too-much-{order.name}")

    def test_a_key_does_it_once_and_takes_no_other_body(self, there: Counter) -> None:
        if there.desk is not None:
            there.desk.differs = True  # refunds are asked of Stripe past our books
        order = there.pay(by_card(on_shelf(world())))
        charge, key = order.payments.get().statement_line.rpartition("/")[2], f"once-{order.name}"
        first, again = (stripe_connect.make("give_refund", {"charge": charge, "amount": 100}, key=key) for _ in "ab")
        assert first["id"] == again["id"]
        with pytest.raises(stripe_connect.Refused):
            stripe_connect.make("give_refund", {"charge": charge, "amount": 101}, key=key)
        body = {"charge": charge, "amount": 7, "metadata": {"call": f"found-{order.name}"}}
        made = stripe_connect.make("give_refund", body, key=f"found-{order.name}")
        found = stripe_connect.look_up("give_refund", body, key=f"found-{order.name}")
        assert found is not None and found["id"] == made["id"]

    def test_a_page_that_is_closed_takes_no_card(self, there: Counter) -> None:
        order = by_card(on_shelf(world()))
        page = page_of(order)
        make_calls(at=now(), only=ask_to_close(order=order, at=now()))
        page.refresh_from_db()
        assert page.state == "closed" and stripe_connect.fetch("checkout.session", page.session or "")["url"] is None

    def test_the_statement_has_a_line_for_the_charge(self, there: Counter) -> None:
        order = there.pay(by_card(on_shelf(world())))
        charge = order.payments.get().statement_line.rpartition("/")[2]
        since = int(order.placed_at.timestamp()) - 60
        (line,) = [line for line in stripe_connect.statement(since=since) if line["source"] == charge]
        assert line["net"] == line["amount"] - line["fee"]

    def test_what_a_buyer_asks_of_stripe_is_as_stripe_describes_it(self) -> None:
        """At the stand-in a buyer types a card; what he says to Stripe instead is held to its description."""
        said = Counter.intent(by_card(on_shelf(world()), way="pickup"))
        form = "&".join(f"{name}={value}" for name, value in _api_encode(said))
        assert request_faults("POST", "/v1/payment_intents", form) == []
        assert request_faults("POST", "/v1/payment_intents", form + "&orders=1") != []


class TestTheKey:
    @pytest.mark.parametrize("key", ["sk_live_4242", "rk_live_4242", "pk_test_4242", "anything"])
    def test_a_key_that_could_move_real_money_is_refused(self, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(NAME, key)
        with pytest.raises(NoTestKey, match="a live key would move real money"):
            key_for_stripe()

    def test_the_run_ends_before_anything_is_said_with_it(self) -> None:
        found = subprocess.run(
            [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", __file__],
            cwd=PROJECT, text=True, capture_output=True, env=os.environ | {NAME: "sk_live_4242"}, check=False,
        )  # fmt: skip
        said = found.stdout + found.stderr
        assert found.returncode == pytest.ExitCode.USAGE_ERROR and "a live key would move real money" in said

    def test_a_test_key_is_taken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(NAME, "rk_test_4242")
        assert key_for_stripe() == "rk_test_4242"
