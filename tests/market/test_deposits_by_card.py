"""Deposits that were paid by card: given back there, sent on to the seller, refused, and lost in a dispute."""

import pytest

from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from market.models import Transfer
from market.services.containers_back import (
    CARD,
)
from market.services.orders import hand_over
from market.services.receivables import owed_by
from market.services.refunds import lose_refund
from market.services.stripe_answers import make_calls
from market.services.stripe_facts import take_fact
from tests.market.cards import by_card, now, page_of, paid_by_card, reconciled
from tests.market.goods import bought
from tests.market.jars import back, jarred, purse, where
from tests.market.test_card_money import onboarded, sent
from tests.sandbox.desk import DISPUTED
from tests.world import agreed, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


class TestByCard:
    def test_stripe_takes_it_lists_it_and_gives_it_back(self, stripe):
        w = world()
        agreed(w)
        _kind, listing = jarred(w)
        order = by_card(listing, 3)
        items = page_of(order).call.body["line_items"]
        told = [(i["price_data"]["product_data"]["name"], i["quantity"], i["price_data"]["unit_amount"]) for i in items]
        assert told == [("Dark 72", 3, 600), ("Deposit: Jar", 3, 50)]
        order = paid_by_card(stripe, listing, 3)
        assert order.payments.get().amount == 1950 and purse(order) == 150
        hand_over(by=w.tom, order=order, at=now())
        assert back(w, order, 2, way=CARD, at=now()) == 100
        assert where(w) == (19, 1) and purse(order) == 150  # asked, and not yet given
        make_calls(at=now())
        assert (purse(order), owed_by("coops/fern", "EUR")) == (50, 0)
        reconciled(stripe)
        publish_checkpoint()
        verify_log()

    def test_the_seller_is_sent_the_deposits_and_gives_them_back(self, stripe):
        w = world()
        agreed(w)
        onboarded(stripe, w)
        _kind, listing = jarred(w)
        order = paid_by_card(stripe, listing, 3)
        line = order.lines.get()
        sent(stripe, w)
        assert Transfer.objects.get().amount == line.price - line.commission - line.fee + 150
        hand_over(by=w.tom, order=order, at=now())
        back(w, order, 1, way=CARD, at=now())
        make_calls(at=now())
        make_calls(at=now())
        take_fact(kind="transfer", identity=Transfer.objects.get().transfer or "", at=now())
        assert (purse(order), Transfer.objects.get().reversed, owed_by("coops/fern", "EUR")) == (100, 50, 0)
        assert [note.total for note in order.invoices.exclude(refund=None)] == [-50]
        reconciled(stripe)

    def test_a_refund_that_stripe_would_not_give_leaves_it_owed(self, stripe):
        w, stripe.differs = world(), True  # Stripe did give it; only we are told that it would not
        _kind, listing = jarred(w)
        order = paid_by_card(stripe, listing, 2)
        hand_over(by=w.tom, order=order, at=now())
        back(w, order, 2, way=CARD, at=now())
        lose_refund(call=order.refunds.get().call)
        assert order.lines.get().containers_back == 0 and purse(order) == 100
        assert back(w, order, 2, way=CARD, at=now()) == 100

    def test_a_lost_dispute_ends_what_is_owed_and_costs_what_was_given_in_cash(self, stripe):
        w = world()
        agreed(w)
        _kind, listing = jarred(w)
        bought(w, listing, 1)  # something in the cash box
        order = paid_by_card(stripe, listing, 3, card=DISPUTED)
        hand_over(by=w.tom, order=order, at=now())
        back(w, order, 1, at=now())
        dispute = stripe.objects("dispute")[0]["id"]
        take_fact(kind="dispute", identity=dispute, at=now())
        stripe.press(f"/desk/lose/{dispute}")
        take_fact(kind="dispute", identity=dispute, at=now())
        assert (order.disputes.get().state, purse(order)) == ("lost", 0)
        reconciled(stripe)
        publish_checkpoint()
        verify_log()
