"""Two cooperatives in one cart, and many people at the same thing in the same moment."""

import threading
from datetime import date

import pytest
from django.db import connection
from django.urls import reverse

from ledger.queries import balance_of, balances, entries_by_key
from market.models import Order, Payment, Payout
from market.queries import orders_to_pack, where_money_went
from market.services.checkout import Buyer, place_order
from market.services.orders import AlreadyPaid, OrderCancelled, cancel_order, hand_over
from market.services.payments import BANK, CASH, receive_payment
from market.services.payouts import confirm_payout, prepare_payout
from market.services.refunds_by_hand import give_back
from market.services.returns import take_goods_back
from market.services.settlements import divide_period
from tests.market.goods import CLEO, bought, on_shelf, ordered, treasurer
from tests.market.test_shop_pages import words
from tests.world import agreed, bars, world

pytestmark = pytest.mark.quick

OPERATOR = "operators/market"


def two_stalls():
    """Fern's bars at 6.00 and Oak's at 9.00, both agreed on how to share."""
    fern, oak = world(), world("oak", "Oak", place="fr/jura")
    agreed(fern)
    agreed(oak)
    return fern, oak, on_shelf(fern), on_shelf(oak, price=900)


def order_of_both(w, *listings, way: str = "pickup") -> Order:
    cart = {str(listing.pk): 2 for listing in listings}
    return place_order(cart=cart, buyer=CLEO, way=way, at=w.later(), key="both-of-them")


@pytest.mark.django_db
class TestOneCartManyCooperatives:
    def test_one_payment_sells_the_lines_of_both(self):
        fern, _oak, one, other = two_stalls()
        order = order_of_both(fern, one, other)
        receive_payment(by=fern.tom, order=order, way=CASH, amount=3000, at=fern.later())
        tills = [balance_of(f"coops/{slug}/till@cash/fern", "EUR") for slug in ("fern", "oak")]
        assert tills == [1152, 1728] and balance_of(f"{OPERATOR}/till@cash/fern", "EUR") == 120
        assert balance_of("tax/gh/purse", "EUR@coops/fern") == 63 and balance_of("tax/fr/purse", "EUR@coops/oak") == 94

    def test_a_transfer_for_both_lies_where_it_came(self):
        fern, _oak, one, other = two_stalls()
        order = order_of_both(fern, one, other, way="bank")
        receive_payment(by=fern.tom, order=order, way=BANK, amount=3000, statement_line="1", at=fern.later())
        assert "bank/fern/1" in entries_by_key(["bank/fern/1"])
        assert balance_of("coops/oak/till@bank/fern", "EUR") == 1728

    def test_each_hands_over_what_lies_with_it_and_the_order_is_picked_up_with_the_last(self, client):
        fern, oak, one, other = two_stalls()
        order = order_of_both(fern, one, other)
        receive_payment(by=fern.tom, order=order, way=CASH, amount=3000, at=fern.later())
        order.refresh_from_db()
        assert (order.state, order.handed_over_at) == ("paid", None)
        assert balance_of(f"{order.owner}/goods", "bar") == 2 == balance_of(f"{order.owner}/parcels@hubs/oak", "bar")
        assert "picked up" in words(client.get(reverse("order", args=[order.token])))
        assert [list(orders_to_pack(w.fern)) for w in (fern, oak)] == [[], [order]]
        hand_over(by=fern.tom, order=order, at=fern.later())  # nothing of it lies there any more
        assert balance_of(f"{order.owner}/goods", "bar") == 2
        client.force_login(fern.people["tom"])
        assert not client.get(reverse("stall_order", args=["fern", order.name])).context["hands_over"]
        client.force_login(oak.people["tom"])
        assert client.get(reverse("stall_order", args=["oak", order.name])).context["hands_over"]
        assert client.post(reverse("hand_over", args=["oak", order.name])).status_code == 302
        order.refresh_from_db()
        assert order.state == "handed_over" and balance_of(f"{order.owner}/goods", "bar") == 4

    def test_what_came_back_before_it_was_fetched_is_not_waited_for(self):
        fern, oak, one, other = two_stalls()
        order = order_of_both(fern, one, other)
        receive_payment(by=fern.tom, order=order, way=CASH, amount=3000, at=fern.later())
        oaks = treasurer(oak)
        give_back(
            by=oaks, order=order, amounts={2: 1800}, statement_line="7", why="", at=fern.later(), key="all of Oak's"
        )
        take_goods_back(by=oaks, order=order, pieces={2: 2}, is_good=True, at=fern.later(), key="b1")
        order.refresh_from_db()
        assert order.state == "handed_over" and balance_of(f"{order.owner}/parcels@hubs/oak", "bar") == 0
        line = order.lines.get(number=2)
        assert balance_of(line.listing.lot_address, "bar") == 400 and line.handed_over_at is None

    def test_each_divides_its_own_and_every_cent_is_found(self):
        fern, oak, one, other = two_stalls()
        order = order_of_both(fern, one, other)
        receive_payment(by=oak.tom, order=order, way=CASH, amount=3000, at=fern.later())
        divide_period(by=fern.ada, cooperative=fern.fern, upto=date(2026, 11, 24), at=fern.later())
        half = where_money_went(order=order)
        assert half.price == 3000 and half.waiting == 1634  # Oak has not divided yet
        divide_period(by=oak.ada, cooperative=oak.fern, upto=date(2026, 11, 24), at=fern.later())
        whole = where_money_went(order=order)
        assert whole.price == 3000 and not whole.waiting
        assert {fern.ben.address, oak.ben.address} <= whole.by_owner().keys()

    def test_the_order_says_for_each_what_stays_in_its_own_region(self, client):
        fern, _oak, one, other = two_stalls()
        order = order_of_both(fern, one, other)
        page = client.get(reverse("order", args=[order.token]))
        places = {maker.name: (maker.price.place, maker.price.price) for maker in page.context["makers"]}
        assert places == {"Fern Cooperative": ("Ashanti", 1200), "Oak": ("France", 1800)}
        assert "Fern Cooperative, Ashanti" in words(page)


