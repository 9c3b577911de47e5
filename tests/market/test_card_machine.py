"""Whatever happens to a card payment, and in whatever order it is heard, the books end as Stripe's: a state machine."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from ledger.rules.refusal import Refusal
from market.models import Order, Payment
from market.services.carriage import send_parcel
from market.services.orders import cancel_order
from market.services.reconcile import reconcile
from market.services.refunds import ask_refund
from market.services.stripe_answers import make_calls
from market.services.stripe_facts import take_fact
from tests.market.cards import books_agree, by_card, now, page_of, paid_by_card, reconciled
from tests.market.goods import on_shelf
from tests.market.parcels import CLEO_AT_HOME, carrier
from tests.sandbox.desk import ASKS, DECLINED, DISPUTED, GOOD, Desk
from tests.world import world

pytestmark = [pytest.mark.django_db]

KINDS = {"checkout.session", "payment_intent", "charge", "refund", "dispute"}


def machine(stripe: Desk, w, listing, offer) -> type[RuleBasedStateMachine]:
    """A machine over one sandbox and one shop, which sells at the door and sends by a carrier; what each run changed in
    the shop is taken back after it."""

    class Cards(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.tie = transaction.atomic()
            self.tie.__enter__()
            self.before = stripe.mark()
            self.heard = len(stripe.objects("event"))
            self.orders: list[Order] = []
            self.pages: list[str] = []

        def teardown(self) -> None:
            try:
                self.settle()
            finally:  # whatever was found, the next test has its database as it was
                transaction.set_rollback(True)
                self.tie.__exit__(None, None, None)
                stripe.back_to(self.before)

        def settle(self) -> None:
            """In the end, after reconciling, every payment is one and every order's money is where it belongs."""
            for _ in range(3):
                make_calls(at=now())
                self.events(list(range(len(self.news()))))
            for order in self.orders:
                order.refresh_from_db()
                charged = sum(
                    c["amount"] - c["amount_refunded"]
                    for c in stripe.objects("charge")
                    if c["metadata"].get("order") == order.name
                    and c["status"] == "succeeded"
                    # Stripe refuses to give back what the buyer's bank already asks back: the dispute decides.
                    and not c["disputed"]
                )
                if order.state == "cancelled":
                    assert charged == 0
                assert Payment.objects.filter(order=order).count() == (order.state in {"paid", "handed_over"})
            reconcile(at=now())
            reconciled(stripe)
            assert stripe.faults_found() == []

        def news(self) -> list[dict]:
            mine = {order.name for order in self.orders}
            events = stripe.objects("event")[self.heard :]
            return [e for e in events if e["data"]["object"]["object"] in KINDS and mine]

        def events(self, numbers: list[int]) -> None:
            news = self.news()
            for number in numbers:
                if news:
                    about = news[number % len(news)]["data"]["object"]
                    take_fact(kind=about["object"], identity=about["id"], at=now())

        @precondition(lambda self: len(self.orders) < 3)
        @rule(is_sent=st.booleans())
        def order(self, is_sent: bool) -> None:
            sent = {"buyer": CLEO_AT_HOME, "carriage": {offer.cooperative_id: offer.pk}} if is_sent else {}
            order = by_card(listing, **sent)
            self.orders.append(order)
            self.pages.append(page_of(order).url)

        @precondition(lambda self: len(self.orders) < 3)
        @rule(amount=st.integers(1, 600), card=st.sampled_from([GOOD, DISPUTED]), is_sent=st.booleans())
        def pay_and_want_some_back(self, amount: int, card: str, is_sent: bool) -> None:
            self.order(is_sent)
            stripe.pay(self.pages[-1], card)
            self.events(list(range(len(self.news()))))
            self.refund(len(self.orders) - 1, amount, 1 + is_sent)

        @precondition(lambda self: self.orders)
        @rule(n=st.integers(0, 2), card=st.sampled_from([GOOD, GOOD, ASKS, DECLINED, DISPUTED]))
        def pay(self, n: int, card: str) -> None:
            stripe.pay(self.pages[n % len(self.pages)], card)

        @precondition(lambda self: self.orders)
        @rule(numbers=st.lists(st.integers(0, 30), max_size=6))
        def hear(self, numbers: list[int]) -> None:
            self.events(numbers)

        @rule()
        def speak(self) -> None:
            make_calls(at=now())

        @precondition(lambda self: self.orders)
        @rule(n=st.integers(0, 2), amount=st.integers(1, 600), line=st.sampled_from([1, 2]))
        def refund(self, n: int, amount: int, line: int) -> None:
            order, key = self.orders[n % len(self.orders)], f"{amount}-{line}"
            try:
                ask_refund(by=w.ada, order=order, amounts={line: amount}, why="", at=now(), key=f"{order.name}-{key}")
            except Refusal:
                return

        @precondition(lambda self: self.orders)
        @rule(n=st.integers(0, 2))
        def send(self, n: int) -> None:
            try:
                send_parcel(by=w.ada, order=self.orders[n % len(self.orders)], tracking="", at=now())
            except Refusal:
                return

        @precondition(lambda self: self.orders)
        @rule(n=st.integers(0, 2))
        def cancel(self, n: int) -> None:
            order = self.orders[n % len(self.orders)]
            order.pages.update(state="closed")  # as if closing had crossed with a payment
            try:
                cancel_order(order=order, at=now())
            except Refusal:
                return

        @rule(verb=st.sampled_from(["win", "lose"]))
        def decide(self, verb: str) -> None:
            mine = {order.name for order in self.orders}
            charges = {c["id"] for c in stripe.objects("charge") if c["metadata"].get("order") in mine}
            for dispute in stripe.objects("dispute"):
                if dispute["status"] == "needs_response" and dispute["charge"] in charges:
                    stripe.press(f"/desk/{verb}/{dispute['id']}")

        @invariant()
        def an_order_is_paid_once(self) -> None:
            assert all(Payment.objects.filter(order=order).count() <= 1 for order in self.orders)

    return Cards


@pytest.fixture
def cards(stripe: Desk) -> Iterator[type[RuleBasedStateMachine]]:
    w = world()
    yield machine(stripe, w, on_shelf(w), carrier(w))


@pytest.mark.quick
def test_in_any_order(cards: type[RuleBasedStateMachine]) -> None:
    run(cards, 12, derandomize=True)


@pytest.mark.soak
def test_in_any_order_five_hundred_times(cards: type[RuleBasedStateMachine]) -> None:
    run(cards, 500)


def run(cards: type[RuleBasedStateMachine], times: int, *, derandomize: bool = False) -> None:
    """`derandomize` tries the same ways each time: chance looks for new ones where there is time for it."""
    quiet = list(HealthCheck)
    how = settings(
        max_examples=times, stateful_step_count=12, deadline=None, suppress_health_check=quiet, derandomize=derandomize
    )
    run_state_machine_as_test(cards, settings=how)


@pytest.mark.quick
def test_reconciling_ends_where_hearing_everything_ends(stripe: Desk) -> None:
    """Nothing heard at all, then one reconciliation: as if every event had come."""
    w = world()
    listing = on_shelf(w)
    paid_by_card(stripe, listing)
    for card in (GOOD, DISPUTED, ASKS):
        stripe.pay(page_of(by_card(listing)).url, card)
    stripe.press(f"/desk/lose/{stripe.objects('dispute')[0]['id']}")
    reconcile(at=now())
    reconcile(at=now())
    assert reconcile(at=now()).differences == ()
    books_agree(stripe)
