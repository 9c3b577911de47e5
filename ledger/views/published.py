"""What the log published: its files as they are, and pages on which anyone follows how they hold together."""

import json
import tempfile
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZIP_STORED, ZipFile

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ledger import queries
from ledger.log_folder import ASKED, CHECKPOINT, COSIGNED, KEY, WITNESSED
from ledger.models import Leaf
from ledger.permissions import may_read_books, reads_as_witness, reads_books
from ledger.rules.notes import BadNote, Head, encode
from ledger.rules.receipts import Receipt
from ledger.rules.refusal import NotFound, Refusal
from ledger.rules.tiles import BUNDLE, Tile, tiles_of
from ledger.services.log import log_folder
from ledger.views.books import NoSuchRecord

FILES = {"checkpoint": CHECKPOINT, "witnessed": WITNESSED, "asked": ASKED, "cosigned": COSIGNED, "key": KEY}
PROGRAM = Path(__file__).parents[1] / "verifier.py"
A_PAGE = 50
FOR_EVER = "max-age=31536000, immutable"


class NotPublishedYet(NotFound):
    """This is not published yet. Records are published within seconds; try again."""


class BrokenCheckpoint(Refusal):
    """The published checkpoint is not one that this log signed. Until it is put back, nothing here can be checked."""


class NoSuchFile(NotFound):
    """The log has no such file."""


@require_safe
def log_file(request: HttpRequest, name: str) -> HttpResponse:
    """The signed checkpoint, those that witnesses signed and are asked for, and the log's key: for everyone."""
    try:
        content = (log_folder().root / FILES[name]).read_bytes()
    except FileNotFoundError:
        raise NotPublishedYet() from None
    answer = HttpResponse(content, content_type="text/plain; charset=utf-8")
    answer.headers["Cache-Control"] = "max-age=2"  # the next checkpoint may be there by then
    return answer


@require_safe
def log_tile(request: HttpRequest, path: str) -> HttpResponse:
    """A tile of hashes, for everyone; a bundle of entries, for readers of the books and witnesses. Neither changes."""
    tile = Tile.parse(f"tile/{path}")
    if tile is None:
        raise NoSuchFile()
    is_bundle = tile.level == BUNDLE
    if is_bundle and not (may_read_books(request.user) or reads_as_witness(request)):
        raise PermissionDenied
    try:
        content = (log_folder().root / tile.path).read_bytes()
    except FileNotFoundError:
        raise NoSuchFile() from None
    answer = HttpResponse(content, content_type="application/octet-stream")
    whose = "private" if is_bundle and not settings.OPEN_BOOKS else "public"
    answer.headers["Cache-Control"] = f"{whose}, {FOR_EVER}"
    return answer


@reads_books
def log_copy(request: HttpRequest) -> HttpResponseBase:
    """The whole log in one file, as `export_log` writes it to a folder: whoever has it needs us no more."""
    folder = log_folder()
    # Read first: they are no longer than the checkpoint then.
    witnessed, cosigned = (folder.witnessed()[0], folder.cosigned()[0]) if head_of_log() else (None, None)
    note, head = folder.note(), head_of_log()
    if note is None or head is None:
        raise NotPublishedYet()
    packed = tempfile.TemporaryFile()  # noqa: SIM115  # the answer closes it
    with ZipFile(packed, "w", ZIP_STORED) as copy:
        copy.writestr(KEY, f"{folder.key()}\n")
        copy.writestr(CHECKPOINT, note)
        if witnessed is not None:
            copy.writestr(WITNESSED, witnessed)
        if cosigned is not None:
            copy.writestr(COSIGNED, str(cosigned))
        for tile in tiles_of(head.size):
            copy.writestr(tile.path, folder.read(tile))
    packed.seek(0)
    return FileResponse(packed, as_attachment=True, filename=f"log-{head.size}.zip")


@require_safe
def verifier(request: HttpRequest) -> HttpResponseBase:
    """The program with which anyone checks the log, as it is here: for everyone."""
    return FileResponse(PROGRAM.open("rb"), as_attachment=True, content_type="text/x-python; charset=utf-8")


def check_log(request: HttpRequest) -> HttpResponse:
    """For auditors: how to check all of it without us, what to download, and what nobody can prove."""
    folder = log_folder()
    found = {
        "here": "books",
        "head": head_of_log(),
        "note": folder.note(),
        "vkey": folder.key(),
        "quorum": queries.quorum(),
        "address": f"{settings.PUBLIC_ADDRESS}/log",
        "program": reverse("verifier"),
        "fingerprint": sha256(PROGRAM.read_bytes()).hexdigest(),
        "shows_entries": may_read_books(request.user),
    }
    return render(request, "ledger/check_log.html", found)