def at_once(*jobs) -> list[object]:
    """Run all jobs in the same moment; answers what each gave or raised."""
    start, told = threading.Barrier(len(jobs)), []

    def run(job) -> None:
        try:
            start.wait(timeout=30)
            told.append(job())
        except Exception as error:  # noqa: BLE001  # whatever it is, the test looks at it
            told.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return told


def money_and_claims_agree(slug: str) -> bool:
    held = balances(owner=f"coops/{slug}", words=["till", "prepaid", "float"])
    owed = -balance_of(f"coops/{slug}/owes", f"EUR@coops/{slug}")
    return sum(holding.quantity for holding in held) == owed


class TestAtTheSameMoment:
    def test_a_payment_pressed_ten_times_is_one(self, own_database):
        w = world()
        order, at = ordered(w, on_shelf(w)), w.later()
        told = at_once(*[lambda: receive_payment(by=w.tom, order=order, way=CASH, amount=600, at=at).pk] * 10)
        assert len(set(told)) == 1 == Payment.objects.count() and balance_of("coops/fern/till@cash/fern", "EUR") == 576

    def test_sales_and_a_division_lose_no_cent_between_them(self, own_database):
        w = world()
        agreed(w)
        listing = on_shelf(w)
        bought(w, listing)
        orders, at = [ordered(w, listing) for _ in range(8)], w.later()

        def pay(order):
            return lambda: receive_payment(by=w.tom, order=order, way=CASH, amount=600, at=at)

        def divide():
            return divide_period(by=w.ada, cooperative=w.fern, upto=date(2026, 11, 24), at=at)

        told = at_once(*[pay(order) for order in orders], divide, divide)
        assert not [answer for answer in told if isinstance(answer, Exception)]
        divide_period(by=w.ada, cooperative=w.fern, upto=date(2026, 12, 1), at=w.later())
        assert balance_of(listing.earned_path, "EUR@coops/fern") == 0 and money_and_claims_agree("fern")
        found = where_money_went(cooperative=w.fern)
        assert found.price == 5400 and not found.waiting

    def test_two_treasurers_confirm_one_payout_and_it_is_paid_once(self, own_database):
        w = world()
        agreed(w)
        bought(w, on_shelf(w), 10)
        divide_period(by=w.ada, cooperative=w.fern, upto=date(2026, 11, 24), at=w.later())
        eve, zoe, amount = treasurer(w), treasurer(w, "Zoe"), 500
        payout = prepare_payout(
            by=eve, owner=w.ben.address, amount=amount, currency="EUR", keeper="cash/fern", at=w.later(), key="once"
        )
        at = w.later()

        def confirm(by, line):
            return lambda: confirm_payout(by=by, payout=payout, statement_line=line, evidence="signed", at=at).entry

        told = at_once(confirm(w.ada, "17"), confirm(zoe, "18"))
        assert len(set(told)) == 1 and balance_of(f"{w.ben.address}/pocket", "EUR") == amount
        assert Payout.objects.get().entry == told[0] and money_and_claims_agree("fern")

    def test_paying_and_cancelling_end_in_one_of_the_two(self, own_database):
        w = world()
        listing = on_shelf(w)
        order, at = ordered(w, listing), w.later()
        told = at_once(
            lambda: receive_payment(by=w.tom, order=order, way=CASH, amount=600, at=at),
            lambda: cancel_order(order=order, at=at),
        )
        refused = [answer for answer in told if isinstance(answer, Exception)]
        assert len(refused) == 1 and isinstance(refused[0], AlreadyPaid | OrderCancelled)
        order.refresh_from_db()
        is_paid = Payment.objects.exists()
        assert order.state == ("handed_over" if is_paid else "cancelled")
        assert balance_of(listing.lot_address, "bar") == (399 if is_paid else 400)

    def test_two_carts_that_want_the_same_two_goods_do_not_wait_for_each_other(self, own_database):
        w = world()
        one, other = on_shelf(w, bars(w, 20)), on_shelf(w, bars(w, 20))
        carts = [{str(one.pk): 1, str(other.pk): 1}, {str(other.pk): 1, str(one.pk): 1}] * 5
        at = w.later()

        def buy(n, cart):
            buyer = Buyer(f"Buyer {n}", f"b{n}@rennet.example")
            return lambda: place_order(cart=cart, buyer=buyer, way="pickup", at=at, key=f"crossing-{n}").pk

        told = at_once(*[buy(n, cart) for n, cart in enumerate(carts)])
        assert len({answer for answer in told if isinstance(answer, int)}) == 10
