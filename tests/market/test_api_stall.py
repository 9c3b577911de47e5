"""The stall by program: a token opens what its scopes say, never more than its member, and is refused in words."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from cooperatives.services.approvals import ask_money_rules
from ledger.queries import balance_of, log_size
from ledger.rules.refusal import NotAllowed
from market.models import Payout, Token
from market.services.stripe_answers import make_calls
from market.services.tokens import ScopesUnknown, make_token, revoke_token
from tests.cooperatives.circle import opened
from tests.market.cards import now, paid_by_card, reconciled
from tests.market.goods import bought, on_shelf, ordered, treasurer
from tests.market.test_card_money import onboarded, sent
from tests.market.test_shop_pages import words
from tests.world import agreed, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

ALL = ["read", "payments", "settlements", "payouts"]


class Program:
    """A program that shows one token."""

    def __init__(self, w, by, *scopes: str) -> None:
        self.token, self.secret = make_token(by=by, name="Till", scopes=scopes or ALL, at=w.later())
        self.client = Client(headers={"Authorization": f"Bearer {self.secret}"})

    def get(self, path: str):
        return self.client.get(f"/api/1/stalls/fern/{path}")

    def post(self, path: str, **said):
        return self.client.post(f"/api/1/stalls/fern/{path}", said, content_type="application/json")


class TestTokens:
    def test_the_secret_is_shown_once_and_only_its_digest_is_kept(self, client):
        w = world()
        client.force_login(w.people["ada"])
        page = client.post(reverse("make_token", args=["fern"]), {"name": "Till", "scopes": ["read"]})
        secret = page.context["secret"]
        assert secret in words(page) and secret not in words(client.get(reverse("tokens", args=["fern"])))
        assert secret not in Token.objects.get().digest
        assert (
            Client(headers={"Authorization": f"Bearer {secret}"}).get("/api/1/stalls/fern/orders/").status_code == 200
        )

    def test_opens_nothing_once_revoked_nor_when_its_member_has_left(self):
        w = world()
        eve = treasurer(w)
        one, other = Program(w, eve), Program(w, eve)
        with pytest.raises(NotAllowed):
            revoke_token(by=w.tom, token=one.token, at=w.later())
        revoke_token(by=w.ada, token=one.token, at=w.later())
        assert one.get("orders/").status_code == 401 and other.get("orders/").status_code == 200
        eve.left_at = w.later()
        eve.save()
        assert other.get("orders/").status_code == 401

    def test_has_the_scopes_that_were_said_and_no_others(self):
        w = world()
        with pytest.raises(ScopesUnknown):
            make_token(by=w.ada, name="x", scopes=["everything"], at=w.later())
        with pytest.raises(NotAllowed):
            make_token(by=w.ben, name="x", scopes=["read"], at=w.later())
        narrow = Program(w, w.ada, "read")
        refused = narrow.post("settlements/", upto="2026-11-24")
        assert refused.status_code == 403 and refused.json()["code"] == "TokenTooNarrow"
        assert Program(w, w.ada, "settlements").get("orders/").status_code == 403

    def test_is_for_its_own_stall(self):
        w, oak = world(), world("oak", "Oak")
        assert Program(oak, oak.ada).get("orders/").status_code == 404
        assert (
            Client(headers={"Authorization": "Bearer rnt_nothing"}).get("/api/1/stalls/fern/orders/").status_code == 401
        )
        assert Program(w, w.ada).get("payouts/").json() == []


class TestAWholeWeekByProgram:
    def test_from_an_order_to_a_payout_by_two_programs(self):
        w = world()
        agreed(w)
        order = ordered(w, on_shelf(w), 10)
        eve, ada = Program(w, treasurer(w)), Program(w, w.ada)
        pay = {"way": "bank", "amount": 6000, "statement_line": "7"}
        wrong = eve.post(f"orders/{order.name}/payment/", **{**pay, "amount": 1})
        assert wrong.status_code == 409 and wrong.json()["code"] == "AmountDiffers"
        assert eve.post(f"orders/{order.name}/payment/", **pay).json()["state"] == "paid"
        size = log_size()
        assert eve.post(f"orders/{order.name}/payment/", **pay).status_code == 201 and log_size() == size
        (divided,) = eve.post("settlements/", upto=(w.at + timedelta(days=1)).date().isoformat()).json()
        assert sum(divided["parts"].values()) == int(divided["amount"]) == 5447
        wish = {"key": "k" * 20, "owner": w.ben.address, "amount": 500, "keeper": "bank/fern"}
        made = eve.post("payouts/", **wish)
        assert made.status_code == 201 and eve.post("payouts/", **wish).json() == made.json()
        how = {"statement_line": "8", "evidence": "The statement"}
        alone = eve.post(f"payouts/{made.json()['id']}/evidence/", **how)
        assert alone.status_code == 409 and alone.json()["code"] == "SecondPersonNeeded"
        assert ada.post(f"payouts/{made.json()['id']}/evidence/", **how).json()["entry"]
        assert Payout.objects.get().confirmed_by == w.ada
        assert [row["state"] for row in ada.get("orders/").json()] == ["paid"]
        assert len(ada.get("settlements/").json()) == 1


class TestCredit:
    def test_a_program_reads_and_pays_credit_once_for_a_key_as_far_as_its_scopes_go(self):
        w = world()
        eve = treasurer(w)
        path = "/api/1/credit/fern/"
        assert Program(w, eve, "read").client.get(path).json()["code"] == "NotFound", "no circle yet"
        opened(w, eve)
        both, reader = Program(w, eve, "read", "credit").client, Program(w, eve, "read").client
        said = {"key": "a-key-of-a-program", "to": w.ben.address, "quantity": 90, "words": "Pruning"}
        first, again = (both.post(f"{path}payments/", said, content_type="application/json") for _ in range(2))
        assert first.status_code == again.status_code == 201 and first.json() == again.json()
        other = both.post(f"{path}payments/", said | {"quantity": 91}, content_type="application/json")
        assert other.status_code == 409 and other.json()["code"] == "KeyHasAnotherBody"
        found = reader.get(path).json()
        assert (found["unit"], found["balance"], found["floor"]) == ("HFERN", "-90", "600")
        assert [row["quantity"] for row in found["payments"]] == ["90"]
        narrow = reader.post(f"{path}payments/", said, content_type="application/json")
        assert narrow.status_code == 403 and narrow.json()["code"] == "TokenTooNarrow"
        beyond = said | {"key": "another-key-of-ours", "quantity": 511}
        assert (
            both.post(f"{path}payments/", beyond, content_type="application/json").json()["code"] == "BeyondYourLimit"
        )


class TestAfterTheSale:
    def test_money_and_goods_come_back_once_for_a_key_as_far_as_scopes_go(self):
        w = world()
        agreed(w)
        listing = on_shelf(w)
        order = bought(w, listing, 10)
        ada, tom = Program(w, w.ada, "refunds", "read"), Program(w, w.tom, "refunds")
        wish = {"key": "a-refund-of-a-program", "amounts": {"1": 1200}, "why": "Broken", "statement_line": "9"}
        at = f"orders/{order.name}/refunds/"
        assert Program(w, w.ada, "payments").post(at, **wish).json()["code"] == "TokenTooNarrow"
        assert tom.post(at, **wish).status_code == 403  # a clerk gives no money back
        assert ada.post(at, **{**wish, "amounts": {"1": 6001}}).json()["code"] == "TooMuch"
        assert ada.post(at, **{**wish, "amounts": {"one": 5}}).json()["code"] == "NotYourOrder"
        first, again = ada.post(at, **wish), ada.post(at, **wish)
        assert first.status_code == again.status_code == 201
        assert first.json() == again.json()
        assert [row["amount"] for row in ada.get(at).json()] == ["1200"]
        assert balance_of(f"{order.owner}/pocket", "EUR") == -4800
        back = {"key": "a-return", "pieces": {"1": 2}, "is_good": True}
        for _ in "ab":
            assert tom.post(f"orders/{order.name}/returns/", **back).status_code == 200
        assert balance_of(listing.lot_address, "bar") == 392
        wrong = tom.post(f"orders/{order.name}/returns/", **{**back, "key": "another-one", "pieces": {"1": 9}})
        assert (wrong.status_code, wrong.json()["code"]) == (409, "NotSoMany")

    def test_money_goes_to_the_bank_by_two_programs(self, stripe):
        w = world()
        agreed(w)
        eve, order = treasurer(w), paid_by_card(stripe, on_shelf(w))
        onboarded(stripe, w)
        sent(stripe, w)
        asks, agrees = Program(w, eve, "payouts", "read"), Program(w, w.ada, "payouts")
        wish = {"key": "to-the-bank-by-program", "amount": 500}
        assert Program(w, w.ada, "payouts").post("bank-payouts/", **wish).status_code == 403  # a treasurer wishes
        assert asks.post("bank-payouts/", **{**wish, "amount": 543}).json()["code"] == "TooLittleAtStripe"
        first, again = asks.post("bank-payouts/", **wish), asks.post("bank-payouts/", **wish)
        assert first.status_code == 201
        assert first.json() == again.json()
        assert first.json()["wish_state"] == "waiting"
        mine = asks.post(f"bank-payouts/wishes/{first.json()['id']}/agree/")
        assert (mine.status_code, mine.json()["code"]) == (409, "YourOwnWish")
        assert agrees.post(f"bank-payouts/wishes/{first.json()['id']}/agree/").json()["wish_state"] == "approved"
        make_calls(at=now())
        (row,) = asks.get("bank-payouts/").json()
        assert row["payout_state"] == "on_its_way"
        arrived = asks.post(f"bank-payouts/{row['id']}/arrived/", statement_line="88")
        assert arrived.json()["payout_state"] == "arrived"
        assert [w["wish_state"] for w in asks.get("bank-payouts/wishes/").json()] == ["approved"]
        assert asks.post(f"orders/{order.name}/hand-over/").status_code == 403
        handing = Program(w, w.tom, "payments").post(f"orders/{order.name}/hand-over/")
        assert handing.json()["state"] == "handed_over"
        reconciled(stripe)

    def test_a_token_agrees_to_nothing_but_money_to_the_bank(self):
        w = world()
        eve = treasurer(w)
        rules = ask_money_rules(by=eve, two_persons="always", minimum=1, schedule="any", at=w.later(), key="rules/1")
        program = Program(w, w.ada, "payouts")
        assert program.post(f"bank-payouts/wishes/{rules.pk}/agree/").status_code == 404
        rules.refresh_from_db()
        assert rules.state == "waiting"
