"""Does the database agree with its log? Every leaf is replayed, every row and every published file compared with it."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum

from ledger import queries
from ledger.log_folder import LogFolder
from ledger.models import Account, Balance, Batch, Checkpoint, Closing, Document, Hold, Leaf, Owner, Unit
from ledger.rules.entries import PURPOSES, Address
from ledger.rules.laws import Books, bound_below
from ledger.rules.merkle import leaf_hash
from ledger.rules.notes import BadNote, Head
from ledger.rules.replay import Fault, Replay
from ledger.rules.tiles import BUNDLE, entries_in, hashes_in, tiles_of
from ledger.services.log import log_folder

ROWS = """
    SELECT l.index, l.token, l.text, l.hash, e.id::text, e.key, e.action, e.purpose, e.at, e.recorded_at, e.by,
           e.evidence, (SELECT o.id::text FROM ledger_entry o WHERE o.token = e.undoes), e.flow_count,
           (SELECT jsonb_agg(jsonb_build_array(g.address, t.address, u.code, f.quantity::text) ORDER BY f.n)
            FROM ledger_flow f JOIN ledger_account g ON g.id = f.giver_id JOIN ledger_account t ON t.id = f.taker_id
                JOIN ledger_unit u ON u.id = f.unit_id WHERE f.token = l.token)
    FROM ledger_leaf l LEFT JOIN ledger_entry e ON e.token = l.token
    WHERE l.index >= %s AND l.index < %s ORDER BY l.index
"""
# Rows that belong to no leaf: an entry without one, and a flow without its entry.
BESIDE = """
    SELECT e.token FROM ledger_entry e LEFT JOIN ledger_leaf l ON l.token = e.token WHERE l.token IS NULL
    UNION ALL
    SELECT f.token FROM ledger_flow f LEFT JOIN ledger_entry e ON e.token = f.token WHERE e.token IS NULL
    LIMIT 1
"""
CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was read (leaves, entries), the root they lead to, and the first leaf that is wrong, if any is."""

    size: int
    entries: int
    root: bytes
    fault: Fault | None

    @property
    def agrees(self) -> bool:
        return self.fault is None


