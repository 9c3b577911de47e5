"""What we say to Stripe is said to emulators that others wrote, for the flows they know: two strangers' understanding
of its API beside our own."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import stripe as sdk

from ledger.queries import balance_of
from market import stripe_connect
from market.services.stripe_facts import take_fact
from tests.market.cards import by_card, now, page_of
from tests.market.goods import on_shelf
from tests.sandbox import others
from tests.sandbox.desk import Desk
from tests.world import world

pytestmark = pytest.mark.soak

SECRET, BODY = "whsec_of_a_stranger", dict[str, Any]


class Ear:
    """Where webhooks arrive: (body, signature) of each."""

    def __init__(self) -> None:
        self.heard, self.came = list[tuple[bytes, str]](), threading.Condition()
        ear = self

        class Listener(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with ear.came:
                    ear.heard.append((body, self.headers["Stripe-Signature"]))
                    ear.came.notify_all()
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                return None

        self.server = HTTPServer(("127.0.0.1", 0), Listener)
        self.address = f"http://127.0.0.1:{self.server.server_port}/webhooks/stripe"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait_for(self, kind: str) -> tuple[bytes, str]:
        def found() -> tuple[bytes, str] | None:
            return next((one for one in self.heard if json.loads(one[0])["type"] == kind), None)

        with self.came:
            assert self.came.wait_for(lambda: found() is not None, 20), f"no {kind} came"
            return found() or (b"", "")


@pytest.fixture
def ear() -> Iterator[Ear]:
    made = Ear()
    yield made
    made.server.shutdown()
    made.server.server_close()


class TestEmulate:
    """emulate: Checkout's page, and signed webhooks."""

    @pytest.fixture
    def there(self, ear: Ear, settings: Any) -> Iterator[str]:
        seed = {
            "products": [{"name": "Bar"}],
            "prices": [{"id": "price_bar", "product_name": "Bar", "currency": "eur", "unit_amount": 600}],
            "webhooks": [{"url": ear.address, "events": ["*"], "secret": SECRET}],
        }
        with others.emulate(seed) as address:
            settings.STRIPE_KEY, settings.STRIPE_ADDRESS = "sk_test_emulate", address
            settings.STRIPE_WEBHOOK_SECRETS = ["whsec_of_another_endpoint", SECRET]
            yield address

    BODY = {
        "mode": "payment",
        "success_url": "http://shop.example/paid",
        "cancel_url": "http://shop.example/order",
        "line_items": [{"price": "price_bar", "quantity": 2}],
    }

    def opened(self, key: str) -> BODY:
        return stripe_connect.make("open_page", self.BODY | {"metadata": {"call": key}}, key=key)

    def test_a_page_is_opened_found_again_by_its_call_and_paid(self, there: str) -> None:
        page = self.opened("page/a/1")
        assert (page["status"], page["payment_status"]) == ("open", "unpaid")
        found = stripe_connect.look_up("open_page", self.BODY, key="page/a/1", since=page["created"])
        assert found is not None and found["id"] == page["id"]
        assert stripe_connect.look_up("open_page", self.BODY, key="page/b/1", since=page["created"]) is None
        assert Desk.press(Desk(file=None), f"{page['url']}/complete")[0] == 302  # type: ignore[arg-type]  # no books here
        paid = stripe_connect.fetch("checkout.session", page["id"])
        assert (paid["status"], paid["payment_status"]) == ("complete", "paid")

    def test_a_page_is_closed_once(self, there: str) -> None:
        page = self.opened("page/c/1")
        assert stripe_connect.make("close_page", {"session": page["id"]}, key="close")["status"] == "expired"
        with pytest.raises(stripe_connect.Refused) as no:
            stripe_connect.make("close_page", {"session": page["id"]}, key="close again")
        assert no.value.code == "checkout_session_not_open"

    def test_its_signature_is_found_good_and_an_event_without_a_name_is_told_apart(self, there: str, ear: Ear) -> None:
        page = self.opened("page/d/1")
        stripe_connect.make("close_page", {"session": page["id"]}, key="close")
        body, signature = ear.wait_for("checkout.session.expired")
        with pytest.raises(stripe_connect.NotAnEvent):  # signed by whom we know, but its events have no id
            stripe_connect.read_event(body, signature)
        with pytest.raises(stripe_connect.BadSignature):
            stripe_connect.read_event(body.replace(b"expired", b"invaded"), signature)

    @pytest.mark.django_db
    def test_the_shop_takes_its_no(self, there: str) -> None:
        """It knows prices by their names alone; the shop says what things cost. That is a refusal, not a fault."""
        page = page_of(by_card(on_shelf(world())))
        page.call.refresh_from_db()
        assert page.state == "closed" and page.call.state == "refused"
        assert "line_items[0][price]" in page.call.said


