"""The sandbox behaves as Stripe documents it, to Stripe's own SDK; each test ends with its objects validated."""

import hashlib
import hmac
import json
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import stripe as sdk

from tests.sandbox.conftest import client_of
from tests.sandbox.described import object_faults, request_faults
from tests.sandbox.desk import ASKS, DECLINED, DISPUTED, GOOD, SECRET, Desk

pytestmark = pytest.mark.quick


def session(client, amount=600, currency="eur", **more):
    line = {"price_data": {"currency": currency, "unit_amount": amount, "product_data": {"name": "Bar"}}, "quantity": 1}
    said = {"mode": "payment", "success_url": "http://shop/", "cancel_url": "http://shop/c", "line_items": [line]}
    return client.v1.checkout.sessions.create(
        said | {"payment_intent_data": {"metadata": {"order": "9q2c"}, "transfer_group": "9q2c"}} | more
    )


def paid(desk, client, amount=600, currency="eur", card=GOOD):
    """The charge of a session that was paid."""
    opened = session(client, amount, currency)
    assert desk.pay(opened.url, card)[0] == 303
    found = client.v1.checkout.sessions.retrieve(
        opened.id, {"expand": ["payment_intent.latest_charge.balance_transaction"]}
    )
    assert found.status == "complete"
    return found.payment_intent.latest_charge


def ready_account(desk, client):
    account = client.v1.accounts.create(
        {"type": "express", "country": "FR", "email": "fern@rennet.example",
         "capabilities": {"transfers": {"requested": True}}}
    )  # fmt: skip
    link = client.v1.account_links.create(
        {
            "account": account.id,
            "type": "account_onboarding",
            "refresh_url": "http://shop/r",
            "return_url": "http://shop/d",
        }
    )
    assert desk.press(link.url, state="ready") == (303, "http://shop/d")
    return client.v1.accounts.retrieve(account.id)


def code_of(error):
    return error.value.code


class TestPayingByCard:
    def test_a_charge_has_its_fee_and_the_balance_is_the_net(self, desk, client):
        charge = paid(desk, client)
        line = charge.balance_transaction
        assert (line.amount, line.fee, line.net) == (600, 34, 566) and charge.metadata["order"] == "9q2c"
        assert desk.balances() == {("", "eur"): 566}
        assert client.v1.balance.retrieve().available[0].amount == 566

    def test_a_declined_card_leaves_the_page_open(self, desk, client):
        opened = session(client)
        status, said = desk.pay(opened.url, DECLINED)
        assert status == 402 and "Your card was declined" in said and "Test mode" in said
        assert desk.pay(opened.url)[0] == 303
        assert [c["status"] for c in desk.objects("charge")] == ["failed", "succeeded"]

    def test_the_bank_may_ask_first_and_may_be_told_no(self, desk, client):
        opened = session(client)
        assert "Your bank asks" in desk.press(opened.url, number=ASKS)[1]
        assert desk.press(f"{opened.url}/bank", number=ASKS, said="no")[0] == 402
        assert desk.balances() == {}
        assert desk.pay(opened.url, ASKS) == (303, "http://shop/")

    def test_pressing_twice_charges_once(self, desk, client):
        opened = session(client)
        assert [desk.pay(opened.url)[0] for _ in "ab"] == [303, 303]
        assert len(desk.objects("charge")) == 1

    def test_an_expired_page_takes_no_card(self, desk, client):
        opened = session(client)
        assert client.v1.checkout.sessions.expire(opened.id).status == "expired"
        assert desk.pay(opened.url)[0] == 200 and desk.balances() == {}
        with pytest.raises(sdk.InvalidRequestError):
            client.v1.checkout.sessions.expire(opened.id)

    @pytest.mark.parametrize(("currency", "amount", "fee"), [("xof", 4000, 224), ("kwd", 1500, 110), ("eur", 600, 34)])
    def test_currencies_without_decimals_and_with_three(self, desk, client, currency, amount, fee):
        assert paid(desk, client, amount, currency).balance_transaction.fee == fee

    def test_three_decimals_end_in_nought(self, client):
        with pytest.raises(sdk.InvalidRequestError, match="nearest ten"):
            session(client, 1501, "kwd")