def verify_log() -> Verdict:
    """Replay the whole log and compare rows, balances, checkpoints and the published files with it.

    Reads in one snapshot and changes nothing. The fault names the first leaf that differs; a fault in something that
    belongs to no single leaf (a balance, a checkpoint) names the last leaf it depends on.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return _verify()


def _verify() -> Verdict:
    replay, entries, fault = Replay(), 0, None
    roots = {size: bytes(root) for size, root in Checkpoint.objects.values_list("size", "root")}
    folder = log_folder()
    try:
        head = folder.head()
    except BadNote as error:
        return Verdict(0, 0, replay.frontier.root(), Fault(0, f"the published checkpoint cannot be believed: {error}"))
    files = _files(folder, head.size if head else 0)
    for row in _rows():
        index, token, text, kept_hash, *entry = row
        if index != replay.frontier.size:
            return Verdict(
                replay.frontier.size,
                entries,
                replay.frontier.root(),
                Fault(replay.frontier.size, "it is missing"),
            )
        body = next(replay.read([text]), None)
        fault = replay.fault or _row_fault(index, token, text, bytes(kept_hash), body or {}, entry)
        fault = fault or _file_fault(index, text, next(files, None))
        size = replay.frontier.size
        if fault is None and size in roots and roots[size] != replay.frontier.root():
            fault = Fault(index, f"the checkpoint of size {size} has another root")
        if fault is None and head and size == head.size and head.root != replay.frontier.root():
            fault = Fault(index, f"the published checkpoint of size {size} has another root")
        if fault:
            break
        entries += body is not None and body["type"] == "entry"
    fault = fault or _folder_fault(replay, folder, head) or _state_fault(replay, roots)
    return Verdict(replay.frontier.size, entries, replay.frontier.root(), fault)


def _rows() -> Iterator[tuple[Any, ...]]:
    first = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(ROWS, [first, first + CHUNK])
            rows = cursor.fetchall()
        yield from rows
        if not rows:
            return
        first += CHUNK


def _files(folder: LogFolder, size: int) -> Iterator[tuple[bytes | None, bytes | None]]:
    """What is published of each leaf: its bytes and its hash; None where the file ends before it, or is gone."""
    for tile in tiles_of(size):
        if tile.level == BUNDLE:
            entries, hashes = [], []
            with suppress(FileNotFoundError, ValueError):
                # As far as they are whole: the first leaf that is cut off is the one to name.
                for entry in entries_in(folder.read(tile)):
                    entries.append(entry)
            with suppress(FileNotFoundError):
                found = folder.read(tile._replace(level=0))
                hashes = hashes_in(found[: len(found) // 32 * 32])
            for n in range(tile.width):
                yield entries[n] if n < len(entries) else None, hashes[n] if n < len(hashes) else None


def _file_fault(index: int, text: str, published: tuple[bytes | None, bytes | None] | None) -> Fault | None:
    if published is None:
        return None  # not published yet
    entry, found = published
    if entry != text.encode():
        return Fault(index, "its published file says something else" if entry else "its published file is cut off")
    return None if found == leaf_hash(entry) else Fault(index, "its published hash is another's, or cut off")


def _folder_fault(replay: Replay, folder: LogFolder, head: Head | None) -> Fault | None:
    if head is None:
        return None
    size = replay.frontier.size
    if head.size > size:
        return Fault(size, f"it is missing: {head.size} leaves were published")
    try:
        leads_to = folder.tree(head.size).root()
    except (FileNotFoundError, ValueError) as error:
        return Fault(head.size - 1, f"a published tile cannot be read: {error}")
    return None if leads_to == head.root else Fault(head.size - 1, "the published tiles lead to another root")


def _row_fault(
    index: int,
    token: int,
    text: str,
    kept_hash: bytes,
    body: dict[str, Any],
    entry: list[Any],
) -> Fault | None:
    if leaf_hash(text.encode()) != kept_hash:
        return Fault(index, "its hash is another's")
    if body["type"] == "document":
        found = Document.objects.filter(token=token).first()
        same = found and (found.kind, found.name, found.version, found.body) == (
            body["kind"], body["id"], body["version"], body["body"],
        )  # fmt: skip
        return None if same else Fault(index, "the document's row differs from it")
    if body["type"] != "entry":
        return None
    (
        entry_id,
        key,
        action,
        purpose,
        at,
        recorded,
        by,
        evidence,
        undoes,
        flow_count,
        flows,
    ) = entry
    rows = {
        "id": entry_id,
        "key": key,
        "action": action,
        "purpose": purpose,
        "at": at,
        "recorded": recorded,
        "by": json.loads(by) if isinstance(by, str) else by,
        "evidence": evidence,
        "undoes": undoes,
        "flows": json.loads(flows) if isinstance(flows, str) else flows,
    }
    for name, value in rows.items():
        said = datetime.fromisoformat(body[name]) if name in {"at", "recorded"} else body[name]
        if value != said:
            return Fault(index, f"the row's {name} differs from it")
    return None if flow_count == len(body["flows"]) else Fault(index, "the row counts other flows")


def _state_fault(replay: Replay, roots: dict[int, bytes]) -> Fault | None:
    books, last = replay.books, replay.frontier.size - 1
    beyond = max(roots, default=0)
    if beyond > replay.frontier.size:
        return Fault(
            replay.frontier.size,
            f"it is missing: a checkpoint was kept at {beyond} leaves",
        )
    if Leaf.objects.filter(index__isnull=True).exists():
        return _unplaced_fault(last)
    with connection.cursor() as cursor:
        cursor.execute(BESIDE)
        if beside := cursor.fetchone():
            return Fault(last, f"a row of token {beside[0]} stands in the journal that no leaf leads to")
    kept = {(a, u): q for a, u, q in Balance.objects.values_list("account__address", "unit__code", "quantity") if q}
    replayed = {account: quantity for account, quantity in books.balance.items() if quantity}
    if differing := kept.items() ^ replayed.items():
        (address, unit), _ = min(differing)
        return Fault(
            last,
            f"the balance of {address} in {unit} differs from what the log leads to",
        )
    open_holds = Hold.objects.filter(resolved_at__isnull=True).values_list("account_id", "unit_id")
    held = {(a, u): q for a, u, q in Balance.objects.exclude(held=0).values_list("account_id", "unit_id", "held")}
    if held != {(a, u): q for a, u, q in open_holds.annotate(total=Sum("quantity")).order_by()}:
        return Fault(last, "what balances hold back differs from their open holds")
    closed = {(c.owner, c.unit): c.before for c in Closing.objects.all()}
    if closed != books.closings:
        return Fault(last, "the closed periods differ from what the log says")
    if dict(Owner.objects.values_list("address", "place")) != books.places:
        return Fault(last, "the declared owners or their places differ from what the log says")
    if dict(Unit.objects.exclude(family="claim").values_list("code", "exponent")) != books.exponents:
        return Fault(last, "the declared units differ from what the log says")
    if set(Account.objects.filter(is_closed=True).values_list("address", flat=True)) != books.closed_accounts:
        return Fault(last, "the closed accounts differ from what the log says")
    if queries.log_size() != replay.frontier.size:
        return Fault(last, "the log counts other leaves than there are")
    if why := _difference_of_rules(books):
        return Fault(last, why)
    return None


def _difference_of_rules(books: Books) -> str:
    """What recording goes by, where it is not what the log and the rules lead to: it would let pass what is refused."""
    if Document.objects.count() != sum(books.versions.values()):
        return "a document stands in the database that no leaf leads to"
    told = {
        d.name: (d.body["family"], d.body["exponent"], d.body["grams"]) for d in Document.objects.filter(kind="unit")
    }
    for unit in Unit.objects.all():
        money = told.get(unit.code.partition("@")[0])
        expected = ("claim", money[1], None) if money and unit.family == "claim" and "@" in unit.code else money
        if (unit.family, unit.exponent, unit.grams) != expected:
            return f"the unit {unit.code} differs from what the log says"
    for address, owner, path, word in Account.objects.values_list("address", "owner_id", "path", "word").iterator():
        parsed = Address.parse(address)
        if (owner, path, word) != (parsed.owner, parsed.path, parsed.word):
            return f"the row of the account {address} is not what its address says"
    if set(Batch.objects.filter(is_closed=True).values_list("path", flat=True)) != books.closed_batches:
        return "the lots that were drawn and the processes that ended differ from what the log leads to"
    with connection.cursor() as cursor:
        cursor.execute("SELECT word, floor, ceiling FROM ledger_purpose")
        if set(cursor.fetchall()) != {(word, purpose.floor, purpose.ceiling) for word, purpose in PURPOSES.items()}:
            return "the bounds of purposes differ from the rules"
    bounds = Balance.objects.values_list("account__address", "unit__code", "floor", "ceiling")
    for address, code, floor, ceiling in bounds.iterator():
        parsed = Address.parse(address)
        lowest = books.floors.get((address, code), bound_below(parsed, code))
        if (floor, ceiling) != (lowest, PURPOSES[parsed.word].ceiling):
            return f"the bounds of {address} in {code} differ from what the log and the rules say"
    return ""


def _unplaced_fault(last: int) -> Fault | None:
    """Leaves that wait for their place are not wrong, but the state cannot be compared before they have it."""
    return Fault(
        last + 1,
        "records wait for their place in the log; publish a checkpoint and verify again",
    )
