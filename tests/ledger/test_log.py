"""The log: gapless, in an order that replays whoever writes at once, and telling of every change of the past."""

import contextlib
import random
import threading
from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ledger import queries
from ledger.rules.entries import Recorded
from ledger.rules.merkle import EMPTY_ROOT, leaf_hash, root_of
from ledger.rules.refusal import Refusal
from ledger.rules.replay import Replay
from ledger.services.journal import record_entry
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from tests.conftest import _owner as as_owner
from tests.ledger.conftest import AT, declare

pytestmark = pytest.mark.quick

LOT = "coops/fern/lots/wet-1@hubs/fern"


def deliver(key: str, grams: int = 10) -> Recorded:
    return record_entry(
        key=key,
        action="transfer",
        purpose="delivery",
        flows=[("members/ben/harvest", LOT, "g", grams)],
        at=AT,
        by=["members/ada"],
    )


class TestPublishCheckpoint:
    def test_of_an_empty_log_is_none(self, db: None) -> None:
        assert publish_checkpoint() is None
        assert (queries.log_size(), queries.log_root()) == (0, EMPTY_ROOT)

    def test_grows_and_its_root_is_the_tree_of_all_leaves(self, books: None) -> None:
        for n in range(7):
            deliver(f"phone/{n}")
            publish_checkpoint()
        leaves = queries.leaves()
        assert [leaf.index for leaf in leaves] == list(range(len(leaves)))
        assert queries.log_root() == root_of([leaf_hash(leaf.text.encode()) for leaf in leaves])

    def test_again_is_the_same(self, books: None) -> None:
        first, again = publish_checkpoint(), publish_checkpoint()
        assert first and again and first.size == again.size


class TestOrder:
    def test_replays_whoever_writes_at_once(self, own_database: str) -> None:
        """Six writers give and take from the same accounts while a seventh publishes; the order must never overdraw."""
        declare()

        def write(seed: int) -> None:
            chance = random.Random(seed)
            for n in range(60):
                giver, taker = chance.sample(["members/ada/purse", "members/cleo/purse", "unknown/count/count"], 2)
                with contextlib.suppress(Refusal):
                    record_entry(key=f"{seed}/{n}", action="transfer", purpose="test", at=AT, by=["members/ada"],
                                 flows=[(giver, taker, "HOUR", chance.randint(1, 9))])  # fmt: skip

        def publish() -> None:
            while any(thread.is_alive() for thread in writers):
                publish_checkpoint()

        writers = _threads([lambda s=s: write(s) for s in range(6)])  # type: ignore[misc]
        for thread in (*writers, *_threads([publish])):
            thread.join()
        publish_checkpoint()
        verdict = verify_log()
        assert verdict.fault is None
        assert verdict.entries > 100
        assert verdict.size == queries.log_size()

    def test_one_unit_is_taken_once(self, own_database: str) -> None:
        declare()
        deliver("phone/1", 1)
        won: list[int] = []

        def take(n: int) -> None:
            try:
                record_entry(
                    key=f"take/{n}",
                    action="lower",
                    purpose="test",
                    flows=[(LOT, "nature/air/body", "g", 1)],
                    at=AT,
                    by=["members/ada"],
                )
                won.append(n)
            except Refusal as no:
                assert no.code == "BelowFloor"

        for thread in _threads([lambda n=n: take(n) for n in range(12)]):  # type: ignore[misc]
            thread.join()
        assert len(won) == 1
        assert queries.balance_of(LOT, "g") == 0

    def test_one_key_is_one_entry_however_often_at_once(self, own_database: str) -> None:
        declare()
        answers: list[UUID] = []
        for thread in _threads([lambda: answers.append(deliver("phone/1", 5).id) for _ in range(12)]):
            thread.join()
        assert queries.balance_of(LOT, "g") == 5
        assert len(answers) == 12
        assert len(set(answers)) == 1

    def test_who_asks_again_while_the_first_still_writes_is_not_refused(self, own_database: str) -> None:
        """The second one waits for the lot, and then finds it empty: by the very entry that it asks for."""
        declare()
        deliver("phone/1", 5)
        answers: list[UUID] = []

        def take() -> None:
            took = record_entry(key="take", action="lower", purpose="test", at=AT, by=["members/ada"],
                                flows=[(LOT, "nature/air/body", "g", 5)])  # fmt: skip
            answers.append(took.id)

        for thread in _threads([take] * 12):
            thread.join()
        assert len(answers) == 12
        assert len(set(answers)) == 1


