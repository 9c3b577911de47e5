"""Stripe as some tests meet it: our stand-in, or Stripe itself where STRIPE_TEST_KEY holds a test key of its own.

A buyer cannot be driven through Stripe's own payment page, so there he pays past it: by a payment with the very order
and group that the page would have set, with one of Stripe's test cards.
"""

import uuid
from dataclasses import dataclass
from typing import Any

import pytest
import stripe as sdk
from django.conf import settings

from market import stripe_connect
from market.models import Order
from market.services.stripe_facts import take_fact
from tests.market.cards import come_back, now, page_of
from tests.sandbox.desk import DECLINED, GOOD, Desk

AT_STRIPE = {GOOD: "pm_card_visa", DECLINED: "pm_card_chargeDeclined"}


@dataclass
class Counter:
    """Where buyers pay: at the stand-in's page, or, with no desk, at Stripe itself."""

    desk: Desk | None
    before: dict[str, int]

    def pay(self, order: Order, card: str = GOOD) -> Order:
        """The buyer opens the order's page and pays, or tries to; then he comes back."""
        page = page_of(order)
        assert page.state == "open" and page.url.startswith("http"), page.call.said
        if self.desk is not None:
            self.desk.pay(page.url, card)
            return come_back(order)
        try:
            said = self.intent(order, card)
            made = self.client().v1.payment_intents.create(said, {"idempotency_key": str(uuid.uuid4())})  # type: ignore[arg-type]  # a dict of words
        except sdk.CardError:
            return come_back(order)
        take_fact(kind="payment_intent", identity=made.id, at=now())
        order.refresh_from_db()
        return order

    @staticmethod
    def intent(order: Order, card: str = GOOD) -> dict[str, Any]:
        """What is asked of Stripe for a buyer who pays past its page."""
        return {
            "amount": order.total, "currency": order.currency.lower(), "payment_method": AT_STRIPE[card],
            "payment_method_types": ["card"], "confirm": True, "transfer_group": order.name,
            "metadata": {"order": order.name},
        }  # fmt: skip

    def client(self) -> sdk.StripeClient:
        return stripe_connect._client(settings.STRIPE_KEY, settings.STRIPE_ADDRESS)

    def moved(self) -> dict[str, int]:
        """{currency: by how much the balance there has changed since the test began}."""
        after = stripe_connect.balance()
        found = {money: after.get(money, 0) - self.before.get(money, 0) for money in {*after, *self.before}}
        return {money: amount for money, amount in found.items() if amount}


def counter(stripe: Desk | None) -> Counter:
    """At the stand-in's, or at Stripe itself."""
    return Counter(stripe, stripe_connect.balance())


def skip_unless_in_step(order: Order) -> None:
    """Stripe settles in its account's own money; our law compares amounts in one."""
    if not order.payments.get().is_fee_known:
        pytest.skip("NOT COMPARED: this Stripe account keeps its balance in another currency than the test's euros.")
