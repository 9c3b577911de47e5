"""Goods as a gift: from outside into a lot of ours, and from a lot of ours to another cooperative; nobody is paid."""

from datetime import date

import pytest

from cooperatives.queries import lots_at_hand
from cooperatives.services.contributions import NotCountedSo
from cooperatives.services.gifts import GiverMissing
from cooperatives.services.goods_gifts import GiftToOneself, give_goods_to, take_goods
from cooperatives.services.making import QuantityMissing
from cooperatives.services.people import UnreadableName
from ledger import queries as ledger
from ledger.rules.laws import BelowFloor, KeyHasAnotherBody
from ledger.rules.refusal import NotAllowed, NotFound
from market.models import Division
from market.services.settlements import divide_period
from tests.market.goods import bought, on_shelf
from tests.world import agreed, bars, beans, key, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


def taken(w, **said):
    return take_goods(**{"by": w.tom, "giver": "Oak Foundation", "place": "fr", "goods": "Wet beans", "unit": "g",
                         "quantity": 50_000, "hub": w.hub, "at": w.later(), "key": key()} | said)  # fmt: skip


def given(w, lot, to, **said):
    return give_goods_to(**{"by": w.tom, "lot": lot, "to": to, "quantity": 300, "at": w.later(), "key": key()} | said)


class TestTakeGoods:
    def test_is_an_entry_like_any_other(self):
        w = world()
        lot = taken(w)
        (entry,) = ledger.entries_touching([lot.address])
        assert (entry.action, entry.purpose, entry.by) == ("transfer", "gift", (w.tom.address,))
        assert entry.flows == (("funders/oak-foundation/stock", lot.address, "g", 50_000),)
        assert ledger.places_of(["funders/oak-foundation"]) == {"funders/oak-foundation": "fr"}
        assert [row.quantity for row in lots_at_hand(w.fern)] == [50_000]

    def test_once_for_its_key(self):
        w = world()
        assert taken(w, key="page/1") == taken(w, key="page/1")
        with pytest.raises(KeyHasAnotherBody):
            taken(w, key="page/1", quantity=1)

    def test_who_gave_is_known_of_what_is_made_of_it_and_has_no_share_of_its_sale(self, client):
        w = world()
        agreed(w)
        lot = bars(w, inputs=[taken(w)])
        bought(w, on_shelf(w, lot), 10)
        divide_period(by=w.ada, cooperative=w.fern, upto=date(2026, 11, 24), at=w.later())
        client.force_login(w.people["ada"])
        assert "Oak foundation, from outside" in client.get(f"/lots/fern/{lot.code}/").content.decode()
        parts = Division.objects.get().parts
        assert w.ben.address in str(parts) and "funders" not in str(parts)
        assert ledger.balance_of("funders/oak-foundation/purse", "EUR@coops/fern") == 0

    def test_refuses_strangers_and_what_says_nothing(self):
        w, oak = world(), world("oak", "Oak")
        for refusal, said in (
            (NotAllowed, {"by": w.ben}), (NotFound, {"hub": oak.hub}), (GiverMissing, {"giver": " "}),
            (UnreadableName, {"giver": "屋"}), (QuantityMissing, {"quantity": 0}), (NotCountedSo, {"unit": "min"}),
        ):  # fmt: skip
            with pytest.raises(refusal):
                taken(w, **said)
        assert lots_at_hand(w.fern) == []


class TestGiveGoodsTo:
    def test_becomes_the_others_where_it_lies_and_nothing_is_owed(self):
        w, oak = world(), world("oak", "Oak")
        lot = beans(w, 900)
        theirs = given(w, lot, oak.fern)
        assert theirs.address == "coops/oak/lots/wet-beans-1@hubs/fern"
        assert ledger.balance_of(theirs.address, "g") == 300 and ledger.balance_of(lot.address, "g") == 600
        assert [row.address for row in ledger.balances(unit="EUR@coops/oak")] == []

    def test_once_for_its_key_and_no_more_than_there_is(self):
        w, oak = world(), world("oak", "Oak")
        lot = beans(w, 900)
        assert given(w, lot, oak.fern, key="page/1") == given(w, lot, oak.fern, key="page/1")
        for refusal, said in (
            (KeyHasAnotherBody, {"key": "page/1", "quantity": 5}), (BelowFloor, {"quantity": 601}),
            (QuantityMissing, {"quantity": 0}), (NotAllowed, {"by": w.ben}), (NotAllowed, {"by": oak.tom}),
            (GiftToOneself, {"to": w.fern}),
        ):  # fmt: skip
            with pytest.raises(refusal):
                given(w, lot, said.pop("to", oak.fern), **said)


class TestPages:
    KEY = "page/00000000-0000-4000-8000-000000000001"

    def test_a_clerk_records_a_gift_at_the_stock(self, client):
        w = world()
        client.force_login(w.people["tom"])
        said = {"key": self.KEY, "giver": "Oak Foundation", "goods": "Wet beans", "quantity": "12.5", "unit": "kg"}
        address = "/cooperatives/fern/stock/fern/"
        assert client.post(f"{address}gift", said | {"quantity": "much"}).status_code == 400
        assert client.post(f"{address}gift", said).status_code == 302
        assert [row.quantity for row in lots_at_hand(w.fern)] == [12_500]
        lot = lots_at_hand(w.fern)[0].lot
        assert "Oak foundation, from outside" in client.get(f"/lots/fern/{lot.code}/").content.decode()
        for name, status in (("ben", 403), ("dov", 404)):
            client.force_login(w.people[name])
            assert client.post(f"{address}gift", said).status_code == status

    def test_a_clerk_gives_some_of_a_lot_to_another_cooperative(self, client):
        w, oak = world(), world("oak", "Oak")
        lot = beans(w, 900)
        client.force_login(w.people["tom"])
        said = {"key": self.KEY, "quantity": "0.3", "to": "coops/oak"}
        assert client.post(f"/lots/fern/{lot.code}/give-away", said).status_code == 302
        assert ledger.balance_of("coops/oak/lots/wet-beans-1@hubs/fern", "g") == 300
        assert oak.fern.lots.count() == 1