def _threads(calls: list[Callable[[], None]]) -> list[threading.Thread]:
    def closing(call: Callable[[], None]) -> None:
        try:
            call()
        finally:
            connection.close()

    threads = [threading.Thread(target=closing, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    return threads


def _switch_guards_off(link: psycopg.Connection[tuple[object, ...]]) -> None:
    for table in (
        "flow", "entry", "leaf", "balance", "owner", "checkpoint", "closing", "account", "batch", "unit", "document",
        "purpose", "log",
    ):  # fmt: skip
        link.execute(f"ALTER TABLE ledger_{table} DISABLE TRIGGER USER")  # type: ignore[arg-type]


class TestVerifyLog:
    """An administrator with the owner's password switches the guards off and changes the past."""

    TAMPERING = [
        ("UPDATE ledger_flow SET quantity = quantity + 1 WHERE token = {token}", "flows"),
        ("UPDATE ledger_entry SET evidence = 'invoice' WHERE token = {token}", "evidence"),
        ("UPDATE ledger_leaf SET text = replace(text, 'phone/3', 'phone/9') WHERE token = {token}", "hash"),
        ("UPDATE ledger_leaf SET hash = sha256('x') WHERE token = {token}", "hash"),
        ("UPDATE ledger_balance SET quantity = quantity + 1 WHERE quantity > 0", "balance"),
        ("UPDATE ledger_balance SET floor = NULL WHERE quantity > 0", "bounds"),
        ("UPDATE ledger_balance SET ceiling = NULL WHERE ceiling = 0", "bounds"),
        ("UPDATE ledger_purpose SET floor = NULL WHERE word = 'lots'", "bounds of purposes"),
        ("UPDATE ledger_account SET path = 'coops/fern/lots/dry-1' WHERE word = 'lots'", "account"),
        ("UPDATE ledger_account SET word = 'goods' WHERE word = 'lots'", "account"),
        ("UPDATE ledger_account SET owner_id = 'coops/oak' WHERE word = 'lots'", "account"),
        ("UPDATE ledger_batch SET is_closed = true", "drawn"),
        ("UPDATE ledger_unit SET family = 'money' WHERE code = 'bar'", "unit bar"),
        ("UPDATE ledger_unit SET grams = 5 WHERE code = 'bar'", "unit bar"),
        ("UPDATE ledger_log SET size = size + 1", "counts other leaves"),
        (
            "INSERT INTO ledger_document (token, kind, name, version, body) "
            "SELECT (SELECT max(token) FROM ledger_leaf), kind, name, version + 1, body FROM ledger_document LIMIT 1",
            "document",
        ),
        ("UPDATE ledger_owner SET place = 'fr' WHERE address = 'members/ben'", "owners"),
        ("UPDATE ledger_balance SET held = 1 WHERE quantity > 0", "open holds"),
        ("INSERT INTO ledger_closing VALUES ('EUR', '', 'EUR', now())", "closed periods"),
        (
            "ALTER TABLE ledger_flow DROP CONSTRAINT flow_counts_as_its_entry; "
            "INSERT INTO ledger_flow (token, n, giver_id, taker_id, unit_id, quantity, flow_count) "
            "SELECT 99, n, giver_id, taker_id, unit_id, quantity, flow_count FROM ledger_flow LIMIT 1",
            "token 99",
        ),
        (
            "INSERT INTO ledger_entry (token, id, key, action, purpose, at, recorded_at, by, evidence, flow_count) "
            "SELECT 99, gen_random_uuid(), 'beside', action, purpose, at, recorded_at, by, evidence, 1 "
            "FROM ledger_entry LIMIT 1",
            "token 99",
        ),
        ("UPDATE ledger_flow SET giver_id = 99 WHERE token = {token}", "flows"),
        ("UPDATE ledger_flow SET unit_id = 99 WHERE token = {token}", "flows"),
        ("DELETE FROM ledger_flow WHERE token = {token}", "flows"),
        (
            "DELETE FROM ledger_flow WHERE token = {token}; DELETE FROM ledger_entry WHERE token = {token}; "
            "DELETE FROM ledger_leaf WHERE token = {token}",
            "missing",
        ),
    ]

    @pytest.mark.parametrize(("statement", "why"), TAMPERING)
    def test_names_what_differs(self, own_database: str, statement: str, why: str) -> None:
        declare()
        for n in range(6):
            deliver(f"phone/{n}")
        publish_checkpoint()
        assert verify_log().agrees
        leaf = next(leaf for leaf in queries.leaves() if "phone/3" in leaf.text)
        with as_owner(own_database) as link:
            _switch_guards_off(link)
            link.execute(statement.format(token=leaf.token))  # type: ignore[arg-type]
        fault = verify_log().fault
        assert fault is not None and why in fault.why
        if "{token}" in statement:
            assert fault.index == leaf.index
        with pytest.raises(CommandError, match=f"leaf {fault.index}"):
            call_command("verify_log")

    def test_the_owner_is_stopped_by_the_guards_themselves(self, own_database: str) -> None:
        declare()
        deliver("phone/1")
        with as_owner(own_database) as link:
            one_more = (
                "INSERT INTO ledger_flow SELECT token, 2, giver_id, taker_id, unit_id, 1, {} FROM ledger_flow LIMIT 1"
            )
            as_if_recording = "SET ledger.recording = 'on'; " + one_more
            for statement in (
                "UPDATE ledger_flow SET quantity = 1",
                "DELETE FROM ledger_entry",
                "TRUNCATE ledger_leaf CASCADE",
                one_more.format("flow_count"),
                as_if_recording.format("flow_count"),
                as_if_recording.format(2),
            ):
                with pytest.raises(psycopg.Error):
                    link.execute(statement)

    def test_a_checkpoint_with_another_root_is_named(self, own_database: str) -> None:
        declare()
        publish_checkpoint()
        with as_owner(own_database) as link:
            _switch_guards_off(link)
            link.execute("UPDATE ledger_checkpoint SET root = sha256('x')")
        fault = verify_log().fault
        assert fault is not None and "another root" in fault.why

    def test_command_says_that_all_agrees(self, books: None, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("verify_log")
        assert "agree with the database and with what is published" in capsys.readouterr().out


class TestReplay:
    @pytest.mark.parametrize(
        ("leaf", "why"),
        [
            ('{"type":"owner"}', "KeyError"),
            ('{"type": "owner"}', "canonical"),
            ('{"type":"owner","type":"owner"}', "twice"),
            ("[]", "TypeError"),
            ("nonsense", "JSONDecodeError"),
            ('{"type":"wish"}', "BadInput"),
        ],
    )
    def test_stops_at_a_leaf_that_is_none(self, leaf: str, why: str) -> None:
        replay = Replay()
        assert list(replay.read([leaf])) == []
        assert replay.fault is not None and replay.fault.index == 0 and why in replay.fault.why
