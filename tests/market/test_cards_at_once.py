"""Many at once: twenty buyers and one unit, an event told twenty times in the same moment, a form sent twice."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from ledger.queries import entries_by_prefix
from market.models import Payment
from market.services.stripe_events import read_events
from tests.market.cards import by_card, come_back, now, page_of, reconciled
from tests.market.goods import bought, on_shelf
from tests.market.jars import brought, jarred, where
from tests.market.test_cards import signed, told
from tests.market.test_together import at_once
from tests.sandbox.desk import GOOD
from tests.world import bars, world

pytestmark = pytest.mark.quick


class TestAtOnce:
    def test_an_event_heard_twenty_times_at_once_is_read_once(self, own_database, stripe):
        w = world()
        order = by_card(on_shelf(w))
        stripe.pay(page_of(order).url)
        payloads = [json.dumps(event).encode() for event in stripe.objects("event")] * 20

        def tell(payload: bytes) -> int:
            try:
                status = told(Client(), payload, signed(payload))
                read_events(at=now())
                return status
            finally:
                connection.close()

        with ThreadPoolExecutor(20) as pool:
            assert set(pool.map(tell, payloads)) == {200}
        read_events(at=now() + timedelta(minutes=3))
        order.refresh_from_db()
        assert order.state == "paid" and Payment.objects.count() == 1
        assert len(entries_by_prefix("stripe/market/")) == 2
        reconciled(stripe)

    def test_twenty_buyers_and_one_unit(self, own_database, stripe):
        w = world()
        listing = on_shelf(w, bars(w, 1))

        def buy(_n: int) -> str:
            try:
                order = by_card(listing)
                stripe.pay(page_of(order).url, GOOD)
                return come_back(order).state
            except Exception as no:  # noqa: BLE001
                return type(no).__name__
            finally:
                connection.close()

        with ThreadPoolExecutor(20) as pool:
            ends = sorted(pool.map(buy, range(20)))
        assert ends == ["SoldOut"] * 19 + ["paid"]
        assert [c["status"] for c in stripe.objects("charge")] == ["succeeded"]
        reconciled(stripe)


class TestContainersBack:
    def test_the_same_form_sent_twice_pays_once(self, own_database):
        w = world()
        kind, listing = jarred(w)
        for _ in range(4):
            bought(w, listing, 1)

        def send() -> int:
            return brought(w, kind, 2, key="k", at=now())

        assert at_once(send, send) == [100, 100]
        assert where(w) == (18, 2)
