"""The stall by program: a token opens what its scopes say, never more than its member, and is refused in words."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from ledger.queries import log_size
from ledger.rules.refusal import NotAllowed
from market.models import Payout, Token
from market.services.tokens import ScopesUnknown, make_token, revoke_token
from tests.cooperatives.circle import opened
from tests.market.goods import on_shelf, ordered, treasurer
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
