"""Carriage that goes back, and carriage paid by card: who gives it, and who bears it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.queries import balance_of
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from market.models import Order, Transfer
from market.rules.cards import PLATFORM, fee_shares
from market.rules.parts import shared_out
from market.rules.sales import SoldLine
from market.services.carriage import (
    send_parcel,
)
from market.services.orders import NotYourOrder
from market.services.payouts import pay_purse
from market.services.refunds import TooMuch, ask_refund
from market.services.refunds_by_hand import give_back
from market.services.stripe_answers import make_calls
from market.services.stripe_facts import take_fact
from tests.market.cards import now, paid_by_card, reconciled
from tests.market.goods import on_shelf, treasurer
from tests.market.jars import E_FERN
from tests.market.parcels import CLEO_AT_HOME, POST, POST_PURSE, carrier, paid_order
from tests.market.test_card_money import DISPUTED, onboarded, refunded, sent
from tests.world import agreed, bars, key, world

pytestmark = [pytest.mark.quick]
needs_db = pytest.mark.django_db

FERN, OPERATOR = "coops/fern", "operators/market"


def accounts(order: Order) -> tuple[int, int, int]:
    """What the carrier is owed, the tax, and what of it is the seller's loss."""
    return balance_of(POST_PURSE, E_FERN), balance_of("tax/gh/purse", E_FERN), -balance_of(f"{FERN}/losses", E_FERN)


@needs_db
class TestGivingBack:
    def back(self, w, order, amount: int):
        return give_back(
            by=w.ada, order=order, amounts={2: amount}, statement_line=key("line"), why="", at=w.later(), key=key("r")
        )

    def test_before_it_left_the_carrier_gives_back_its_part(self):
        w = world()
        order = paid_order(w, on_shelf(w), carrier(w))
        self.back(w, order, 690)
        assert accounts(order) == (0, 63, 0)
        assert -sum(line["price"] for line in order.invoices.get(refund__isnull=False).lines) == 690
        with pytest.raises(TooMuch) as no:
            self.back(w, order, 1)
        assert "Carriage: La Poste" in no.value.words(str)

    def test_once_it_left_the_seller_bears_it_and_the_carrier_keeps_its_own(self):
        w = world()
        order = paid_order(w, on_shelf(w), carrier(w))
        send_parcel(by=w.tom, order=order, tracking="", at=w.later())
        self.back(w, order, 690)
        assert accounts(order) == (575, 63, 575)

    def test_a_carrier_that_was_paid_before_has_it(self):
        w = world()
        eve = treasurer(w)
        order = paid_order(w, on_shelf(w), carrier(w))
        pay_purse(
            by=eve, approved_by=w.ada, owner=POST, amount=500, currency="EUR", keeper="bank/fern", statement_line="91",
            evidence="Invoice 7", at=w.later(),
        )  # fmt: skip
        self.back(w, order, 690)
        assert accounts(order) == (0, 63, 500)
        publish_checkpoint()
        assert verify_log().fault is None

    @pytest.mark.parametrize("amounts", [(1, 689), (345, 345), (230, 230, 230), (689, 1)])
    def test_parts_of_any_size_sum_to_the_whole(self, amounts):
        w = world()
        order = paid_order(w, on_shelf(w), carrier(w))
        for amount in amounts:
            self.back(w, order, amount)
        assert accounts(order) == (0, 63, 0)


