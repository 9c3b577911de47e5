"""Deliveries, hours and corrections, as they stand in the journal."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from cooperatives.models import Correction, Lot, Weighing
from cooperatives.services.contributions import (
    LotHoldsOther,
    NoReason,
    NotCorrectedHere,
    NotCountedSo,
    NothingOnTheScale,
    NothingWorked,
    correct_entry,
    correct_quantity,
    give_goods,
    give_work,
)
from cooperatives.services.making import put_in, start_process
from ledger import queries as ledger
from ledger.rules.entries import MalformedEntry
from ledger.rules.laws import BelowFloor, KeyHasAnotherBody, LotAlreadyDrawn, UnknownUnit
from ledger.rules.refusal import NotAllowed, NotFound
from ledger.services.journal import record_entry, record_owner
from tests.world import NOON, beans, key, work, world

pytestmark = pytest.mark.quick


def deliver(w, **more):
    said = dict(
        by=w.tom,
        giver=w.ben,
        goods="Wet beans",
        unit="g",
        quantity=18_100,
        tare=1_800,
        hub=w.hub,
        at=NOON,
        key="phone/1",
    )
    return give_goods(**said | more)


@pytest.mark.django_db
class TestGiveGoods:
    def test_records_gross_less_tare_from_the_harvest_to_the_lot(self):
        w = world()
        lot = deliver(w)
        entry = ledger.entries_by_key(["phone/1"])["phone/1"]
        assert (entry.action, entry.purpose, entry.evidence, entry.by) == (
            "transfer", "delivery", "two-sided", (w.tom.address,)
        )  # fmt: skip
        assert entry.flows == ((f"{w.ben.address}/harvest", "coops/fern/lots/wet-beans-1@hubs/fern", "g", 16_300),)
        assert lot.code == "wet-beans-1"

    def test_is_done_once_however_often_it_is_sent(self):
        w = world()
        first, again = deliver(w), deliver(w, at=w.later())
        assert first == again
        assert ledger.balance_of(first.address, "g") == 16_300

    def test_refuses_another_weight_under_the_same_key(self):
        w = world()
        deliver(w)
        with pytest.raises(KeyHasAnotherBody):
            deliver(w, quantity=19_000)

    def test_fills_a_lot_until_someone_draws_from_it(self):
        w = world()
        lot = beans(w, 1_000)
        assert beans(w, 2_000, code=lot.code) == lot
        process = start_process(by=w.ben, cooperative=w.fern, name="Roast", at=NOON)
        put_in(by=w.ben, process=process, lot=lot, quantity=3_000, at=NOON, key=key())
        with pytest.raises(LotAlreadyDrawn):
            beans(w, 10, code=lot.code)
        assert beans(w, 10).code == "wet-beans-2"
        assert Weighing.objects.count() == 3

    def test_refuses_other_goods_into_a_lot(self):
        w = world()
        lot = beans(w)
        with pytest.raises(LotHoldsOther):
            deliver(w, goods="Rice", lot_code=lot.code)

    def test_refuses_a_scale_with_nothing_on_it(self):
        w = world()
        for quantity, tare in ((1_800, 1_800), (0, 0), (5, -1)):
            with pytest.raises(NothingOnTheScale):
                deliver(w, quantity=quantity, tare=tare)
        assert not Lot.objects.exists()

    def test_refuses_what_is_no_unit_of_goods(self):
        w = world()
        for unit, refusal in (
            ("part", NotCountedSo),
            ("min", NotCountedSo),
            ("EUR", MalformedEntry),
            ("ell", UnknownUnit),
        ):
            with pytest.raises(refusal):
                deliver(w, unit=unit)
        assert not Lot.objects.exists()

    def test_promises_the_price_where_there_is_no_money(self):
        w = world()
        deliver(w, price=11_606)
        assert ledger.balance_of(f"{w.ben.address}/debt", "EUR@coops/fern") == 11_606
        assert ledger.balance_of(f"{w.ben.address}/purse", "EUR@coops/fern") == 0

    def test_sets_the_price_aside_where_there_is(self):
        w = world()
        record_owner(owner="funders/region", place=None, at=NOON)
        flows = [
            ("funders/region/pocket", "coops/fern/till@bank/fern", "EUR", 20_000),
            ("coops/fern/owes", "coops/fern/free", "EUR@coops/fern", 20_000),
        ]
        record_entry(key="bank/1", action="transfer", purpose="grant", flows=flows, at=NOON, by=())
        deliver(w, price=11_606)
        assert ledger.balance_of(f"{w.ben.address}/purse", "EUR@coops/fern") == 11_606

    def test_records_what_was_paid_in_kind_at_the_field(self):
        w = world()
        record_owner(owner="workers/kumasi", place="gh/ashanti/kumasi", at=NOON)
        deliver(w, in_kind={"workers/kumasi": 2_000})
        assert ledger.balance_of("workers/kumasi/goods", "g") == 2_000
        assert ledger.balance_of(f"{w.ben.address}/harvest", "g") == -18_300

    def test_lets_a_member_record_only_what_is_his_own(self):
        w, other = world(), world("oak", "Oak")
        deliver(w, by=w.ben, key="phone/own")
        for by in (other.ada, other.ben):
            with pytest.raises(NotAllowed):
                deliver(w, by=by)
        with pytest.raises(NotAllowed):
            deliver(w, by=w.ben, giver=w.ada, key="phone/other")
        with pytest.raises(NotFound):
            deliver(w, hub=other.hub)


class TestSentTwiceAtOnce:
    """Replies are cut and phones send again: what arrives together is recorded once, and each gets its answer."""

    def test_is_recorded_once_and_answered_each_time(self, own_database):
        w = world()
        process = start_process(by=w.ben, cooperative=w.fern, name="Roast", at=NOON)
        work = dict(by=w.ben, worker=w.ben, process=process, minutes=90, key="phone/2")
        lots = at_once(lambda n: deliver(w, at=NOON + timedelta(seconds=n)).code)
        entries = at_once(lambda n: give_work(**work, at=NOON + timedelta(seconds=n)).id)
        assert lots == ["wet-beans-1"] * 5
        assert len(set(entries)) == 1
        assert Weighing.objects.count() == Lot.objects.count() == 1


def at_once(act, times=5):
    """What `act` answers to so many threads that begin together."""
    start = Barrier(times)

    def one(n):
        start.wait()
        try:
            return act(n)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(one, range(times)))


@pytest.mark.django_db
class TestGiveWork:
    def test_records_minutes_from_the_worker_to_the_process(self):
        w = world()
        process = start_process(by=w.ben, cooperative=w.fern, name="Roast", at=NOON)
        entry = give_work(by=w.ben, worker=w.ben, process=process, minutes=90, kind="roast", at=NOON, key="phone/1")
        assert entry.flows == ((f"{w.ben.address}/work/roast", "coops/fern/processes/roast-1", "min", 90),)
        assert (entry.action, entry.evidence) == ("work", "declared")

    def test_is_done_once_and_refuses_other_hours_under_its_key(self):
        w = world()
        process = start_process(by=w.ben, cooperative=w.fern, name="Roast", at=NOON)
        said = dict(by=w.ben, worker=w.ben, process=process, at=NOON, key="phone/1")
        assert give_work(**said, minutes=90).id == give_work(**said | {"at": w.later()}, minutes=90).id
        with pytest.raises(KeyHasAnotherBody):
            give_work(**said, minutes=91)

    def test_owes_a_wage(self):
        w = world()
        process = start_process(by=w.ben, cooperative=w.fern, name="Roast", at=NOON)
        work(w, process, 240, wage=4_800)
        assert ledger.balance_of(f"{w.ben.address}/debt", "EUR@coops/fern") == 4_800

    def test_refuses_no_time_strangers_and_foreign_processes(self):
        w, other = world(), world("oak", "Oak")
        process = start_process(by=w.ben, cooperative=w.fern, name="Roast", at=NOON)
        with pytest.raises(NothingWorked):
            work(w, process, 0)
        with pytest.raises(NotAllowed):
            give_work(by=other.ben, worker=w.ben, process=process, minutes=9, at=NOON, key=key())
        with pytest.raises(NotFound):
            give_work(by=other.ben, worker=other.ben, process=process, minutes=9, at=NOON, key=key())


@pytest.mark.django_db
class TestCorrectEntry:
    def test_takes_a_delivery_back_and_keeps_both_entries(self):
        w = world()
        lot = deliver(w)
        undone = correct_entry(by=w.tom, entry="phone/1", reason="Wrong member", at=w.later(), key="correct/1")
        assert ledger.balance_of(lot.address, "g") == 0
        assert (undone.purpose, undone.undoes) == ("correction", ledger.entries_by_key(["phone/1"])["phone/1"].id)
        assert Correction.objects.get().reason == "Wrong member"

    def test_refuses_to_take_back_what_has_gone_on(self):
        w = world()
        lot = deliver(w)
        process = start_process(by=w.ben, cooperative=w.fern, name="Roast", at=NOON)
        put_in(by=w.ben, process=process, lot=lot, quantity=16_300, at=NOON, key="phone/2")
        with pytest.raises(BelowFloor):
            correct_entry(by=w.ada, entry="phone/1", reason="Wrong", at=w.later(), key="correct/1")
        correct_entry(by=w.ada, entry="phone/2", reason="Wrong", at=w.later(), key="correct/2")
        correct_entry(by=w.ada, entry="phone/1", reason="Wrong", at=w.later(), key="correct/1")

    def test_refuses_strangers_silence_and_money(self):
        w, other = world(), world("oak", "Oak")
        deliver(w)
        with pytest.raises(NotAllowed):
            correct_entry(by=w.ben, entry="phone/1", reason="Mine", at=NOON, key="correct/1")
        with pytest.raises(NotFound):
            correct_entry(by=other.ada, entry="phone/1", reason="Theirs", at=NOON, key="correct/1")
        with pytest.raises(NoReason):
            correct_entry(by=w.ada, entry="phone/1", reason=" ", at=NOON, key="correct/1")
        record_owner(owner="funders/region", place=None, at=NOON)
        flows = [
            ("funders/region/pocket", "coops/fern/till@bank/fern", "EUR", 5),
            ("coops/fern/owes", "coops/fern/free", "EUR@coops/fern", 5),
        ]
        record_entry(key="bank/1", action="transfer", purpose="grant", flows=flows, at=NOON, by=())
        with pytest.raises(NotCorrectedHere):
            correct_entry(by=w.ada, entry="bank/1", reason="Oops", at=NOON, key="correct/1")


@pytest.mark.django_db
class TestCorrectQuantity:
    def test_takes_the_difference_back_or_adds_it(self):
        w = world()
        lot = deliver(w)
        for n, quantity in enumerate((14_000, 17_000, 15_500, 15_500 + 1)):
            said = dict(by=w.tom, entry="phone/1", quantity=quantity, reason="Scale", at=w.later())
            correct_quantity(**said, key=f"correct/{n}")
            assert ledger.balance_of(lot.address, "g") == quantity
        assert ledger.balance_of(f"{w.ben.address}/harvest", "g") == -15_501

    def test_is_done_once(self):
        w = world()
        lot = deliver(w)
        said = dict(by=w.tom, entry="phone/1", quantity=14_000, reason="Scale", at=w.later(), key="correct/1")
        correct_quantity(**said)
        correct_quantity(**said)
        assert ledger.balance_of(lot.address, "g") == 14_000
        assert Correction.objects.count() == 1
