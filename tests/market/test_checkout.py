"""Placing an order: the last unit is promised once, and one checkout makes one order."""

import threading

import pytest
from django.db import connection

from ledger.queries import log_size
from market.models import Hold, Letter, Order
from market.queries import pieces_left
from market.services import checkout
from market.services.catalogue import change_listing, withdraw_listing
from market.services.checkout import (
    AnotherOrder,
    Buyer,
    EmptyCart,
    NotEnough,
    NotForSale,
    OneCurrencyAtATime,
    SoldOut,
    place_order,
)
from market.services.orders import AlreadyPaid, cancel_order, expire_orders
from tests.market.goods import CLEO, bought, offered, on_shelf, ordered
from tests.world import bars, world

pytestmark = pytest.mark.quick


@pytest.mark.django_db
class TestPlaceOrder:
    def test_keeps_the_price_of_the_moment(self):
        w = world()
        listing = on_shelf(w)
        order = ordered(w, listing, 2)
        change_listing(by=w.ada, listing=listing, price=900)
        line = Order.objects.get(pk=order.pk).lines.get()
        assert (line.price, line.vat, line.commission, line.rest) == (1200, 63, 48, 1089)

    def test_leaves_nothing_in_the_ledger_and_a_hold_beside_it(self):
        w = world()
        listing = on_shelf(w)
        before = log_size()
        ordered(w, listing, 3)
        assert log_size() == before and Hold.objects.get().quantity == 3
        assert pieces_left([listing])[listing.pk] == 397

    def test_its_link_and_its_name_in_the_ledger_say_nothing_of_each_other(self):
        w = world()
        order = ordered(w, on_shelf(w))
        assert len(order.token) >= 32 and len(order.name) == 12 and order.name not in order.token

    def test_writes_a_letter_with_the_link(self):
        w = world()
        order = ordered(w, on_shelf(w), 2)
        letter = Letter.objects.get()
        assert letter.to == CLEO.email and order.token in letter.body and "12.00 EUR" in letter.body

    def test_writes_it_in_the_buyers_language(self):
        w = world()
        ordered(w, on_shelf(w), buyer=Buyer("Cleo", "c@x.example", language="fr"))
        assert Letter.objects.get().order.language == "fr"

    def test_the_same_key_answers_the_same_order(self):
        w = world()
        cart = {str(on_shelf(w).pk): 2}
        first, second = (place_order(cart=cart, buyer=CLEO, way="pickup", at=w.later(), key="k" * 20) for _ in "ab")
        assert first == second and Order.objects.count() == 1 and Hold.objects.get().quantity == 2

    def test_a_key_alone_opens_nobodys_order(self):
        w = world()
        listing = on_shelf(w)
        place_order(cart={str(listing.pk): 2}, buyer=CLEO, way="pickup", at=w.later(), key="k" * 20)
        for cart, buyer in (({str(listing.pk): 1}, CLEO), ({str(listing.pk): 2}, Buyer("Dov", "dov@rennet.example"))):
            with pytest.raises(AnotherOrder):
                place_order(cart=cart, buyer=buyer, way="pickup", at=w.later(), key="k" * 20)

    def test_refuses_an_empty_cart(self):
        w = world()
        for cart in ({}, {"1": 0}):
            with pytest.raises(EmptyCart):
                place_order(cart=cart, buyer=CLEO, way="pickup", at=w.later(), key="k")

    def test_refuses_a_draft_and_what_was_taken_off(self):
        w = world()
        listing = on_shelf(w)
        withdraw_listing(by=w.ada, listing=listing, at=w.later())
        for row in (listing, offered(w)):
            with pytest.raises(NotForSale):
                ordered(w, row)

    def test_refuses_more_than_is_left_and_says_how_much_that_is(self):
        w = world()
        listing = on_shelf(w, number=3)
        ordered(w, listing)
        with pytest.raises(NotEnough) as no:
            ordered(w, listing, 3)
        assert no.value.facts["left"] == 2
        ordered(w, listing, 2)
        with pytest.raises(SoldOut):
            ordered(w, listing)

    def test_two_listings_of_one_lot_share_what_is_in_it(self):
        w = world()
        lot = bars(w, 4)
        single, box = on_shelf(w, lot), on_shelf(w, lot, unit_quantity=3, price=1700)
        ordered(w, box)
        with pytest.raises(NotEnough):
            ordered(w, single, 2)
        with pytest.raises(SoldOut):
            ordered(w, box)
        ordered(w, single)

    def test_refuses_two_currencies_in_one_order(self):
        w = world()
        one, other = on_shelf(w), on_shelf(w)
        type(other).objects.filter(pk=other.pk).update(currency="XOF")
        with pytest.raises(OneCurrencyAtATime):
            place_order(cart={str(one.pk): 1, str(other.pk): 1}, buyer=CLEO, way="pickup", at=w.later(), key="k")