class TestKeys:
    def test_the_same_key_answers_the_same_and_does_it_once(self, desk, client):
        charge = paid(desk, client)
        said, key = {"charge": charge.id, "amount": 100}, {"idempotency_key": "k"}
        first, again = (client.v1.refunds.create(said, key) for _ in "ab")
        assert first.id == again.id and desk.balances() == {("", "eur"): 466}

    def test_another_body_under_the_same_key_is_refused(self, desk, client):
        charge = paid(desk, client)
        client.v1.refunds.create({"charge": charge.id, "amount": 100}, {"idempotency_key": "k"})
        with pytest.raises(sdk.IdempotencyError):
            client.v1.refunds.create({"charge": charge.id, "amount": 101}, {"idempotency_key": "k"})

    def test_a_500_after_the_effect_is_kept_under_its_key(self, desk, client):
        charge = paid(desk, client)
        desk.fault("500 after effect", "/v1/refunds")
        for _ in "ab":
            with pytest.raises(sdk.APIError):
                client.v1.refunds.create({"charge": charge.id}, {"idempotency_key": "k"})
        assert len(client.v1.refunds.list({"charge": charge.id}).data) == 1

    def test_hanging_up_after_the_effect_and_429_are_healed_by_the_same_key(self, desk, client):
        charge = paid(desk, client)
        desk.fault("429", "/v1/refunds")
        with pytest.raises(sdk.RateLimitError):
            client.v1.refunds.create({"charge": charge.id}, {"idempotency_key": "k"})
        desk.fault("hang up after effect", "/v1/refunds")
        with pytest.raises(sdk.APIConnectionError):
            client.v1.refunds.create({"charge": charge.id}, {"idempotency_key": "k"})
        assert client.v1.refunds.create({"charge": charge.id}, {"idempotency_key": "k"}).amount == 600
        assert len(desk.objects("refund")) == 1


class TestConnectedAccounts:
    def test_nothing_goes_to_an_account_that_is_not_ready(self, desk, client):
        charge = paid(desk, client)
        account = client.v1.accounts.create({"type": "express", "capabilities": {"transfers": {"requested": True}}})
        with pytest.raises(sdk.InvalidRequestError) as no:
            client.v1.transfers.create(
                {"amount": 100, "currency": "eur", "destination": account.id, "source_transaction": charge.id}
            )
        assert code_of(no) == "insufficient_capabilities_for_transfer"

    def test_a_transfer_and_its_reversals_move_both_balances(self, desk, client):
        charge, account = paid(desk, client), ready_account(desk, client)
        sent = client.v1.transfers.create(
            {"amount": 500, "currency": "eur", "destination": account.id, "source_transaction": charge.id}
        )
        client.v1.transfers.reversals.create(sent.id, {"amount": 200})
        assert desk.balances() == {("", "eur"): 266, (account.id, "eur"): 300}
        assert client.v1.transfers.retrieve(sent.id).amount_reversed == 200

    def test_not_more_than_the_charge_and_not_more_than_they_hold(self, desk, client):
        charge, account = paid(desk, client), ready_account(desk, client)
        said = {"amount": 601, "currency": "eur", "destination": account.id, "source_transaction": charge.id}
        with pytest.raises(sdk.InvalidRequestError, match="source amount"):
            client.v1.transfers.create(said)
        sent = client.v1.transfers.create(said | {"amount": 500})
        client.v1.payouts.create({"amount": 400, "currency": "eur"}, {"stripe_account": account.id})
        with pytest.raises(sdk.InvalidRequestError) as no:
            client.v1.transfers.reversals.create(sent.id, {"amount": 101})
        assert code_of(no) == "balance_insufficient"

    def test_money_is_pending_until_it_settles(self, tmp_path):
        desk = Desk(tmp_path / "slow.sqlite", settles_after=3600)
        desk.start()
        client = client_of(desk)
        charge, account = paid(desk, client), ready_account(desk, client)
        with pytest.raises(sdk.InvalidRequestError) as no:
            client.v1.transfers.create({"amount": 100, "currency": "eur", "destination": account.id})
        assert code_of(no) == "balance_insufficient"
        client.v1.transfers.create(
            {"amount": 100, "currency": "eur", "destination": account.id, "source_transaction": charge.id}
        )
        assert client.v1.balance.retrieve({}, {"stripe_account": account.id}).pending[0].amount == 100
        desk.stop()

    def test_a_payout_that_fails_comes_back(self, desk, client):
        charge, account = paid(desk, client), ready_account(desk, client)
        client.v1.transfers.create(
            {"amount": 500, "currency": "eur", "destination": account.id, "source_transaction": charge.id}
        )
        sent = client.v1.payouts.create({"amount": 500, "currency": "eur"}, {"stripe_account": account.id})
        assert desk.balances()[account.id, "eur"] == 0
        desk.press(f"/desk/fail/{sent.id}")
        assert desk.balances()[account.id, "eur"] == 500


