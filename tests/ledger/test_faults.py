"""What goes wrong around the journal: survived, or found with the first leaf that is wrong.

A client that is killed at any step, reversals at once, a disk that is really full, an old backup put back. What else
can go wrong stands beside what it hits: publishing and its files in test_publishing, superusers in test_log and
test_verifier, holds and keys at once in test_holds and test_log, jumping clocks in test_clock.
"""

import os
import random
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg import sql

from config.folder import PROJECT
from ledger import queries
from ledger.rules.laws import UndoesTooMuch
from ledger.rules.refusal import Refusal
from ledger.services.journal import record_entry, undo_entry
from ledger.services.log import LeafIsMissing, LogIsBehind, publish_checkpoint
from ledger.services.verify import verify_log
from tests.conftest import _clone as clone
from tests.conftest import _drop as drop
from tests.conftest import _owner as as_owner
from tests.ledger.conftest import AT, declare
from tests.ledger.test_publishing import files, more

pytestmark = pytest.mark.quick

BEN, BY = "members/ben/harvest", ("members/ada",)
LOTS = [f"coops/fern/lots/wet-{n}@hubs/fern" for n in range(3)]


def deliver(lot: str, grams: int, key: str) -> None:
    record_entry(key=key, action="transfer", purpose="delivery", flows=[(BEN, lot, "g", grams)], at=AT, by=BY)


class TestReversalsAtOnce:
    """Ben's one delivery is taken back by many, in parts, out of several lots: never more than he gave."""

    def take_back(self) -> list[int]:
        """Six at once take back what they can of 100 g; the grams of each that was let."""
        for n, lot in enumerate(LOTS):
            deliver(lot, 100 if n == 0 else 5_000, f"phone/{n}")
        origin = queries.entries_by_key(["phone/0"])["phone/0"]

        def some(seed: int) -> list[int]:
            chance, taken = random.Random(seed), []
            try:
                for n in range(8):
                    grams = chance.randint(1, 20)
                    try:
                        undo_entry(entry=origin.id, key=f"fix/{seed}/{n}", at=AT, by=BY,
                                   flows=[(chance.choice(LOTS), BEN, "g", grams)])  # fmt: skip
                        taken.append(grams)
                    except Refusal as no:
                        assert no.code in {"UndoesTooMuch", "BelowFloor"}
            finally:
                connection.close()
            return taken

        with ThreadPoolExecutor(6) as pool:
            taken = [grams for each in pool.map(some, range(6)) for grams in each]
        assert sum(taken) == sum(f.quantity for e in queries.undone_by(origin.id) for f in e.flows)
        return taken

    def test_never_take_back_more_than_was_done(self, own_database: str) -> None:
        declare()
        taken = self.take_back()
        assert len(taken) > 3 and 80 <= sum(taken) <= 100
        publish_checkpoint()
        assert verify_log().agrees

    def test_without_the_law_they_do_and_the_log_is_found_wrong(self, own_database: str) -> None:
        declare()
        with as_owner(own_database) as link:
            link.execute(
                "CREATE OR REPLACE FUNCTION ledger_refuse_undoing_too_much(undone uuid[]) RETURNS void "
                "LANGUAGE sql AS 'SELECT'"
            )
        assert sum(self.take_back()) > 100
        publish_checkpoint()
        fault = verify_log().fault
        assert fault is not None and "undone" in fault.why.lower()
        with pytest.raises(CommandError, match=f"leaf {fault.index} "):
            call_command("verify_log")

    def test_of_the_whole_take_it_back_once(self, own_database: str) -> None:
        declare()
        deliver(LOTS[0], 100, "phone/0")
        origin = queries.entries_by_key(["phone/0"])["phone/0"]

        def whole(n: int) -> str:
            try:
                flows = [(LOTS[0], BEN, "g", 100)]
                undo_entry(entry=origin.id, key=f"fix/{n}", at=AT, by=BY, flows=flows)
            except Refusal as no:
                return no.code
            finally:
                connection.close()
            return ""

        with ThreadPoolExecutor(8) as pool:
            answers = sorted(pool.map(whole, range(8)))
        assert answers[0] == "" and set(answers[1:]) <= {"BelowFloor", UndoesTooMuch.__name__}
        assert queries.balance_of(LOTS[0], "g") == 0


