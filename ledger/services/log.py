"""The log: sequence, integrate, recompute, sign, publish. A crash between any two of them loses and doubles nothing."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from ledger import queries
from ledger.log_folder import LogFolder, write_durably
from ledger.models import Checkpoint, Leaf
from ledger.rules import tiles
from ledger.rules.merkle import EMPTY_ROOT, Frontier, leaf_hash
from ledger.rules.notes import BadNote, Head, Note, SignerKey, is_key_name, read_checkpoint
from ledger.rules.refusal import Refusal
from ledger.rules.tiles import BUNDLE, WIDTH, Tile


class LogKeyIsMissing(Refusal):
    """The log's secret key is not at {path}: put it back from a backup. A log has one key for ever."""


class NoLogKey(Refusal):
    """This log has no key yet. Set LOG_KEY and run manage.py make_log_key once, on the machine that publishes."""


class BadLogKey(Refusal):
    """The log's secret key at {path} cannot be read: {why}."""


class LogKeyExists(Refusal):
    """There is a key at {path} already."""


class CheckpointIsBroken(Refusal):
    """The published checkpoint at {path} is not what this log signed ({why}). Put it back from a copy."""


class LogIsBehind(Refusal):
    """The log is published with {published} records, but the database has only {size}: an old backup was restored."""


class PastDiffers(Refusal):
    """Record {index} is not the one that was published, so nothing more is signed."""


class LeafIsMissing(Refusal):
    """Record {index} is not in the database any more, so nothing is written over what is published."""


class LeafDiffers(Refusal):
    """Record {index} is not what its hash says, so it is not signed."""


class RootsDiffer(Refusal):
    """Two ways of working out the root of {size} records give different ones, so it is not signed."""


def log_folder() -> LogFolder:
    """Where this log is published."""
    return LogFolder(settings.LOG_FOLDER)


def publish_checkpoint() -> Checkpoint | None:
    """Sequence what was committed since, write it out, sign the tree and publish it; None while there is nothing.

    Safe to run at any time, by several at once and after a crash: files are derived from committed rows alone, the
    checkpoint is replaced last, and a lock on the folder lets one do it at a time. Raises a Refusal, and signs
    nothing, where database, files and the published checkpoint do not agree.
    """
    folder = log_folder()
    with folder.alone():
        before = _published(folder)
        _refuse_another_past(folder, before)
        size = _sequence()
        if size == before.size:
            return queries.checkpoint(size)
        key = read_key(is_first=before.size == 0)
        _integrate(folder, before.size, size)
        frontier = _grow(size)
        _recompute(folder, before, size, frontier.root())
        _keep(frontier)
        text = Head(key.name, size, frontier.root()).text
        folder.publish(Note(text, (key.sign(text),)), key.verifier)
        return queries.checkpoint(size)


def make_key() -> SignerKey:
    """Make the log's key, once, readable by its owner alone. Raises LogKeyExists."""
    if not is_key_name(settings.LOG_ORIGIN):
        raise BadLogKey(path=settings.LOG_KEY, why="LOG_ORIGIN has a space or a plus in it")
    key, path = SignerKey(settings.LOG_ORIGIN, os.urandom(32)), Path(settings.LOG_KEY)
    made = path.with_name(f"{path.name}.{os.getpid()}.new")
    write_durably(made, f"{key}\n".encode(), mode=0o600)
    try:
        path.hardlink_to(made)
    except FileExistsError:
        raise LogKeyExists(path=path) from None
    finally:
        made.unlink()
    return key


def read_key(*, is_first: bool = False) -> SignerKey:
    """The log's key; an embedded log makes its own before it publishes for the first time."""
    path = Path(settings.LOG_KEY)
    try:
        return SignerKey.parse(path.read_text().strip())
    except FileNotFoundError:
        if not is_first:
            raise LogKeyIsMissing(path=path) from None
        if not settings.LOG_MAKES_ITS_KEY:
            raise NoLogKey() from None
        return make_key()
    except BadNote as error:
        raise BadLogKey(path=path, why=error) from None


def _published(folder: LogFolder) -> Head:
    """The head that was published last, as the folder keeps it beside the database; of size 0 before the first."""
    note = folder.note()
    if note is None:
        return Head(settings.LOG_ORIGIN, 0, EMPTY_ROOT)
    try:
        return read_checkpoint(note, read_key().verifier)[0]
    except BadNote as error:
        raise CheckpointIsBroken(path=folder.root / "checkpoint", why=error) from None