class TestLocalstripe:
    """localstripe: charges, refunds, payouts, and signed webhooks."""

    @pytest.fixture
    def there(self, ear: Ear, settings: Any) -> Iterator[str]:
        with others.localstripe() as address:
            settings.STRIPE_KEY, settings.STRIPE_ADDRESS = "sk_test_localstripe", address
            settings.STRIPE_WEBHOOK_SECRETS = ["whsec_of_another_endpoint", SECRET]
            Desk.press(Desk(file=None), f"{address}/_config/webhooks/ours", url=ear.address, secret=SECRET)  # type: ignore[arg-type]  # no books here
            yield address

    def card(self, there: str, number: str = "4242424242424242") -> str:
        said = {"type": "card", "card": {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": "123"}}
        return str(self.client(there).v1.payment_methods.create(said).id)  # type: ignore[arg-type]  # a dict of words

    def client(self, there: str) -> sdk.StripeClient:
        return sdk.StripeClient("sk_test_localstripe", base_addresses={"api": there}, max_network_retries=0)

    def charged(self, there: str, amount: int = 600, **more: Any) -> BODY:
        said = {"amount": amount, "currency": "eur", "source": self.card(there)} | more
        return dict(self.client(there).v1.charges.create(said).to_dict())  # type: ignore[arg-type]  # as above

    def test_an_intent_is_fetched_with_its_charge_and_the_line_of_the_statement(self, there: str) -> None:
        said = {"amount": 600, "currency": "eur", "payment_method": self.card(there), "confirm": True}
        made = self.client(there).v1.payment_intents.create(said)  # type: ignore[arg-type]  # as above
        found = stripe_connect.fetch("payment_intent", made.id)
        line = found["latest_charge"]["balance_transaction"]
        assert (found["status"], line["amount"], line["fee"], line["net"]) == ("succeeded", 600, 0, 600)
        assert stripe_connect.fetch("charge", found["latest_charge"]["id"])["balance_transaction"]["id"] == line["id"]

    def test_what_is_not_there_is_refused(self, there: str) -> None:
        with pytest.raises(stripe_connect.Refused):
            stripe_connect.fetch("charge", "ch_of_nobody")

    def test_a_refund_is_given_and_found_again_by_its_call(self, there: str) -> None:
        charge = self.charged(there)
        body = {"charge": charge["id"], "amount": 250, "metadata": {"call": "refund/1"}}
        assert stripe_connect.look_up("give_refund", body, key="refund/1") is None
        made = stripe_connect.make("give_refund", body, key="refund/1")
        found = stripe_connect.look_up("give_refund", body, key="refund/1")
        assert found is not None and (found["id"], found["amount"]) == (made["id"], 250)
        assert stripe_connect.fetch("refund", made["id"])["status"] == "succeeded"
        assert stripe_connect.fetch("charge", charge["id"])["amount_refunded"] == 250

    def test_a_payout_is_sent_found_again_and_told_by_a_signed_event(self, there: str, ear: Ear) -> None:
        body = {"amount": 900, "currency": "eur", "metadata": {"call": "payout/1"}}
        made = stripe_connect.make("send_payout", body, key="payout/1")
        found = stripe_connect.look_up("send_payout", body, key="payout/1")
        assert found is not None and found["id"] == made["id"]
        said, signature = ear.wait_for("payout.created")
        heard = stripe_connect.read_event(said, signature)
        assert (heard.kind, heard.object_kind, heard.object_id) == ("payout.created", "payout", made["id"])
        assert stripe_connect.fetch(heard.object_kind, heard.object_id)["amount"] == 900
        with pytest.raises(stripe_connect.BadSignature):
            stripe_connect.read_event(said.replace(b"900", b"901"), signature)

    @pytest.mark.django_db
    def test_an_order_is_paid_by_its_charge(self, there: str) -> None:
        w = world()
        listing = on_shelf(w)
        order = by_card(listing)
        charge = self.charged(there, metadata={"order": order.name})
        for _ in "twice":
            take_fact(kind="charge", identity=charge["id"], at=now())
        order.refresh_from_db()
        assert order.state == "paid" and order.payments.get().is_fee_known
        assert balance_of("coops/fern/till@stripe/market", "EUR") == 600 - 24
        assert balance_of("processors/stripe/pocket", "EUR") == 0