def checkpoint(request: HttpRequest, size: int) -> HttpResponse:
    """One checkpoint: how many records it seals, its root, and that what is published now begins with it."""
    kept, head = queries.checkpoint(size), head_of_log()
    if kept is None or head is None or size > head.size:
        raise NoSuchRecord()
    tree = log_folder().tree(head.size)
    found = {
        "here": "books",
        "checkpoint": kept,
        "root": bytes(kept.root).hex(),
        "head": head,
        "continues": tree.root(size) == bytes(kept.root),
        "proof": [found.hex() for found in tree.consistency(size)],
        "quorum": queries.quorum(size),
        "before": queries.checkpoint_beside(size, later=False),
        "after": queries.checkpoint_beside(size, later=True),
    }
    return render(request, "ledger/checkpoint.html", found)


@require_safe
def consistency(request: HttpRequest, first: int, second: int) -> HttpResponse:
    """The hashes that show the log of `first` records to be the beginning of that of `second`, one a line."""
    folder = log_folder()
    head = head_of_log()
    if head is None or not 0 < first <= second <= head.size:
        raise NotPublishedYet()
    proof = folder.tree(second).consistency(first)
    return HttpResponse("".join(f"{encode(found)}\n" for found in proof), content_type="text/plain; charset=utf-8")


@reads_books
def records(request: HttpRequest) -> HttpResponse:
    """The whole log, record by record, newest first."""
    size = queries.log_size()
    asked = request.GET.get("before", "")
    last = min(int(asked), size) if asked.isascii() and asked.isdigit() and len(asked) < 19 else size
    first = max(last - A_PAGE, 0)
    rows = [row_of(leaf) for leaf in reversed(queries.leaves(first=first, last=last))]
    found = {"here": "books", "rows": rows, "size": size, "older": first, "newer": min(last + A_PAGE, size),
             "is_newest": last == size}  # fmt: skip
    return render(request, "ledger/records.html", found)


@reads_books
def record(request: HttpRequest, index: int) -> HttpResponse:
    """One record as it was written down, the hash that stands for it, and its receipt."""
    leaf = _leaf(index)
    head = head_of_log()
    found = {
        "here": "books",
        "row": row_of(leaf),
        "text": leaf.text,
        "hash": bytes(leaf.hash).hex(),
        "index": index,
        "head": head,
        "is_published": head is not None and index < head.size,
        "next": index + 1 if index + 1 < queries.log_size() else None,
    }
    return render(request, "ledger/record.html", found)


@reads_books
def printed_receipt(request: HttpRequest, index: int) -> HttpResponse:
    """The receipt to print and put away, with a QR code that leads back to its record."""
    leaf = _leaf(index)
    found = {
        "here": "books",
        "row": row_of(leaf),
        "index": index,
        "hash": bytes(leaf.hash).hex(),
        "receipt": receipt_of(index),
        "address": settings.PUBLIC_ADDRESS + reverse("record", args=[index]),
        "head": head_of_log(),
    }
    return render(request, "ledger/receipt.html", found)


@reads_books
def receipt(request: HttpRequest, index: int) -> HttpResponse:
    """The receipt of a record, to be kept: with it anyone can show that the record is in the signed log."""
    answer = HttpResponse(str(receipt_of(index)), content_type="text/plain; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="record-{index}.tlog-proof"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def receipt_of(index: int) -> Receipt:
    """The receipt of the record at that place; raises NotPublishedYet."""
    found = log_folder().receipt(index) if head_of_log() else None
    if found is None:
        raise NotPublishedYet()
    return found


def proofs_of(places: Sequence[int]) -> tuple[str, dict[int, list[bytes]]]:
    """The published checkpoint, and the hashes from each of these records to its root; raises NotPublishedYet."""
    folder = log_folder()
    note, head = folder.note(), head_of_log()
    if note is None or head is None or any(place >= head.size for place in places):
        raise NotPublishedYet()
    tree = folder.tree(head.size)
    return note, {place: tree.inclusion(place) for place in places}


def head_of_log() -> Head | None:
    """What is published, once its signature holds; None before the first checkpoint."""
    try:
        return log_folder().head()
    except BadNote:
        raise BrokenCheckpoint() from None


def row_of(leaf: Leaf) -> dict[str, Any]:
    """What a list says of a record: its place, kind, subject, time and, for an entry, its page."""
    said = json.loads(leaf.text)
    about = {"owner": "owner", "account": "address", "document": "id"}.get(said["type"])
    return {
        "index": leaf.index,
        "kind": said["type"],
        "about": [said[about]] if about else said["flows"][0][:2],
        "at": datetime.fromisoformat(said["at"]),
        "purpose": said.get("purpose", ""),
        "document": said.get("kind", ""),
        "entry": UUID(said["id"]) if said["type"] == "entry" else None,
    }


def _leaf(index: int) -> Leaf:
    found = queries.leaves(first=index, last=index + 1)
    if not found:
        raise NoSuchRecord()
    return found[0]
