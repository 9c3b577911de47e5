"""What comes back: money by hand where no card was used, and goods into the lot that they came from."""

from datetime import date

import pytest
from django.urls import reverse

from cooperatives.services.lots import move_lot
from cooperatives.services.money import move_money
from cooperatives.services.people import open_hub
from ledger.queries import balance_of, balances
from ledger.rules.refusal import NotAllowed
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from market.queries import pieces_left, to_pack, where_money_went
from market.services.orders import AllCameBack, NotYourOrder, hand_over
from market.services.payments import BANK, receive_payment
from market.services.refunds import TooMuch
from market.services.refunds_by_hand import LineGivenBack, NotEnoughThere, SayWhichLine, give_back
from market.services.returns import MoneyComesFirst, NothingCameBack, NotSoMany, take_goods_back
from market.services.settlements import divide_period
from market.services.statements import take_statement
from tests.market.cards import paid_by_card, reconciled
from tests.market.goods import bought, on_shelf, ordered
from tests.market.test_card_money import refunded
from tests.market.test_shop_pages import words
from tests.world import agreed, key, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

E_FERN = "EUR@coops/fern"


def given_back(w, order, amount, line=None):
    return give_back(
        by=w.ada, order=order, amounts={1: amount}, statement_line=line or key("b").replace("/", "-"), why="A wish",
        at=w.later(), key=key("back"),
    )  # fmt: skip


def back(w, order, pieces, *, is_good=True, by=None, **more):
    said = {"at": w.later(), "key": key("r").replace("/", "-")} | more
    return take_goods_back(by=by or w.tom, order=order, pieces={1: pieces}, is_good=is_good, **said)


def claims():
    return {(h.address, h.unit): h.quantity for h in balances(unit=E_FERN)}


class TestGiveBack:
    def test_cash_goes_back_in_parts_and_everyone_is_as_before(self):
        w = world()
        agreed(w)
        listing = on_shelf(w)
        before = claims()
        order = bought(w, listing, 10)
        given_back(w, order, 1000)
        divide_period(by=w.ada, cooperative=w.fern, upto=date(2026, 11, 24), at=w.later())
        for amount in (1, 2999, 2000):
            given_back(w, order, amount)
            held = balance_of("coops/fern/till@cash/fern", "EUR") + balance_of("operators/market/till@cash/fern", "EUR")
            assert held == -balance_of(f"{order.owner}/pocket", "EUR")
        assert claims() == before
        assert balance_of(f"{order.owner}/pocket", "EUR") == 0
        assert sum(note.total for note in order.invoices.all()) == 0
        assert where_money_went(cooperative=w.fern).price == 0
        publish_checkpoint()
        assert verify_log().agrees

    def test_refuses_too_much_a_used_line_an_empty_box_no_line_and_who_may_not(self):
        w = world()
        order, other = bought(w, on_shelf(w), 2), bought(w, on_shelf(w), 1)
        with pytest.raises(TooMuch):
            given_back(w, order, 1201)
        with pytest.raises(SayWhichLine):
            given_back(w, order, 1, " ")
        given_back(w, order, 100, "17")
        with pytest.raises(LineGivenBack):
            given_back(w, other, 100, "17")
        for by in (w.tom, w.ben):
            with pytest.raises(NotAllowed):
                give_back(by=by, order=order, amounts={1: 1}, statement_line="18", why="", at=w.later(), key="k")
        move_money(by=w.ada, source="cash/fern", target="bank/fern", amount=1600, statement_line="3", at=w.later())
        with pytest.raises(NotEnoughThere):
            given_back(w, order, 600, "19")

    def test_what_the_bank_tells_of_it_later_is_the_same_line(self):
        w = world()
        order = ordered(w, on_shelf(w), 2, way="bank")
        receive_payment(by=w.tom, order=order, way=BANK, amount=1200, statement_line="1", at=w.later())
        given_back(w, order, 600, "2")
        said = f"Date,Amount,Reference,ID\n2026-11-24,-6.00,R-{order.name},2\n"
        taken = take_statement(by=w.tom, content=said, at=w.later())
        assert [row.state for row in taken.new] == ["returned"]
        assert balance_of(f"{order.owner}/pocket", "EUR") == -600


