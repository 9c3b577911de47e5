"""Processes with several inputs and joint outputs: parts, mass and losses."""

import pytest

from cooperatives.services.making import (
    CodeTaken,
    MassMissing,
    MassNotKept,
    NothingMade,
    Output,
    PartsNotWhole,
    QuantityMissing,
    declare_piece,
    finish_process,
    put_in,
    start_process,
)
from ledger import queries as ledger
from ledger.rules.laws import BelowFloor, ProcessFinished, UnknownUnit
from ledger.rules.refusal import NotAllowed, NotFound
from tests.world import NOON, bars, beans, key, work, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


def roast(w, *lots):
    process = start_process(by=w.ben, cooperative=w.fern, name="Roast", at=NOON)
    for lot in lots:
        put_in(by=w.ben, process=process, lot=lot, quantity=1_000, at=NOON, key=key())
    return process


class TestStartProcess:
    def test_counts_the_processes_of_a_name(self):
        w = world()
        assert [start_process(by=w.ben, cooperative=w.fern, name="Roast", at=NOON).code for _ in range(2)] == [
            "roast-1", "roast-2"
        ]  # fmt: skip

    def test_refuses_a_code_twice_and_strangers(self):
        w, other = world(), world("oak", "Oak")
        start_process(by=w.ben, cooperative=w.fern, name="Roast", code="r", at=NOON)
        with pytest.raises(CodeTaken):
            start_process(by=w.ben, cooperative=w.fern, name="Roast", code="r", at=NOON)
        with pytest.raises(NotAllowed):
            start_process(by=other.ben, cooperative=w.fern, name="Roast", at=NOON)


class TestPutIn:
    def test_refuses_more_than_there_is_nothing_and_foreign_lots(self):
        w, other = world(), world("oak", "Oak")
        lot, foreign = beans(w, 900), beans(other)
        process = start_process(by=w.ben, cooperative=w.fern, name="Roast", at=NOON)
        for bad, quantity, refusal in ((lot, 901, BelowFloor), (lot, 0, QuantityMissing), (foreign, 1, NotFound)):
            with pytest.raises(refusal):
                put_in(by=w.ben, process=process, lot=bad, quantity=quantity, at=NOON, key=key())


class TestFinishProcess:
    def test_makes_joint_lots_that_share_what_went_in(self):
        w = world()
        lot = bars(w)
        process = lot.process
        assert [o.code for o in process.lots.order_by("id")] == ["dark-72-1", "cocoa-butter-1"]
        held = {(h.address, h.unit): h.quantity for h in ledger.balances(prefix="coops/fern/lots/")}
        assert held == {
            ("coops/fern/lots/dark-72-1@hubs/fern", "bar"): 400,
            ("coops/fern/lots/dark-72-1@hubs/fern", "part"): 9_000,
            ("coops/fern/lots/cocoa-butter-1@hubs/fern", "g"): 5_000,
            ("coops/fern/lots/cocoa-butter-1@hubs/fern", "part"): 1_000,
        }
        assert ledger.balance_of("nature/soil/body", "g") == 5_000
        inside = {h.unit: h.quantity for h in ledger.balances(addresses=[process.address])}
        assert inside == {"bar": -400, "g": 40_000, "min": 360, "part": -10_000}  # 400 bars of 100 g: no mass is left

    def test_takes_several_inputs(self):
        w = world()
        process = roast(w, beans(w), beans(w))
        made = finish_process(
            by=w.ben, process=process, outputs=[Output("nibs", "Nibs", "g", 1_500, w.hub, 10_000)],
            losses={"nature/air": 500}, at=NOON, key="finish/1",
        )  # fmt: skip
        assert [lot.code for lot in made] == ["nibs"]
        assert ledger.balance_of("nature/air/body", "g") == 500

    def test_is_done_once(self):
        w = world()
        process = roast(w, beans(w))
        said = dict(
            by=w.ben, process=process, outputs=[Output(None, "Nibs", "g", 1_000, w.hub, 10_000)], key="finish/1"
        )
        assert finish_process(**said, at=NOON) == finish_process(**said, at=w.later())
        with pytest.raises(ProcessFinished):
            finish_process(**said | {"key": "finish/2"}, at=NOON)

    def test_takes_hours_but_no_goods_after_it_is_finished(self):
        w = world()
        lot, late = bars(w), beans(w)
        work(w, lot.process, 30)
        with pytest.raises(ProcessFinished):
            put_in(by=w.ben, process=lot.process, lot=late, quantity=1, at=NOON, key=key())

    def test_keeps_mass(self):
        w = world()
        process = roast(w, beans(w))
        for quantity, refusal in ((1_001, MassNotKept), (999, MassMissing)):
            with pytest.raises(refusal):
                finish_process(
                    by=w.ben, process=process, outputs=[Output(None, "Nibs", "g", quantity, w.hub, 10_000)], at=NOON,
                    key="finish/1",
                )  # fmt: skip

    def test_refuses_units_nobody_declared(self):
        w = world()
        process = roast(w, beans(w))
        with pytest.raises(UnknownUnit):
            finish_process(
                by=w.ben, process=process, outputs=[Output(None, "Nibs", "ell", 1, w.hub, 10_000)], at=NOON,
                key="finish/1",
            )  # fmt: skip

    def test_refuses_parts_that_are_not_the_whole(self):
        w = world()
        process = roast(w, beans(w))
        outputs = [Output(None, "Nibs", "g", 500, w.hub, 5_000), Output(None, "Dust", "g", 500, w.hub, 4_999)]
        with pytest.raises(PartsNotWhole):
            finish_process(by=w.ben, process=process, outputs=outputs, at=NOON, key="finish/1")

    def test_records_a_failed_batch_without_lots(self):
        w = world()
        process = roast(w, beans(w))
        assert (
            finish_process(by=w.ben, process=process, outputs=[], rest_to="nature/soil", at=NOON, key="finish/1") == []
        )
        assert ledger.entries_by_key(["finish/1"])["finish/1"].purpose == "loss"

    def test_makes_something_of_work_alone(self):
        w = world()
        declare_piece(by=w.ada, code="release", grams=None, at=NOON)
        process = start_process(by=w.ben, cooperative=w.fern, name="Book", at=NOON)
        with pytest.raises(NothingMade):
            finish_process(by=w.ben, process=process, outputs=[], at=NOON, key="finish/0")
        work(w, process, 900)
        made = finish_process(
            by=w.ben, process=process, outputs=[Output("book-1", "Book", "release", 1, w.hub, 10_000)], at=NOON,
            key="finish/1",
        )  # fmt: skip
        assert ledger.balance_of(made[0].address, "release") == 1