class TestAfterwards:
    def test_a_refund_gives_no_fee_back_and_no_more_than_was_paid(self, desk, client):
        charge = paid(desk, client)
        client.v1.refunds.create({"charge": charge.id, "amount": 599})
        with pytest.raises(sdk.InvalidRequestError, match="greater than unrefunded"):
            client.v1.refunds.create({"charge": charge.id, "amount": 2})
        client.v1.refunds.create({"charge": charge.id})
        with pytest.raises(sdk.InvalidRequestError) as no:
            client.v1.refunds.create({"charge": charge.id, "amount": 1})
        assert code_of(no) == "charge_already_refunded" and desk.balances() == {("", "eur"): -34}

    def test_a_dispute_takes_the_money_and_a_fee_and_gives_back_the_money_when_won(self, desk, client):
        charge = paid(desk, client, card=DISPUTED)
        assert desk.balances() == {("", "eur"): 566 - 600 - 2000}
        (dispute,) = client.v1.disputes.list({"charge": charge.id}).data
        with pytest.raises(sdk.InvalidRequestError) as no:
            client.v1.refunds.create({"charge": charge.id})
        assert code_of(no) == "charge_disputed"
        client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}})
        assert client.v1.disputes.retrieve(dispute.id).status == "won"
        assert desk.balances() == {("", "eur"): 566 - 2000}


class TestWebhooks:
    def test_are_signed_and_sent_again_until_they_are_heard(self, tmp_path):
        heard, answers = [], [500, 200]

        class Ear(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                heard.append((body, self.headers["Stripe-Signature"]))
                self.send_response(answers.pop(0) if answers else 200)
                self.end_headers()

            def log_message(self, *args):
                pass

        ear = HTTPServer(("127.0.0.1", 0), Ear)
        threading.Thread(target=ear.serve_forever, daemon=True).start()
        desk = Desk(tmp_path / "books.sqlite", forward_to=f"http://127.0.0.1:{ear.server_port}/")
        desk.start()
        paid(desk, client_of(desk))
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and len(heard) < 5:
            time.sleep(0.05)
        desk.stop()
        ear.shutdown()
        ids = [json.loads(body)["id"] for body, _ in heard]
        assert len(ids) == 5 and len(set(ids)) == 4  # four events, one of them twice
        body, said = heard[0]
        parts = dict(part.split("=") for part in said.split(","))
        wanted = hmac.new(SECRET.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest()
        assert parts["v1"] == wanted

    def test_its_books_outlive_a_kill(self, desk, client):
        charge = paid(desk, client)
        desk.stop(signal.SIGKILL)
        desk.start()
        assert client_of(desk).v1.charges.retrieve(charge.id).amount == 600


class TestTheDescription:
    def test_has_something_against_what_is_wrong(self):
        """The guard of all tests here: it refuses an unknown name, a wrong kind and a missing field."""
        assert request_faults("POST", "/v1/refunds", "charge=ch_1&amount=1") == []
        assert request_faults("POST", "/v1/refunds", "charge=ch_1&amuont=1")
        assert request_faults("POST", "/v1/refunds", "charge=ch_1&amount=one")
        assert request_faults("POST", "/v1/nothing", "")
        assert object_faults({"object": "transfer_reversal", "id": "trr_1"})
