"""Publishing: files that only grow, a signature only where all agrees, and nothing lost by a kill between two steps."""

import errno
import os
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from config.folder import PROJECT
from ledger import queries
from ledger.log_folder import LogFolder, TileDiffers
from ledger.rules.notes import BadNote, SignerKey, read_checkpoint
from ledger.rules.refusal import Refusal
from ledger.rules.tiles import Tile, entries_in, tiles_of
from ledger.services import log as service
from ledger.services.journal import record_owners
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from tests.conftest import _owner as as_owner
from tests.ledger.conftest import AT, declare
from tests.ledger.test_log import _switch_guards_off

pytestmark = pytest.mark.quick


def more(first: int, count: int) -> None:
    """This many new leaves at once."""
    record_owners([(f"members/m{n:06}", None) for n in range(first, first + count)], at=AT)


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


class TestPublishCheckpoint:
    def test_signs_what_the_database_leads_to(self, books: None, own_log: Path) -> None:
        kept = publish_checkpoint()
        key = service.read_key()
        head, _ = read_checkpoint((own_log / "checkpoint").read_text(), key.verifier)
        assert kept and (head.origin, head.size, head.root) == ("rennet.example/log", kept.size, bytes(kept.root))
        assert (own_log / "log.vkey").read_text() == f"{key.verifier}\n"

    def test_writes_every_leaf_and_tile(self, books: None, own_log: Path) -> None:
        more(0, 300)
        kept = publish_checkpoint()
        assert kept
        texts = [leaf.text.encode() for leaf in queries.leaves()]
        folder = LogFolder(own_log)
        found = [entry for n in (0, 1) for entry in entries_in(folder.read(Tile(-1, n, min(256, kept.size - 256 * n))))]
        assert found == texts
        assert set(files(own_log)) == {"checkpoint", "log.vkey", *(tile.path for tile in tiles_of(kept.size))}

    def test_only_adds_files_and_drops_partial_ones_that_became_full(self, books: None, own_log: Path) -> None:
        publish_checkpoint()
        for step in range(6):
            before = files(own_log)
            more(100 * step, 100)
            publish_checkpoint()
            after = files(own_log)
            for path in before.keys() - {"checkpoint"}:
                full = path.partition(".p/")[0]
                assert after.get(path) == before[path] or (path != full and full in after)
        assert not (own_log / "tile/0/000.p").exists() and (own_log / "tile/0/000").exists()

    def test_keeps_its_secret_from_others_and_out_of_the_public_folder(self, books: None, own_log: Path) -> None:
        publish_checkpoint()
        key = own_log.with_name("log.key")
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        secret = key.read_bytes().strip().split(b"+", 4)[4]  # in base64, which has the sign too
        assert not any(secret in content for content in files(own_log).values())

    def test_by_many_at_once_is_as_by_one(self, own_database: str, own_log: Path) -> None:
        declare()
        faults: list[BaseException] = []

        def publish(n: int) -> None:
            try:
                for step in range(5):
                    more(1000 * n + 10 * step, 10)
                    publish_checkpoint()
            except BaseException as error:  # noqa: BLE001  # the main thread raises it
                faults.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=publish, args=[n]) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        kept = publish_checkpoint()
        head = LogFolder(own_log).head()
        assert kept and head and head.size == kept.size == queries.log_size() and verify_log().agrees


class TestKey:
    def test_is_not_made_anew_under_a_published_log(self, books: None, own_log: Path) -> None:
        publish_checkpoint()
        own_log.with_name("log.key").unlink()
        more(0, 1)
        with pytest.raises(service.LogKeyIsMissing):
            publish_checkpoint()

    def test_is_never_made_by_itself_for_a_database_from_outside(self, books: None, settings: Any) -> None:
        settings.LOG_MAKES_ITS_KEY = False
        with pytest.raises(service.NoLogKey):
            publish_checkpoint()
        call_command("make_log_key")
        assert publish_checkpoint()
        with pytest.raises(CommandError, match="There is a key"):
            call_command("make_log_key")

    def test_that_cannot_be_read_is_told(self, books: None, own_log: Path) -> None:
        publish_checkpoint()
        own_log.with_name("log.key").write_text("PRIVATE+KEY+nonsense")
        with pytest.raises(service.BadLogKey):
            publish_checkpoint()

    def test_of_another_log_publishes_nothing(self, books: None, own_log: Path) -> None:
        publish_checkpoint()
        own_log.with_name("log.key").write_text(str(SignerKey("rennet.example/log", bytes(32))))
        with pytest.raises(service.CheckpointIsBroken):
            publish_checkpoint()


def _text(own_log: Path, database: str) -> None:
    with as_owner(database) as link:
        _switch_guards_off(link)
        link.execute("UPDATE ledger_leaf SET text = replace(text, 'm000007', 'm000008') WHERE text LIKE '%m000007%'")