def _refuse_another_past(folder: LogFolder, before: Head) -> None:
    """The database must lead to what was published: no shorter, and with the same root at that size."""
    size = queries.log_size()
    if size < before.size:
        raise LogIsBehind(published=before.size, size=size)
    kept = queries.checkpoint(before.size)
    root = bytes(kept.root) if kept else Frontier().append(_hashes(0, before.size)).root()
    if root != before.root:
        raise PastDiffers(index=_first_difference(folder, before.size))


def _first_difference(folder: LogFolder, size: int) -> int:
    """The first leaf whose hash in the database is not the published one; the last of all where it is not a leaf."""
    tree = folder.tree(size)
    for index, found in enumerate(_hashes(0, size)):
        if tree.leaf(index) != found:
            return index
    return size - 1


def _hashes(first: int, size: int) -> Iterator[bytes]:
    rows = Leaf.objects.filter(index__gte=first, index__lt=size).order_by("index").values_list("hash", flat=True)
    return (bytes(found) for found in rows.iterator(chunk_size=10_000))


def _sequence() -> int:
    """Give every committed leaf its place. It is durable before anything is derived from it: no outer transaction."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT ledger_sequence()")
        (size,) = cursor.fetchone()
    return int(size)


def _integrate(folder: LogFolder, before: int, size: int) -> None:
    """Write the bundles and tiles that the tree of `size` has and that of `before` had not, lowest level first."""
    for tile in tiles.tiles_of(size, beyond=before):
        if tile.level == BUNDLE:
            first = tile.n * WIDTH
            rows = Leaf.objects.filter(index__gte=first, index__lt=first + tile.width).order_by("index")
            leaves = list(rows.values_list("index", "text", "hash"))
            if len(leaves) < tile.width:
                there = {index for index, _, _ in leaves}
                raise LeafIsMissing(index=next(n for n in range(first, first + tile.width) if n not in there))
            folder.write(tile, tiles.bundle(text.encode() for _, text, _ in leaves))
            folder.write(tile._replace(level=0), b"".join(bytes(found) for _, _, found in leaves))
        elif tile.level > 0:
            below = (Tile(tile.level - 1, tile.n * WIDTH + i) for i in range(tile.width))
            folder.write(tile, b"".join(tiles.fold(tiles.hashes_in(folder.read(full))) for full in below))
    folder.drop_partials(before, size)


def _grow(size: int) -> Frontier:
    """The frontier at `size`, grown from the last one that was kept: the first way to the root."""
    last = queries.checkpoint()
    frontier = Frontier.unpack(last.size, bytes(last.frontier)) if last else Frontier()
    return frontier.append(_hashes(frontier.size, size))


def _recompute(folder: LogFolder, before: Head, size: int, root: bytes) -> None:
    """The second way, from the bytes on the disk: each new leaf's hash, the published root again, and the new root."""
    for tile in tiles.tiles_of(size, beyond=before.size):
        if tile.level == BUNDLE:
            hashes = tiles.hashes_in(folder.read(tile._replace(level=0)))
            for offset, entry in enumerate(tiles.entries_in(folder.read(tile))):
                if leaf_hash(entry) != hashes[offset]:
                    raise LeafDiffers(index=tile.n * WIDTH + offset)
    tree = folder.tree(size)
    if tree.root(before.size) != before.root:
        raise PastDiffers(index=_first_difference(folder, before.size))
    if tree.root() != root:
        raise RootsDiffer(size=size)


def _keep(frontier: Frontier) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT ledger_keep_checkpoint(%s, %s, %s)", [frontier.size, frontier.root(), frontier.pack()])


class Nudge:
    """Asks the worker to publish, once what is being written is committed; the clock comes anyway.

    A process asks at once, and once more at the end of a short pause for all that it wrote in the pause: an import of
    a hundred thousand entries is no hundred thousand messages.
    """

    PAUSE = 0.5  # seconds

    def __init__(self) -> None:
        self._quiet_until = 0.0

    def __call__(self) -> None:
        transaction.on_commit(self._ask, robust=True)

    def _ask(self) -> None:
        now = time.monotonic()
        if now < self._quiet_until - self.PAUSE:
            return
        wait = max(self._quiet_until - now, 0.0)
        self._quiet_until = now + wait + self.PAUSE
        with suppress(OperationalError, OSError):  # a broker that is away costs two seconds, not the entry
            current_app.send_task("ledger.tasks.publish_checkpoint", countdown=wait or None, retry=False)


nudge = Nudge()
