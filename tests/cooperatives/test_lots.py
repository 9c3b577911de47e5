"""Lots after they were made: dates, splits, combinations, moves and losses, with their story kept."""

from datetime import timedelta
from fractions import Fraction

import pytest

from cooperatives.models import Hub
from cooperatives.queries import flows_behind, lot_onward
from cooperatives.rules import lineage
from cooperatives.services.lots import (
    AlreadyThere,
    ExpiryBeforeOpening,
    NothingToCombine,
    NotTheSameGoods,
    OneLotIsNoSplit,
    UnknownReason,
    combine_lots,
    move_lot,
    set_expiry,
    split_lot,
    take_off_lot,
)
from cooperatives.services.making import QuantityMissing, put_in, start_process
from ledger.queries import balance_of
from ledger.rules.laws import BelowFloor, KeyHasAnotherBody
from ledger.rules.refusal import NotAllowed
from tests.world import NOON, bars, beans, key, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


def held(*lots):
    return [balance_of(lot.address, lot.unit) for lot in lots]


class TestSplitLot:
    def test_parts_carry_their_share_of_the_story(self):
        w = world()
        lot = bars(w)
        parts = split_lot(by=w.tom, lot=lot, quantities=[100, 60], at=w.later(), key=key())
        assert held(lot, *parts) == [240, 100, 60]
        facts = lineage.facts(flows_behind([parts[0].path]))
        assert lineage.weights_behind(parts[0].path, facts)[lot.path] == Fraction(1, 4)
        assert parts[0].process == lot.process

    def test_the_same_key_splits_once(self):
        w = world()
        lot, once = beans(w, 900), key()
        parts = [split_lot(by=w.ada, lot=lot, quantities=[300], at=NOON, key=once) for _ in range(2)]
        assert parts[0] == parts[1] and held(lot) == [600]
        with pytest.raises(KeyHasAnotherBody):
            split_lot(by=w.ada, lot=lot, quantities=[200], at=NOON, key=once)

    @pytest.mark.parametrize(
        ("quantities", "refusal"),
        [([], QuantityMissing), ([0], QuantityMissing), ([900], OneLotIsNoSplit), ([500, 500], BelowFloor)],
    )
    def test_refuses_what_is_no_split(self, quantities, refusal):
        w = world()
        with pytest.raises(refusal):
            split_lot(by=w.ada, lot=beans(w, 900), quantities=quantities, at=NOON, key=key())

    def test_is_for_keepers(self):
        w, oak = world(), world("oak", "Oak")
        lot = beans(w, 900)
        for stranger in (w.ben, oak.ada):
            with pytest.raises(NotAllowed):
                split_lot(by=stranger, lot=lot, quantities=[1], at=NOON, key=key())


class TestCombineLots:
    def test_all_goes_into_one_with_the_earliest_date(self):
        w = world()
        lots = [beans(w, n) for n in (900, 600)]
        soon = NOON.date() + timedelta(days=9)
        set_expiry(by=w.tom, lot=lots[1], on=soon, at=NOON)
        once = key()
        made = [combine_lots(by=w.tom, lots=lots, at=w.later(), key=once) for _ in range(2)]
        assert made[0] == made[1] and held(*lots, made[0]) == [0, 0, 1_500]
        assert made[0].best_before == soon
        facts = lineage.facts(flows_behind([made[0].path]))
        assert {source.giver for source in lineage.embodied(made[0].path, facts)} == {f"{w.ben.address}/harvest"}

    def test_refuses_one_lot_and_other_goods(self):
        w = world()
        lot = beans(w, 900)
        with pytest.raises(NothingToCombine):
            combine_lots(by=w.ada, lots=[lot, lot], at=NOON, key=key())
        with pytest.raises(NotTheSameGoods):
            combine_lots(by=w.ada, lots=[lot, bars(w)], at=NOON, key=key())