def _hash(own_log: Path, database: str) -> None:
    with as_owner(database) as link:
        _switch_guards_off(link)
        link.execute("UPDATE ledger_leaf SET hash = sha256('x') WHERE text LIKE '%m000007%'")


def _text_and_hash(own_log: Path, database: str) -> None:
    _text(own_log, database)
    with as_owner(database) as link:
        link.execute("UPDATE ledger_leaf SET hash = sha256('\\x00'::bytea || convert_to(text, 'UTF8'))")


def _root(own_log: Path, database: str) -> None:
    with as_owner(database) as link:
        _switch_guards_off(link)
        link.execute("UPDATE ledger_checkpoint SET root = sha256('x')")


def _frontier(own_log: Path, database: str) -> None:
    with as_owner(database) as link:
        _switch_guards_off(link)
        link.execute("UPDATE ledger_checkpoint SET frontier = sha256('x') || substr(frontier, 33)")


def _flip(path: str) -> Callable[[Path, str], None]:
    def flip(own_log: Path, database: str) -> None:
        found = own_log / path.format(size=queries.log_size() % 256)
        content = bytearray(found.read_bytes())
        content[len(content) // 2] ^= 1
        found.write_bytes(content)

    return flip


def _tear(path: str) -> Callable[[Path, str], None]:
    def tear(own_log: Path, database: str) -> None:
        found = own_log / path.format(size=queries.log_size() % 256)
        found.write_bytes(found.read_bytes()[:100])

    return tear


class TestNothingIsSigned:
    """Where the past was changed in the database, by whoever has the owner's password, or in the files."""

    @pytest.mark.parametrize("change", [_text, _hash, _text_and_hash, _root, _frontier, _flip("checkpoint")])
    def test_over_another_past(self, own_database: str, own_log: Path, change: Callable[[Path, str], None]) -> None:
        declare()
        more(0, 20)
        publish_checkpoint()
        index = next(leaf.index for leaf in queries.leaves() if "m000007" in leaf.text)
        change(own_log, own_database)
        signed = (own_log / "checkpoint").read_text()
        more(500, 3)
        with pytest.raises(Refusal) as told:
            publish_checkpoint()
        assert (own_log / "checkpoint").read_text() == signed
        if change in (_text, _hash, _text_and_hash):
            assert told.value.facts["index"] == index

    @pytest.mark.parametrize(("change", "why"), [(_text, LeafDiffers := service.LeafDiffers), (_hash, LeafDiffers)])
    def test_over_a_leaf_that_changed_before_it_was_published(
        self, own_database: str, own_log: Path, change: Callable[[Path, str], None], why: type[Refusal]
    ) -> None:
        declare()
        more(0, 20)
        change(own_log, own_database)
        with pytest.raises(why) as told:
            publish_checkpoint()
        assert "m000007" not in queries.leaves()[told.value.facts["index"]].text or change is _hash
        assert not (own_log / "checkpoint").exists() and queries.checkpoint() is None

    def test_behind_what_was_published(self, own_database: str, own_log: Path) -> None:
        declare()
        publish_checkpoint()
        published = own_log.with_name("published")
        more(0, 5)
        publish_checkpoint()
        shutil.copytree(own_log, published)
        size = queries.log_size()
        with as_owner(own_database) as link:  # as if a backup from before the five had been restored
            _switch_guards_off(link)
            link.execute("ALTER TABLE ledger_log DISABLE TRIGGER USER")
            link.execute(f"DELETE FROM ledger_leaf WHERE index >= {size - 5}".encode())
            link.execute(f"DELETE FROM ledger_checkpoint WHERE size = {size}".encode())
            link.execute(f"UPDATE ledger_log SET size = {size - 5}".encode())
            link.execute(b"DELETE FROM ledger_owner WHERE address LIKE 'members/m%'")
        with pytest.raises(service.LogIsBehind, match="old backup"):
            publish_checkpoint()
        with pytest.raises(CommandError, match=f"leaf {size - 5} "):
            call_command("verify_log")
        more(100, 20)  # it grows beyond, with another past
        with as_owner(own_database) as link:
            link.execute(
                b"UPDATE ledger_leaf l SET index = n.i FROM (SELECT token, -1 + row_number() OVER (ORDER BY token) AS i"
                b" FROM ledger_leaf) n WHERE n.token = l.token"
            )
            link.execute(b"UPDATE ledger_log SET size = (SELECT count(*) FROM ledger_leaf)")
        with pytest.raises(service.PastDiffers) as told:
            publish_checkpoint()
        assert told.value.facts["index"] == size - 5
        assert files(own_log) == files(published)

    def test_over_a_file_with_other_bytes(self, books: None, own_log: Path) -> None:
        publish_checkpoint()
        size = queries.log_size()
        LogFolder(own_log).write(Tile(-1, 0, size + 1), b"somebody else's")
        more(0, 1)
        with pytest.raises(TileDiffers, match=f"tile/entries/000.p/{size + 1}"):
            publish_checkpoint()


class TestVerifyLog:
    """What became of the files since: each change is found, and the first leaf that is wrong is named."""

    @pytest.mark.parametrize(
        ("change", "index"),
        [(_flip("tile/entries/000"), None), (_flip("tile/entries/001.p/{size}"), None), (_flip("tile/0/000"), 128),
         (_tear("tile/0/000"), 3), (_tear("tile/entries/000"), 0), (_flip("tile/1/000.p/1"), -1),
         (_flip("checkpoint"), 0), (_flip("log.vkey"), 0)],
    )  # fmt: skip
    def test_names_the_leaf_whose_file_differs(
        self, own_database: str, own_log: Path, change: Callable[[Path, str], None], index: int | None
    ) -> None:
        declare()
        more(0, 300)
        publish_checkpoint()
        texts = [leaf.text.encode() for leaf in queries.leaves()]
        assert verify_log().agrees
        change(own_log, own_database)
        fault = verify_log().fault
        assert fault is not None
        if index is None:
            folder, kept = LogFolder(own_log), []
            for n, width in ((0, 256), (1, len(texts) - 256)):
                try:
                    for entry in entries_in(folder.read(Tile(-1, n, width))):
                        kept.append(entry)
                except ValueError:
                    break
            index = next((n for n, entry in enumerate(kept) if entry != texts[n]), len(kept))
        assert fault.index == index % len(texts)


KILLED = """
import os, signal, sys
from pathlib import Path
from django.conf import settings
from django.db import connection
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from tests.ledger.conftest import declare
from tests.ledger.test_publishing import files, more

def steps_until(last):
    # A step is a statement, a file brought to the disk, a rename: at step `last` the process is killed.
    left = [last]
    def step(*words):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    def before(do):
        def counted(*args, **named):
            step()
            return do(*args, **named)
        return counted
    os.fsync, os.replace, Path.replace, Path.mkdir = map(before, (os.fsync, os.replace, Path.replace, Path.mkdir))
    connection.execute_wrappers.append(lambda execute, *args: (step(), execute(*args))[1])

declare()
publish_checkpoint()
killed = 0
for last in range(1000):
    before = files(settings.LOG_FOLDER)
    more(100 * last, 60)
    connection.close()
    child = os.fork()
    if not child:
        steps_until(last)
        publish_checkpoint()
        os._exit(0)
    died = os.waitpid(child, 0)[1]
    found = files(settings.LOG_FOLDER)
    for path in before.keys() & found.keys() - {"checkpoint"}:
        assert before[path] == found[path], path
    verdict = verify_log()
    assert verdict.agrees or "wait for their place" in verdict.fault.why, verdict.fault
    if not died:
        break
    assert os.WTERMSIG(died) == signal.SIGKILL, died
    killed += 1
    publish_checkpoint()
    assert verify_log().agrees, verify_log().fault
assert not [p for p in files(settings.LOG_FOLDER) if p.endswith("half-written")] or killed
print(killed, verify_log().size)
"""


class TestKill:
    def test_between_any_two_steps_loses_nothing_and_publishes_no_other_past(
        self, own_database: str, own_log: Path
    ) -> None:
        within = f"import django; django.setup()\nexec({KILLED!r})"
        said = subprocess.run(
            [sys.executable, "-c", within], cwd=PROJECT, env=dict(os.environ), capture_output=True, text=True
        )
        assert said.returncode == 0, said.stderr
        killed, size = map(int, said.stdout.split())
        assert killed > 20 and size > 60 * killed


class TestFullDisk:
    def test_at_any_file_publishes_nothing_new_and_heals_by_itself(
        self, books: None, own_log: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publish_checkpoint()
        sync, met = os.fsync, 0
        for files_that_fit in range(100):
            more(1000 + 30 * files_that_fit, 30)
            left = [files_that_fit]

            def full(number: int, left: list[int] = left) -> None:
                left[0] -= 1
                if left[0] < 0:
                    raise OSError(errno.ENOSPC, "No space left on device")
                sync(number)

            monkeypatch.setattr(os, "fsync", full)
            try:
                publish_checkpoint()
            except OSError as error:
                assert error.errno == errno.ENOSPC
                met += 1
            else:
                break
            finally:
                monkeypatch.setattr(os, "fsync", sync)
            assert LogFolder(own_log).head() is not None  # still one that the log signed
            publish_checkpoint()
            assert verify_log().agrees
        assert met > 5


class TestFolder:
    def test_is_not_believed_without_its_key(self, books: None, own_log: Path) -> None:
        publish_checkpoint()
        (own_log / "log.vkey").write_text(str(SignerKey("rennet.example/log", bytes(32)).verifier))
        with pytest.raises(BadNote):
            LogFolder(own_log).head()
