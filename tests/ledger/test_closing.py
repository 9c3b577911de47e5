"""Closed periods: what is closed takes nothing more, whoever is recording meanwhile, and the replay knows it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any

import pytest
from django.db import connection

from ledger import queries
from ledger.rules import laws
from ledger.rules.replay import Replay
from ledger.services.journal import close_period, record_account, record_entry, undo_entry
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from tests.conftest import _owner as as_owner
from tests.ledger.conftest import AT, declare

pytestmark = pytest.mark.quick

OCTOBER, NOVEMBER = datetime(2026, 10, 31, 23, 59, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
LOT = "coops/fern/lots/wet-1@hubs/fern"
DELIVERY = ("members/ben/harvest", LOT, "g", 10)
PROMISE = ("members/ben/purse", "members/ada/purse", "EUR@coops/fern", 5)
HOURS = ("unknown/count/count", "members/cleo/purse", "HOUR", 5)


def record(key: str, *flows: tuple[str, str, str, int], at: datetime = OCTOBER) -> Any:
    return record_entry(key=key, action="transfer", purpose="test", flows=flows, at=at, by=["members/ada"])


def close(before: datetime = NOVEMBER, at: datetime = AT, **scope: str) -> None:
    close_period(before=before, by="members/ada", at=at, **scope)


@pytest.mark.usefixtures("books")
class TestClosePeriod:
    def test_refuses_backdating_for_its_owner_and_claims_on_it_and_nobody_else(self) -> None:
        close(owner="coops/fern")
        for flow in (DELIVERY, PROMISE):
            with pytest.raises(laws.PeriodClosed) as no:
                record("late", flow)
            assert no.value.facts == {"scope": "coops/fern", "before": "2026-11-01 00:00"}
            record(f"in time/{flow[2]}", flow, at=NOVEMBER)
        record("elsewhere", HOURS)

    def test_of_a_unit_is_for_everybody_with_the_claims_in_it(self) -> None:
        close(unit="EUR")
        with pytest.raises(laws.PeriodClosed):
            record("late", PROMISE)
        record("goods", DELIVERY)

    def test_of_a_unit_of_one_owner(self) -> None:
        close(owner="coops/fern", unit="EUR")
        with pytest.raises(laws.PeriodClosed):
            record("late", PROMISE)
        record("goods", DELIVERY)
        record("hours", HOURS)

    def test_of_an_error_is_corrected_in_an_open_period(self) -> None:
        entry = record("phone/1", DELIVERY)
        close(owner="coops/fern")
        with pytest.raises(laws.PeriodClosed):
            undo_entry(entry=entry.id, key="fix/1", at=OCTOBER, by=["members/ada"])
        assert undo_entry(entry=entry.id, key="fix/1", at=AT, by=["members/ada"]).is_new

    def test_what_was_recorded_before_it_is_answered_as_ever(self) -> None:
        entry = record("phone/1", DELIVERY)
        close(owner="coops/fern")
        assert record("phone/1", DELIVERY).id == entry.id

    def test_stays_closed_and_moves_on(self) -> None:
        close(owner="coops/fern")
        close(owner="coops/fern")  # again: no record
        assert queries.document("closed-period", "coops/fern").version == 1  # type: ignore[union-attr]
        with pytest.raises(laws.PeriodStaysClosed):
            close(OCTOBER, owner="coops/fern")
        close(AT, owner="coops/fern")
        with pytest.raises(laws.PeriodClosed):
            record("late", DELIVERY, at=NOVEMBER)

    def test_refuses_what_is_not_over_and_whom_nobody_knows(self) -> None:
        with pytest.raises(laws.PeriodNotOver):
            close(AT + timedelta(seconds=1), owner="coops/fern")
        with pytest.raises(laws.UnknownOwner):
            close(owner="coops/elm")
        with pytest.raises(laws.UnknownUnit):
            close(owner="coops/fern", unit="XOF")
        with pytest.raises(laws.MalformedEntry):
            close()

    def test_the_replay_finds_an_entry_that_came_too_late(self) -> None:
        """The same two records in the other order: the log itself tells that the second broke the law."""
        record("phone/1", DELIVERY)
        close(owner="coops/fern")
        publish_checkpoint()
        *before, entry, closing = [leaf.text for leaf in queries.leaves()]
        for leaves, why in (([*before, entry, closing], None), ([*before, closing, entry], "PeriodClosed")):
            replay = Replay()
            list(replay.read(leaves))
            assert (replay.fault.why.partition(":")[0] if replay.fault else None) == why


class TestAtOnce:
    @pytest.mark.parametrize("what", ["period", "account"])
    @pytest.mark.parametrize("is_locked", [True, False])
    def test_closing_waits_for_whoever_is_recording(self, own_database: str, what: str, is_locked: bool) -> None:
        """An entry that saw it open comes before the closing in the log; with the lock off, the log does not replay."""
        declare()
        record("first", DELIVERY)
        with as_owner(own_database) as link, ThreadPoolExecutor(2) as pool:
            _pause(link, is_locked)
            recording = pool.submit(_alone, lambda: record("late", DELIVERY))
            _until_one_waits(link, "advisory")
            if what == "period":
                closing = pool.submit(_alone, lambda: close(owner="coops/fern"))
            else:
                closing = pool.submit(_alone, lambda: record_account(address=LOT, closed=True, at=AT))
            _until_one_waits(link, "relation") if is_locked else closing.result()
            link.execute("SELECT pg_advisory_unlock(7)")
            recording.result()
            closing.result()
        publish_checkpoint()
        fault, refused = verify_log().fault, "PeriodClosed" if what == "period" else "AccountClosed"
        assert fault is None if is_locked else fault is not None and fault.why.startswith(refused)


def _pause(link: Any, is_locked: bool) -> None:
    """Recording waits for us after it has looked for what is closed and before it draws its token."""
    link.execute("SELECT pg_advisory_lock(7)")
    draws = "-- write: the token is drawn only now"
    edits = [("ledger_record", draws, f"PERFORM pg_advisory_lock_shared(7); {draws}")]
    if not is_locked:
        edits.append(("ledger_record", "LOCK TABLE ledger_closing IN ROW SHARE MODE;", ""))
    for function, old, new in edits:
        (text,) = link.execute("SELECT pg_get_functiondef(%s::regproc)", [function]).fetchone()
        assert old in text
        link.execute(text.replace(old, new, 1))


def _until_one_waits(link: Any, kind: str) -> None:
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = %s "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    while link.execute(waiting, [kind]).fetchone() == (0,):
        sleep(0.01)


def _alone(call: Callable[[], object]) -> None:
    try:
        call()
    finally:
        connection.close()