@given(
    st.lists(st.integers(1, 9_999), min_size=1, max_size=3),
    st.integers(1, 2_000),
    st.integers(0, 999),
    st.integers(0, 100_000),
    st.integers(0, 5_000),
)
def test_goods_and_carriage_are_paid_in_any_parts_and_the_fee_is_the_goods_alone(prices, carriage, rate, first, fee):
    """However two payments share an order, each line has its price, and no fee is the carrier's."""
    said = {"order": "orders/o", "seller": FERN, "unit": "", "quantity": 0, "tax": "tax/fr", "money": "EUR", "hub": ""}
    goods = [
        SoldLine(number=n, lot=f"l{n}", price=price, vat=price * 55 // 1055, commission=price * 2 // 100, **said)
        for n, price in enumerate(prices, 1)
    ]
    last = SoldLine(
        number=len(prices) + 1, lot="", price=carriage, vat=carriage * rate // (1000 + rate), commission=0,
        carrier=POST, **said,
    )  # fmt: skip
    total = sum(prices) + carriage
    parts = shared_out([*goods, last], {"bank/a": min(first, total), "cash/b": total - min(first, total)})
    for line in (*goods, last):
        assert sum(sum(each[line.number].values()) for each in parts.values()) == line.price
    shares, left = fee_shares(fee, goods)
    assert sum(shares.values()) + left == fee and last.number not in shares


@needs_db
class TestByCard:
    def sold(self, stripe, w, listing, **more) -> Order:
        offer = carrier(w)
        return paid_by_card(stripe, listing, 10, buyer=CLEO_AT_HOME, carriage={w.fern.pk: offer.pk}, **more)

    def test_the_page_lists_it_the_fee_is_the_goods_and_the_seller_is_sent_all(self, stripe):
        w = world()
        agreed(w)
        order = self.sold(stripe, w, on_shelf(w))
        (session,) = stripe.objects("checkout.session")
        assert session["amount_total"] == 6690 == order.total
        assert accounts(order)[0] == 575
        account = onboarded(stripe, w)
        sent(stripe, w)
        fee = order.lines.get().fee
        assert fee > 0 and stripe.balances()[account.account, "eur"] == 6690 - order.lines.get().commission - fee
        reconciled(stripe)

    @pytest.mark.parametrize("is_sent", [False, True])
    def test_a_refund_runs_back_to_whoever_had_it(self, stripe, is_sent):
        w = world()
        agreed(w)
        order = self.sold(stripe, w, on_shelf(w))
        onboarded(stripe, w)
        sent(stripe, w)
        if is_sent:
            send_parcel(by=w.ada, order=order, tracking="", at=now())
        refunded(w, order, 690, line=2)
        assert accounts(order)[0] == (575 if is_sent else 0)
        assert accounts(order)[2] == (575 if is_sent else 0)
        assert balance_of(f"{OPERATOR}/float@{PLATFORM}", "EUR") == 0
        reconciled(stripe)

    def test_what_went_back_before_is_not_sent_on(self, stripe):
        w = world()
        agreed(w)
        listing = on_shelf(w)
        order = self.sold(stripe, w, listing)
        paid_by_card(stripe, listing, 10)  # money of another sale that lies beside it
        refunded(w, order, 690, line=2)
        onboarded(stripe, w)
        sent(stripe, w)
        line = order.lines.get()
        assert Transfer.objects.get(order=order).amount == 6000 - line.commission - line.fee
        reconciled(stripe)

    @pytest.mark.parametrize("is_sent", [False, True])
    def test_a_lost_dispute_takes_it_too(self, stripe, is_sent):
        w = world()
        agreed(w)
        order = self.sold(stripe, w, on_shelf(w), card=DISPUTED)
        if is_sent:
            send_parcel(by=w.ada, order=order, tracking="", at=now())
        (dispute,) = stripe.objects("dispute")
        take_fact(kind="dispute", identity=dispute["id"], at=now())
        assert accounts(order)[0] == 575  # what a carrier is owed is not set aside
        stripe.press(f"/desk/lose/{dispute['id']}")
        take_fact(kind="dispute", identity=dispute["id"], at=now())
        make_calls(at=now())
        assert accounts(order)[0] == (575 if is_sent else 0) and order.disputes.get().state == "lost"
        reconciled(stripe)

    def test_others_cannot_give_it_back(self, stripe):
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        listing, other = on_shelf(w), on_shelf(oak, bars(oak, 10))
        order = self.sold(stripe, w, listing, cart={str(listing.pk): 10, str(other.pk): 1})
        for number in (1, 3):
            with pytest.raises(NotYourOrder):
                ask_refund(by=oak.ada, order=order, amounts={number: 1}, why="", at=now(), key="b")
        assert ask_refund(by=oak.ada, order=order, amounts={2: 1}, why="", at=now(), key="c").amount == 1