class TestTakeGoodsBack:
    def test_good_pieces_go_into_the_lot_that_was_drawn_and_are_sold_again(self):
        w = world()
        agreed(w)
        listing = on_shelf(w)
        order = bought(w, listing, 10)
        given_back(w, order, 2400)
        back(w, order, 4)
        assert balance_of(listing.lot_address, "bar") == 394
        assert balance_of(f"{order.owner}/goods", "bar") == 6
        assert pieces_left([listing])[listing.pk] == 394
        bought(w, listing, 394)  # a lot that was drawn, and whole again by what came back
        with pytest.raises(NotSoMany):
            back(w, order, 7)
        publish_checkpoint()
        assert verify_log().agrees

    def test_spoiled_pieces_go_to_the_soil_and_stay_sold(self):
        w = world()
        listing = on_shelf(w)
        order = bought(w, listing, 10)
        given_back(w, order, 600)
        back(w, order, 1, is_good=False)
        assert balance_of(listing.lot_address, "bar") == 390
        assert balance_of("nature/soil/body", "bar") == 1
        assert balance_of(f"{order.owner}/parcels@hubs/fern", "bar") == 0

    def test_before_they_were_picked_up_the_rest_is_packed_and_handed_over(self, stripe):
        w = world()
        listing = on_shelf(w)
        order = paid_by_card(stripe, listing, 5)
        refunded(w, order, 1200)
        back(w, order, 2)
        assert [row.pieces for row in to_pack(w.fern)] == [3]
        hand_over(by=w.tom, order=order, at=w.later())
        assert balance_of(f"{order.owner}/goods", "bar") == 3
        order.refresh_from_db()
        back(w, order, 3)
        order.refresh_from_db()
        assert order.state == "returned"
        assert balance_of(listing.lot_address, "bar") == 400
        with pytest.raises(AllCameBack):
            hand_over(by=w.tom, order=order, at=w.later())
        reconciled(stripe)

    @pytest.mark.parametrize("is_handed_over", [True, False])
    def test_a_lot_that_was_moved_since_has_them_where_it_lies(self, is_handed_over):
        w = world()
        listing = on_shelf(w)
        order = bought(w, listing, 10) if is_handed_over else ordered(w, listing, 10)
        if not is_handed_over:
            receive_payment(
                by=w.ada, order=order, way=BANK, amount=order.total, at=w.later(), statement_line="1"
            )  # fmt: skip
        barn = open_hub(cooperative=w.fern, name="Barn", slug="barn", place=None, at=w.later(), by=w.ada)
        move_lot(by=w.ada, lot=listing.lot, hub=barn, at=w.later(), key=key())
        given_back(w, order, 2400)
        back(w, order, 4)
        listing.refresh_from_db()
        assert listing.hub == "hubs/barn" and balance_of(listing.lot_address, "bar") == 394
        assert balance_of(f"{listing.lot_path}@hubs/fern", "bar") == 0
        assert pieces_left([listing])[listing.pk] == 394
        publish_checkpoint()
        assert verify_log().agrees

    def test_the_same_key_takes_them_once(self):
        w = world()
        listing = on_shelf(w)
        order = bought(w, listing, 2)
        given_back(w, order, 600)
        for _ in "ab":
            back(w, order, 1, key="once", at=w.at)
        assert balance_of(listing.lot_address, "bar") == 399

    def test_refuses_before_money_went_back_nothing_at_all_and_who_may_not(self):
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        order = bought(w, on_shelf(w), 2)
        with pytest.raises(MoneyComesFirst):
            back(w, order, 1)
        given_back(w, order, 100)
        with pytest.raises(NothingCameBack):
            back(w, order, 0)
        with pytest.raises(NotAllowed):
            back(w, order, 1, by=w.ben)
        with pytest.raises(NotYourOrder):
            back(w, order, 1, by=oak.tom)


class TestPage:
    def test_a_steward_gives_cash_back_and_a_clerk_takes_the_goods(self, client):
        w = world()
        listing = on_shelf(w)
        order = bought(w, listing, 3)
        page = reverse("stall_order", args=["fern", order.name])
        client.force_login(w.people["ada"])
        assert "Give it out of the cash box, where" in words(client.get(page))
        said = {"line-1": "6.00", "key": "k1", "why": "Broken", "statement_line": "44"}
        assert client.post(reverse("ask_refund", args=["fern", order.name]), said).status_code == 302
        client.force_login(w.people["tom"])
        assert "Goods came back" in words(client.get(page))
        door = reverse("take_goods_back", args=["fern", order.name])
        refused = client.post(door, {"line-1": "4", "key": "k2", "state": "good"})
        assert refused.status_code == 409
        assert "Only 3 of" in words(refused)
        assert client.post(door, {"line-1": "1", "key": "k2", "state": "good"}).status_code == 302
        assert "1 came back" in words(client.get(page))
        assert balance_of(listing.lot_address, "bar") == 398
