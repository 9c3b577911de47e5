"""Money brought from one place to another: seen by who works at the stall, wished by one, recorded once two agree."""

import pytest
from django.test import Client
from django.urls import reverse

from cooperatives.services.approvals import YourOwnWish
from cooperatives.services.money import AmountMissing, NoSuchKeeper
from cooperatives.services.moves import LineThere, SamePlace, TooLittleThere, ask_move
from ledger.queries import balance_of, entries_by_key
from ledger.rules.refusal import NotAllowed
from market.services.approvals import approve_wish
from tests.market.goods import bought, on_shelf, treasurer
from tests.market.test_mixed import conserved
from tests.market.test_shop_pages import words
from tests.world import world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


@pytest.fixture
def w(db):
    """Fern has 5.76 in its cash box."""
    found = world()
    found.eve = treasurer(found)
    bought(found, on_shelf(found))
    return found


def wished(w, **more):
    said = {"by": w.eve, "source": "cash/fern", "target": "bank/fern", "amount": 500, "statement_line": "17"}
    return ask_move(at=w.later(), **said | more)


def at(keeper: str) -> int:
    return balance_of(f"coops/fern/till@{keeper}", "EUR")


class TestAskMove:
    def test_two_persons_bring_cash_to_the_bank(self, w):
        wish = wished(w)
        assert at("cash/fern") == 576 and not entries_by_key(["bank/fern/17"])
        with pytest.raises(YourOwnWish):
            approve_wish(by=w.eve, approval=wish, at=w.later())
        for _ in "twice":
            approve_wish(by=w.ada, approval=wish, at=w.later())
        assert (at("cash/fern"), at("bank/fern")) == (76, 500)
        conserved()
        with pytest.raises(LineThere):
            wished(w, amount=10)

    def test_refuses_what_makes_no_sense(self, w):
        for said, no in (
            ({"amount": 577}, TooLittleThere), ({"target": "cash/fern"}, SamePlace), ({"amount": 0}, AmountMissing),
            ({"target": "sock/fern"}, NoSuchKeeper), ({"by": w.ben}, NotAllowed), ({"by": w.tom}, NotAllowed),
        ):  # fmt: skip
            with pytest.raises(no):
                wished(w, **said)

    def test_what_is_gone_meanwhile_is_not_moved(self, w):
        first, second = wished(w), wished(w, statement_line="18")
        approve_wish(by=w.ada, approval=first, at=w.later())
        with pytest.raises(TooLittleThere):
            approve_wish(by=w.ada, approval=second, at=w.later())
        assert at("bank/fern") == 500


class TestPages:
    def test_a_treasurer_asks_and_a_steward_agrees(self, w, client: Client):
        client.force_login(w.eve.member)
        page = words(client.get(reverse("tills", args=["fern"])))
        assert "The cash box" in page and "5.76" in page
        to = reverse("ask_for_move", args=["fern"])
        said = {"source": "cash/fern", "target": "bank/fern", "amount": "5.00", "statement_line": "17"}
        assert client.post(to, said | {"amount": "9.00"}).status_code == 409
        assert client.post(to, said | {"amount": ""}).status_code == 422
        assert client.post(to, said).status_code == 302
        client.force_login(w.ada.member)
        page = words(client.get(reverse("approvals", args=["fern"])))
        assert "from the cash box to the bank: line 17" in page

    def test_a_clerk_sees_it_and_asks_for_nothing(self, w, client: Client):
        client.force_login(w.tom.member)
        assert "Bring some of it elsewhere" not in words(client.get(reverse("tills", args=["fern"])))
        assert client.post(reverse("ask_for_move", args=["fern"])).status_code == 403

    def test_strangers_are_refused(self, w, client: Client):
        client.force_login(world("oak", "Oak Mill", "fr/jura").ada.member)
        assert client.get(reverse("tills", args=["fern"])).status_code == 404

    def test_a_new_place_is_typed_and_a_known_one_called_by_its_word(self, w, client: Client):
        client.force_login(w.eve.member)
        to = reverse("ask_for_move", args=["fern"])
        said = {"source": "cash/fern", "amount": "1.00"}
        assert client.post(to, said | {"target": "bank/savings", "statement_line": "1"}).status_code == 302
        assert client.post(to, said | {"target": "the bank", "statement_line": "2"}).status_code == 302
        client.force_login(w.ada.member)
        page = words(client.get(reverse("approvals", args=["fern"])))
        assert "to the bank (savings): line 1" in page and "to the bank: line 2" in page
        assert client.post(to, said | {"target": "sock/fern", "statement_line": "3"}).status_code == 422
