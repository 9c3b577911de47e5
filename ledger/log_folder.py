"""The published log: a folder of files that only grows, to be served as it is or copied anywhere.

A file is written beside, brought to the disk and renamed, so none is ever half there; and none is written twice with
other bytes. Only the checkpoint is replaced, by a larger one.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from ledger.rules.notes import Head, Note, VerifierKey, read_checkpoint
from ledger.rules.receipts import Receipt
from ledger.rules.refusal import Refusal
from ledger.rules.tiles import BUNDLE, WIDTH, Tile, Tree, bundle, entries_in, tiles_of

CHECKPOINT, WITNESSED, ASKED, COSIGNED, KEY = "checkpoint", "witnessed", "asked", "cosigned", "log.vkey"


class TileDiffers(Refusal):
    """The file {path} of the log has other bytes than the database leads to. Nothing is published over it."""


class LogFolder:
    """The log's files under one folder, by the paths of tlog-tiles."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._unsettled: set[Path] = set()  # folders whose new names are not on the disk yet

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One process writes at a time; the kernel lets go when it dies."""
        self.root.parent.mkdir(parents=True, exist_ok=True)
        with open(self.root.with_name(f"{self.root.name}.lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def note(self) -> str | None:
        """The checkpoint as it is published, a signed note; None before the first."""
        try:
            return (self.root / CHECKPOINT).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def key(self) -> VerifierKey | None:
        """The log's public key, as it is published beside the log."""
        try:
            return VerifierKey.parse((self.root / KEY).read_text(encoding="utf-8").strip())
        except FileNotFoundError:
            return None

    def head(self) -> Head | None:
        """What the published checkpoint says, once its signature holds; None before the first. Raises BadNote."""
        note, key = self.note(), self.key()
        return read_checkpoint(note, key)[0] if note is not None and key is not None else None

    def witnessed(self) -> tuple[str, Head] | tuple[None, None]:
        """The newest checkpoint that a quorum of witnesses signed, and what it says. Raises BadNote."""
        key = self.key()
        try:
            note = (self.root / WITNESSED).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None, None
        return (note, read_checkpoint(note, key)[0]) if key is not None else (None, None)

    def read(self, tile: Tile) -> bytes:
        """A tile's or bundle's bytes. A partial one that is gone is read from the full one that took its place."""
        try:
            return (self.root / tile.path).read_bytes()
        except FileNotFoundError:
            if tile.width == WIDTH:
                raise
            whole = (self.root / tile.full.path).read_bytes()
            return bundle(islice(entries_in(whole), tile.width)) if tile.level == BUNDLE else whole[: 32 * tile.width]

    def tree(self, size: int) -> Tree:
        return Tree(size, self.read)

    def receipt(self, index: int) -> Receipt | None:
        """The receipt of the record at `index`; None while no published checkpoint covers it."""
        note, head = self.note(), self.head()
        if note is None or head is None or index >= head.size:
            return None
        return Receipt(index, tuple(self.tree(head.size).inclusion(index)), note)

    def write(self, tile: Tile, content: bytes) -> None:
        """Add a file; one that is there already must have the same bytes. Its name is on the disk before the next
        checkpoint is: one look at each folder, not one at each file."""
        path = self.root / tile.path
        if not path.exists():
            write_whole(path, content)
        elif path.read_bytes() != content:
            raise TileDiffers(path=tile.path)
        self._unsettled.add(path.parent)

    def copy_to(self, other: "LogFolder") -> Head | None:
        """Copy what is published, the checkpoint last; a copy that is there already grows. None before the first."""
        # Read first: they are no longer than the checkpoint then.
        (witnessed, _), (cosigned, _) = self.witnessed(), self.cosigned()
        note, key, head = self.note(), self.key(), self.head()
        if note is None or key is None or head is None:
            return None
        for tile in tiles_of(head.size):
            other.write(tile, self.read(tile))
        if witnessed is not None:
            other.publish_witnessed(Note.parse(witnessed))
        if cosigned is not None:
            other.publish_cosigned(cosigned)
        other.publish(Note.parse(note), key)
        return head

    def publish(self, note: Note, key: VerifierKey) -> None:
        """Put this checkpoint in the place of the last, once all that it covers is on the disk."""
        for folder in self._unsettled:
            _sync_folder(folder)
        self._unsettled.clear()
        write_durably(self.root / KEY, f"{key}\n".encode())
        write_durably(self.root / CHECKPOINT, str(note).encode())

    def publish_witnessed(self, note: Note) -> None:
        """Put this checkpoint, which a quorum of witnesses signed, in the place of the last such."""
        write_durably(self.root / WITNESSED, str(note).encode())

    def publish_cosigned(self, note: Note) -> None:
        """Put this checkpoint, with the lines of witnesses of the wider world, in the place of the last such."""
        write_durably(self.root / COSIGNED, str(note).encode())

    def cosigned(self) -> tuple[Note, Head] | tuple[None, None]:
        """The newest checkpoint that witnesses of the wider world signed, and what it says. Raises BadNote."""
        key = self.key()
        try:
            note = (self.root / COSIGNED).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None, None
        if key is None:
            return None, None
        head, read = read_checkpoint(note, key)
        return read, head

    def asked(self) -> tuple[Head, float] | tuple[None, float]:
        """The checkpoint that witnesses are asked to sign, and since when (seconds since 1970). Raises BadNote."""
        key, path = self.key(), self.root / ASKED
        try:
            note, since = path.read_text(encoding="utf-8"), path.stat().st_mtime
        except FileNotFoundError:
            return None, 0.0
        return (read_checkpoint(note, key)[0], since) if key is not None else (None, 0.0)

    def ask(self, note: Note) -> None:
        """Ask witnesses to sign this checkpoint from now on."""
        write_durably(self.root / ASKED, str(note).encode())

    def drop_partials(self, published: int, size: int) -> None:
        """Remove the partial files of the tree of `published` leaves whose full file is there now."""
        for tile in tiles_of(published):
            if tile.width < WIDTH and tile.n < size >> 8 * max(tile.level + 1, 1):
                shutil.rmtree(self.root / f"{tile.full.path}.p", ignore_errors=True)


def write_durably(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file whole, and bring its name to the disk too."""
    write_whole(path, content, mode)
    _sync_folder(path.parent)


def write_whole(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write beside, bring it to the disk, and rename: whoever looks finds all of it or nothing."""
    _make_folder(path.parent)
    half_written = path.with_name(f".{path.name}.{os.getpid()}.half-written")
    half_written.unlink(missing_ok=True)
    with open(os.open(half_written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half_written.replace(path)


def _make_folder(folder: Path) -> None:
    missing = [found for found in (folder, *folder.parents) if not found.exists()]
    for found in reversed(missing):
        found.mkdir(exist_ok=True)
        _sync_folder(found.parent)


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