KILLED = """
import os, signal
import psycopg
from django.db import connection, transaction
from ledger import queries
from ledger.models import Hold, Salt
from ledger.services.evidence import salt_evidence
from ledger.services.holds import Wanted, place_holds
from ledger.services.journal import record_entry
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from tests.ledger.conftest import AT, declare

LOT = "coops/fern/lots/wet-1@hubs/fern"

def steps_until(last):
    # A step ends before a statement or commit is sent, and once more when its answer has come: there we are killed.
    left = [last]
    def step():
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    def counted(do):
        def stepping(*args, **named):
            step()
            answer = do(*args, **named)
            step()
            return answer
        return stepping
    psycopg.Cursor.execute = counted(psycopg.Cursor.execute)
    psycopg.Connection.commit = counted(psycopg.Connection.commit)

def take(key):
    # What an order does: evidence is salted, the hold captured and the entry recorded, together or not at all.
    with transaction.atomic():
        return record_entry(key=key, action="lower", purpose="test", flows=[(LOT, "nature/air/body", "g", 5)], at=AT,
            by=["members/ada"], captures=[f"hold/{key}"], evidence_hash=salt_evidence(key=key, content=b"note"))

declare()
record_entry(key="phone/1", action="transfer", purpose="delivery", flows=[("members/ben/harvest", LOT, "g", 9000)],
             at=AT, by=["members/ada"])
before, after = 0, 0
for last in range(200):
    key = f"take/{last}"
    place_holds([Wanted(f"hold/{key}", LOT, "g", 5)])
    connection.close()
    child = os.fork()
    if not child:
        steps_until(last)
        take(key)
        os._exit(0)
    died = os.waitpid(child, 0)[1]
    if not died:
        break
    assert os.WTERMSIG(died) == signal.SIGKILL, died
    with connection.cursor() as cursor:  # the dead client's backend has ended, with its transaction
        while True:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
                           "pg_backend_pid() AND backend_type = 'client backend'")
            if not cursor.fetchone()[0]:
                break
    kept = queries.entries_by_key([key]).get(key)
    hold, salt = Hold.objects.get(key=f"hold/{key}"), Salt.objects.filter(key=key).exists()
    assert (hold.captured_by_id is not None) == salt == (kept is not None), (last, kept, hold, salt)
    before, after = before + (kept is None), after + (kept is not None)
    again = take(key)
    assert again.is_new == (kept is None) and (kept is None or kept.id == again.id), (last, kept, again)
    assert queries.balance_of(LOT, "g") == 9000 - 5 * (last + 1)
publish_checkpoint()
verdict = verify_log()
assert verdict.agrees, verdict.fault
print(before, after)
"""


class TestKilledClient:
    def test_at_any_step_has_recorded_all_or_nothing_and_asks_again(self, own_database: str, own_log: Path) -> None:
        within = f"import django; django.setup()\nexec({KILLED!r})"
        said = subprocess.run(
            [sys.executable, "-c", within], cwd=PROJECT, env=dict(os.environ), capture_output=True, text=True
        )
        assert said.returncode == 0, said.stderr
        before, after = map(int, said.stdout.split())
        assert before > 5 and after >= 1  # killed before the commit, and after it but before the answer