class TestMoveLot:
    def test_another_keeps_what_we_own(self):
        w, oak = world(), world("oak", "Oak")
        lot, once = beans(w, 900), key()
        for _ in range(2):
            lot = move_lot(by=w.tom, lot=lot, hub=oak.hub, at=w.later(), key=once)
        assert lot.address == f"coops/fern/lots/{lot.code}@hubs/oak" and held(lot) == [900]
        assert balance_of(f"{lot.path}@hubs/fern", "g") == 0
        with pytest.raises(AlreadyThere):
            move_lot(by=w.tom, lot=lot, hub=Hub.objects.get(slug="oak"), at=w.later(), key=key())
        with pytest.raises(NotAllowed):
            move_lot(by=oak.ada, lot=lot, hub=w.hub, at=w.later(), key=key())


class TestTakeOffLot:
    def test_spoiled_and_missing_go_where_they_belong(self):
        w = world()
        lot = beans(w, 900)
        for reason, owner in (("spoiled", "nature/soil/body"), ("missing", "unknown/count/count")):
            take_off_lot(by=w.tom, lot=lot, quantity=100, reason=reason, at=w.later(), key=key())
            assert balance_of(owner, "g") == 100
        assert held(lot) == [700]
        with pytest.raises(UnknownReason):
            take_off_lot(by=w.tom, lot=lot, quantity=1, reason="sold", at=w.later(), key=key())
        with pytest.raises(NotAllowed):
            take_off_lot(by=w.ben, lot=lot, quantity=1, reason="spoiled", at=w.later(), key=key())


class TestSetExpiry:
    def test_refuses_a_day_before_it_was_opened(self):
        w = world()
        with pytest.raises(ExpiryBeforeOpening):
            set_expiry(by=w.ada, lot=beans(w), on=NOON.date() - timedelta(days=1), at=NOON)


class TestLotOnward:
    def test_follows_a_lot_into_all_that_was_made_of_it(self):
        w = world()
        wet = beans(w, 100_000)
        chocolate = bars(w, inputs=[wet])  # takes half of it
        part = split_lot(by=w.tom, lot=chocolate, quantities=[100], at=w.later(), key=key())[0]
        started = start_process(by=w.ben, cooperative=w.fern, name="Later", at=w.later())
        put_in(by=w.ben, process=started, lot=wet, quantity=10_000, at=w.later(), key=key())
        ahead = lot_onward(wet)
        found = {each.lot.code: (each.share, each.quantity) for each in ahead.into}
        assert found[chocolate.code] == (Fraction(9, 20), 45_000)
        assert found[part.code] == (Fraction(9, 80), 11_250)
        assert (ahead.under_way, ahead.sold) == (10_000, 0)
        assert lot_onward(part).into == []


class TestPages:
    def test_a_clerk_splits_moves_and_prints_labels(self, client):
        w, oak = world(), world("oak", "Oak")
        lot = beans(w, 900)
        client.force_login(w.people["tom"])
        page = f"/lots/fern/{lot.code}"
        assert f'<option value="{oak.hub.slug}">Oak</option>' in client.get(f"{page}/desk/").text
        keyed = {"key": "page/01234567-89ab-cdef-0123-456789abcdef"}
        assert client.post(f"{page}/split", keyed | {"quantity": "0.3"}).status_code == 302
        assert held(lot) == [600]
        assert client.post(f"{page}/expiry", {"on": "2027-01-31"}).status_code == 302
        assert "31 January 2027" in client.get(f"{page}/").text
        labels = client.get(f"{page}/labels/?copies=4").text
        assert labels.count('class="qr"') == 4 and lot.code in labels
        moved = client.post(f"{page}/move", {"key": "page/11234567-89ab-cdef-0123-456789abcdef", "hub": oak.hub.slug})
        assert moved.status_code == 302
        lot.refresh_from_db()
        assert held(lot) == [600] and lot.hub == oak.hub

    def test_too_much_comes_back_with_its_words(self, client):
        w = world()
        lot = beans(w, 900)
        client.force_login(w.people["tom"])
        said = {"key": "page/01234567-89ab-cdef-0123-456789abcdef", "quantity": "2", "reason": "spoiled"}
        assert client.post(f"/lots/fern/{lot.code}/take-off", said).status_code == 409
        assert held(lot) == [900]
        client.force_login(w.people["ben"])
        assert client.post(f"/lots/fern/{lot.code}/take-off", said | {"quantity": "0.1"}).status_code == 403