@pytest.mark.django_db
class TestCancelOrder:
    def test_puts_the_goods_back_on_the_shelf(self):
        w = world()
        listing = on_shelf(w, number=1)
        order = cancel_order(order=ordered(w, listing), at=w.later())
        assert order.state == "cancelled" and pieces_left([listing])[listing.pk] == 1
        assert cancel_order(order=order, at=w.later()).cancelled_at == order.cancelled_at

    def test_refuses_what_is_paid(self):
        w = world()
        with pytest.raises(AlreadyPaid):
            cancel_order(order=bought(w, on_shelf(w)), at=w.later())


@pytest.mark.django_db
class TestExpireOrders:
    def test_lets_go_of_what_nobody_paid_in_time(self):
        w = world()
        listing = on_shelf(w)
        order = ordered(w, listing)
        assert expire_orders(at=w.later(days=13)) == 0
        assert expire_orders(at=w.later(days=2)) == 1
        assert expire_orders(at=w.later()) == 0
        assert Order.objects.get(pk=order.pk).state == "cancelled" and pieces_left([listing])[listing.pk] == 400


def race(w, listing, buyers: int) -> list[str]:
    """So many buyers press the button in the same moment; answers what each was told."""
    start, told, at = threading.Barrier(buyers), [], w.later()

    def buy(n: int) -> None:
        try:
            start.wait(timeout=30)
            buyer = Buyer(f"Buyer {n}", f"buyer{n}@rennet.example")
            place_order(cart={str(listing.pk): 1}, buyer=buyer, way="pickup", at=at, key=f"race-{n}")
            told.append("ordered")
        except SoldOut as no:
            told.append(no.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=buy, args=(n,)) for n in range(buyers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return sorted(told)


class TestTwentyBuyersAndOneUnit:
    def test_one_orders_and_nineteen_are_told_that_it_is_sold_out(self, own_database):
        w = world()
        listing = on_shelf(w, number=1)
        assert race(w, listing, 20) == ["SoldOut"] * 19 + ["ordered"]
        assert Order.objects.count() == Hold.objects.count() == 1

    def test_without_the_lock_more_than_one_is_promised_it(self, own_database, monkeypatch):
        w = world()
        listing = on_shelf(w, number=1)
        seen = threading.Barrier(20)

        def unlocked(lots):
            return list(type(listing).objects.filter(lot_path__in=set(lots)).select_related("product__cooperative"))

        def held(addresses):
            answer = checkout_held(addresses)
            seen.wait(timeout=30)  # everyone has looked before anyone writes
            return answer

        checkout_held = checkout.held
        monkeypatch.setattr(checkout, "lock_lots", unlocked)
        monkeypatch.setattr(checkout, "held", held)
        assert race(w, listing, 20).count("ordered") > 1

    def test_one_key_pressed_twenty_times_makes_one_order(self, own_database):
        w = world()
        listing = on_shelf(w, number=5)
        at, tokens, start = w.later(), [], threading.Barrier(20)

        def press() -> None:
            try:
                start.wait(timeout=30)
                cart = {str(listing.pk): 1}
                tokens.append(place_order(cart=cart, buyer=CLEO, way="pickup", at=at, key="one-key").token)
            finally:
                connection.close()

        threads = [threading.Thread(target=press) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert len(tokens) == 20 and len(set(tokens)) == 1 and Order.objects.count() == 1