FULL = """
import errno, os, shutil
from pathlib import Path
from django.conf import settings
from ledger.log_folder import LogFolder
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from tests.ledger.conftest import declare
from tests.ledger.test_publishing import files, more

disk = Path(settings.LOG_FOLDER).parent
declare()
declared = publish_checkpoint().size
full = 0
for n in range(12):
    free = shutil.disk_usage(disk).free
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(max(0, free - 4096 * 3 * n)))  # room for a few more pages each time
    signed, before = (Path(settings.LOG_FOLDER) / "checkpoint").read_text(), files(settings.LOG_FOLDER)
    more(1000 * n, 300)
    try:
        publish_checkpoint()
    except OSError as error:
        assert error.errno == errno.ENOSPC, error
        full += 1
        assert (Path(settings.LOG_FOLDER) / "checkpoint").read_text() == signed
        now = files(settings.LOG_FOLDER)
        assert all(now[path] == content for path, content in before.items())
        ballast.unlink()
        publish_checkpoint()
    ballast.unlink(missing_ok=True)
    assert LogFolder(settings.LOG_FOLDER).head().size == declared + 300 * (n + 1)
    assert verify_log().agrees, verify_log().fault
print(full)
"""


class TestFullDisk:
    """A file system of its own, of a megabyte and a half, that really has no room left (tmpfs in a namespace)."""

    def test_publishes_later_what_found_no_room(self, own_database: str, tmp_path: Path) -> None:
        disk = tmp_path / "disk"
        disk.mkdir()
        mount = f"mount -t tmpfs -o size=1500k none {disk}"
        inside = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec"]
        if not shutil.which("unshare") or subprocess.run([*inside, mount], capture_output=True).returncode:
            pytest.skip("this machine lets nobody mount a file system of his own")
        environment = os.environ | {"LOG_FOLDER": str(disk / "log"), "LOG_KEY": str(disk / "log.key")}
        within = f"import django; django.setup()\nexec({FULL!r})"
        said = subprocess.run(
            [*inside, f'{mount}; exec "$@"', "sh", sys.executable, "-c", within],
            cwd=PROJECT, env=environment, capture_output=True, text=True,
        )  # fmt: skip
        assert said.returncode == 0, said.stderr
        assert int(said.stdout) > 3


class TestOldBackup:
    def test_is_not_signed_for_and_is_named(self, own_database: str, own_log: Path) -> None:
        declare()
        more(0, 10)
        kept = publish_checkpoint()
        connection.close()
        clone(own_database, old := f"{own_database}_old")  # what a backup of this moment restores
        try:
            more(10, 5)
            published = publish_checkpoint()
            assert kept and published and published.size == kept.size + 5
            signed = (own_log / "checkpoint").read_text()
            connection.close()
            connection.settings_dict["NAME"] = old
            more(20, 2)  # life goes on, on the restored database
            with pytest.raises(LogIsBehind, match="old backup"):
                publish_checkpoint()
            with pytest.raises(CommandError, match=f"leaf {kept.size} "):
                call_command("verify_log")
            more(30, 9)  # until it holds more than was published; nothing is given a place over another past
            with pytest.raises(LogIsBehind):
                publish_checkpoint()
            with pytest.raises(CommandError, match=f"leaf {kept.size} "):
                call_command("verify_log")
            assert (own_log / "checkpoint").read_text() == signed
        finally:
            connection.close()
            connection.settings_dict["NAME"] = own_database
            drop(old)


class TestTruncated:
    """A superuser empties tables, with every trigger out of the way."""

    @pytest.mark.parametrize("table", ["ledger_leaf", "ledger_entry", "ledger_flow", "ledger_balance"])
    def test_is_found_and_the_first_leaf_is_named(self, own_database: str, own_log: Path, table: str) -> None:
        declare()
        deliver(LOTS[0], 100, "phone/0")
        publish_checkpoint()
        index = next(leaf.index for leaf in queries.leaves() if "phone/0" in leaf.text)
        signed = (own_log / "checkpoint").read_text()
        with as_owner(own_database) as link:
            for (name,) in link.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'ledger\\_%'").fetchall():
                link.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(str(name))))
            link.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.Identifier(table)))
        fault = verify_log().fault
        assert fault is not None and fault.index == (0 if table == "ledger_leaf" else index)
        more(0, 1)
        if table == "ledger_leaf":
            before = files(own_log)
            with pytest.raises(LeafIsMissing) as told:
                publish_checkpoint()
            assert told.value.facts["index"] == 0
            assert (own_log / "checkpoint").read_text() == signed and files(own_log) == before
