"""Give me: balances, entries and statements of the journal, and the state of its log. Reads only."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from ledger.models import (
    Balance,
    Batch,
    Checkpoint,
    Cosignature,
    Document,
    Entry,
    Hold,
    Leaf,
    Log,
    Owner,
    Quorum,
    Unit,
)
from ledger.rules import entries, readings, records
from ledger.rules.entries import Recorded
from ledger.rules.merkle import EMPTY_ROOT, leaf_hash
from ledger.rules.notes import encode
from ledger.rules.witnesses.rosters import KIND, NAME, Roster, read_roster
from ledger.rules.witnesses.succession import HAND_OVER

# A unit never changes its family, so what was once read is true for ever: it spares each recording a query.
_families: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Holding:
    """What one account holds of one unit, in the unit's smallest part."""

    address: str
    unit: str
    quantity: int


@dataclass(frozen=True, slots=True)
class WitnessSeen:
    """A witness, and the newest checkpoint that it signed: its size, and when the signature came; None: never."""

    owner: str
    size: int | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Sealed:
    """The entries that a page was drawn from, for the reader's browser to find in the signed log."""

    rows: list[tuple[int, str]]  # the newest first: place in the log, and the hash (base64) of the very text drawn from
    count: int  # how many entries there are
    waiting: int  # how many are so new that no checkpoint covers them

    @property
    def is_all(self) -> bool:
        """Whether each that can be looked up is among the rows."""
        return len(self.rows) + self.waiting == self.count

    @property
    def listed(self) -> str:
        """The rows as a page carries them."""
        return " ".join(f"{index}:{said}" for index, said in self.rows)


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One entry as one account saw it: the change, the balance after it, and who was on the other side."""

    entry: Recorded
    others: tuple[str, ...]
    change: int
    balance: int


@dataclass(frozen=True, slots=True)
class Statement:
    """What happened to one account in one unit."""

    unit: Unit
    lines: list[StatementLine]

    @property
    def balance(self) -> int:
        return self.lines[-1].balance if self.lines else 0


def money_among(units: Iterable[str]) -> frozenset[str]:
    """Those of `units` (claims count by their money) that are declared as money."""
    codes = {unit.partition("@")[0] for unit in units}
    if unread := codes - _families.keys():
        _families.update(Unit.objects.filter(code__in=unread).values_list("code", "family"))
    return frozenset(code for code in codes if _families.get(code) == "money")


def unit(code: str) -> Unit | None:
    """The unit of that code: its family, exponent and mass."""
    return Unit.objects.filter(code=code).first()


def units(codes: Iterable[str] | None = None) -> dict[str, Unit]:
    """Units by code; all that are declared where no codes are given."""
    found = Unit.objects.all() if codes is None else Unit.objects.filter(code__in=list(codes))
    return {u.code: u for u in found}


def balance_of(address: str, unit: str) -> int:
    """What the account holds, in the unit's smallest part; 0 where it never held any."""
    return (
        Balance.objects.filter(account__address=address, unit__code=unit).values_list("quantity", flat=True).first()
        or 0
    )


def room_of(address: str, unit: str) -> int | None:
    """How much may still leave the account before its floor refuses; None where it has no floor."""
    found = Balance.objects.filter(account__address=address, unit__code=unit).values_list("quantity", "floor").first()
    if found is None:
        floor = entries.floor_of(entries.Address.parse(address))
        return None if floor is None else -floor
    return None if found[1] is None else found[0] - found[1]


def balances(
    *,
    owner: str | None = None,
    prefix: str | None = None,
    unit: str | None = None,
    addresses: Iterable[str] | None = None,
    words: Iterable[str] | None = None,
    keeper: str | None = None,
) -> list[Holding]:
    """What accounts hold, ordered by address and unit; accounts at zero are left out."""
    found = Balance.objects.exclude(quantity=0)
    if owner is not None:
        found = found.filter(account__owner=owner)
    if prefix is not None:
        found = found.filter(account__address__startswith=prefix)
    if unit is not None:
        found = found.filter(unit__code=unit)
    if addresses is not None:
        found = found.filter(account__address__in=list(addresses))
    if words is not None:
        found = found.filter(account__word__in=list(words))
    if keeper is not None:
        found = found.filter(account__address__endswith=f"@{keeper}")
    rows = found.order_by("account__address", "unit__code").values_list("account__address", "unit__code", "quantity")
    return [Holding(*row) for row in rows]


def held(addresses: Iterable[str]) -> dict[tuple[str, str], int]:
    """{(address, unit): quantity} of the open holds on these accounts."""
    found = Balance.objects.filter(account__address__in=list(addresses)).exclude(held=0)
    return {(address, unit): n for address, unit, n in found.values_list("account__address", "unit__code", "held")}


def ended_holds(at: datetime) -> list[str]:
    """The keys of open holds whose time was over at `at`, the first to end first."""
    found = Hold.objects.filter(resolved_at__isnull=True, ends_at__lte=at)
    return list(found.order_by("ends_at", "key").values_list("key", flat=True))


def entry(entry_id: UUID) -> Recorded | None:
    """The entry of that id."""
    found = Entry.objects.select_related("leaf").filter(id=entry_id).first()
    return records.read_entry(found.leaf.text, found.leaf.token) if found else None


def entries_by_key(keys: Iterable[str]) -> dict[str, Recorded]:
    """Entries by their idempotency keys; keys that were never recorded are missing."""
    found = Entry.objects.filter(key__in=list(keys)).values_list("leaf__text", "leaf_id")
    return {e.key: e for e in (records.read_entry(text, token) for text, token in found)}


def entries_by_prefix(prefix: str) -> list[Recorded]:
    """Entries whose idempotency key is this, or goes on from it by a slash; in order of recording."""
    return _read(Entry.objects.filter(Q(key=prefix) | Q(key__startswith=f"{prefix.rstrip('/')}/")))


_TOUCHING = """
    touched(token) AS (
        SELECT token FROM ledger_flow WHERE giver_id IN (SELECT id FROM account)
        UNION
        SELECT token FROM ledger_flow WHERE taker_id IN (SELECT id FROM account)
    ),
    found(token) AS (
        SELECT token FROM touched
        UNION
        SELECT token FROM ledger_entry WHERE undoes IN (SELECT token FROM touched)
    )
    SELECT leaf.text, leaf.token
    FROM found JOIN ledger_leaf leaf USING (token) JOIN ledger_entry entry USING (token)
    WHERE %s::text[] IS NULL OR entry.purpose = ANY(%s)
    ORDER BY token
"""

_BEHIND = """
    WITH RECURSIVE behind(path) AS (
        SELECT unnest(%s::text[])
        UNION
        SELECT giver.path
        FROM behind
        JOIN ledger_account taker ON taker.path = behind.path
        JOIN ledger_flow flow ON flow.taker_id = taker.id
        JOIN ledger_account giver ON giver.id = flow.giver_id AND giver.word IN ('lots', 'processes')
    ),
    account(id) AS (
        SELECT id FROM ledger_account JOIN behind USING (path)
        UNION
        SELECT id FROM ledger_account JOIN behind ON ledger_account.path = replace(behind.path, '/lots/', '/earned/')
        WHERE %s
    ),
"""


def entries_behind(paths: Iterable[str], *, with_earnings: bool = False) -> list[Recorded]:
    """Whole entries that touch these lots and processes (by path) or any that they came from, however far back, in
    order of recording; with their earnings on request. With the entries that undo them, in one query."""
    return _read_sql(_BEHIND + _TOUCHING, [list(paths), with_earnings, None, None])


_AHEAD = """
    WITH RECURSIVE ahead(path) AS (
        SELECT unnest(%s::text[])
        UNION
        SELECT taker.path
        FROM ahead
        JOIN ledger_account giver ON giver.path = ahead.path
        JOIN ledger_flow flow ON flow.giver_id = giver.id
        JOIN ledger_account taker ON taker.id = flow.taker_id AND taker.word IN ('lots', 'processes')
    ),
    account(id) AS (SELECT id FROM ledger_account JOIN ahead USING (path)),
"""


def entries_ahead(paths: Iterable[str]) -> list[Recorded]:
    """Whole entries that touch these lots and processes (by path) or any that they went into, however far on, in order
    of recording, with the entries that undo them, in one query."""
    return _read_sql(_AHEAD + _TOUCHING, [list(paths), None, None])


def entries_touching(
    addresses: Iterable[str] = (),
    *,
    paths: Iterable[str] = (),
    owners: Iterable[str] = (),
    prefixes: Iterable[str] = (),
    purposes: Iterable[str] | None = None,
) -> list[Recorded]:
    """Whole entries that touch any of these accounts, in order of recording, with the entries that undo them, in one
    query."""
    among = {"address": list(addresses), "path": list(paths), "owner_id": list(owners)}
    wanted: list[tuple[str, Any]] = [(f"{column} = ANY(%s)", values) for column, values in among.items() if values]
    wanted += [("address LIKE %s", f"{connection.ops.prep_for_like_query(prefix)}%") for prefix in prefixes]
    if not wanted:
        return []
    clauses, values = zip(*wanted, strict=True)
    accounts = f"WITH account(id) AS (SELECT id FROM ledger_account WHERE {' OR '.join(clauses)}),"
    purpose = None if purposes is None else list(purposes)
    return _read_sql(accounts + _TOUCHING, [*values, purpose, purpose])


def _read_sql(sql: str, values: list[Any]) -> list[Recorded]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [records.read_entry(text, token) for text, token in cursor.fetchall()]


def all_entries(*, since: int = 0) -> list[Recorded]:
    """Every entry after token `since`, in order of recording."""
    return _read(Entry.objects.filter(leaf_id__gt=since))


def each_entry() -> Iterator[Recorded]:
    """Every entry in order of recording, a few at a time: for what reads the whole journal."""
    rows = Entry.objects.order_by("leaf_id").values_list("leaf__text", "leaf_id")
    return (records.read_entry(text, token) for text, token in rows.iterator(chunk_size=2_000))


def exponents() -> dict[str, int]:
    """How many decimals each unit has, claims too."""
    return dict(Unit.objects.values_list("code", "exponent"))


def latest_entries(count: int, *, before: int | None = None) -> list[Recorded]:
    """The last `count` entries (before token `before`), newest first."""
    found = Entry.objects.all() if before is None else Entry.objects.filter(leaf_id__lt=before)
    rows = found.order_by("-leaf_id").values_list("leaf__text", "leaf_id")[:count]
    return [records.read_entry(text, token) for text, token in rows]


def _read(found: QuerySet[Entry]) -> list[Recorded]:
    rows = found.order_by("leaf_id").values_list("leaf__text", "leaf_id")
    return [records.read_entry(text, token) for text, token in rows]


def undone_by(entry_id: UUID) -> list[Recorded]:
    """The entries that undo this one, in whole or in part, in order of recording."""
    token = Entry.objects.filter(id=entry_id).values_list("leaf_id", flat=True).first()
    return _read(Entry.objects.filter(undoes_id=token)) if token else []


def left_to_undo(origin: Recorded) -> list[entries.Flow]:
    """What of an entry is not undone yet, turned round: the flows that would undo all of it."""
    left = readings.net_flows([origin, *undone_by(origin.id)])
    return [entries.Flow(f.taker, f.giver, f.unit, f.quantity) for f in left if f.token == origin.token]


def statement_of(address: str, unit: str) -> list[StatementLine]:
    """Every entry that changed the account in that unit, in order of recording, with the balance after each."""
    return _lines(entries_touching([address]), address, unit)


def statements_of(address: str) -> list[Statement]:
    """The statement of an account in each unit it ever held, ordered by unit."""
    found = entries_touching([address])
    codes = sorted({flow.unit for e in found for flow in e.flows if address in flow[:2]})
    declared = units(codes)
    return [Statement(declared[code], _lines(found, address, code)) for code in codes]


def _lines(found: list[Recorded], address: str, unit: str) -> list[StatementLine]:
    balance, lines = 0, []
    for e in found:
        mine = [f for f in e.flows if f.unit == unit and address in f[:2]]
        if mine:
            change = sum(f.quantity if f.taker == address else -f.quantity for f in mine)
            others = tuple(dict.fromkeys(f.giver if f.taker == address else f.taker for f in mine))
            balance += change
            lines.append(StatementLine(e, others, change, balance))
    return lines


def place_in_log(token: int) -> Leaf:
    """The leaf of that token: its bytes, and its index once it has its place in the tree."""
    return Leaf.objects.get(token=token)


MOST_SEALED = 200  # entries that a page lets a browser look up: on a phone that takes less than a second


def sealed(tokens: Iterable[int]) -> Sealed:
    """The entries of these tokens as a page hands them to the reader's browser; of very many, the newest."""
    every = sorted(set(tokens), reverse=True)
    newest = every[:MOST_SEALED]
    published = Checkpoint.objects.order_by("-size").values("size")[:1]
    found = Leaf.objects.filter(token__in=newest, index__lt=published).order_by("-token")
    listed = found.values_list("index", "text")
    rows = [(index, encode(leaf_hash(text.encode()))) for index, text in listed if index is not None]
    return Sealed(rows, len(every), len(newest) - len(rows))


def is_owner_declared(owner: str) -> bool:
    """Whether a record declares the owner."""
    return Owner.objects.filter(address=owner).exists()


def places_of(owners: Iterable[str]) -> dict[str, str | None]:
    """The place of each declared owner; None where it is unknown."""
    return dict(Owner.objects.filter(address__in=list(owners)).values_list("address", "place"))


def document(kind: str, name: str, version: int | None = None) -> Document | None:
    """A document's version; the last one where none is named."""
    found = Document.objects.filter(kind=kind, name=name)
    return (found.filter(version=version) if version else found).order_by("-version").first()


def documents(kind: str) -> list[Document]:
    """The last version of every document of a kind, by name."""
    return list(Document.objects.filter(kind=kind).order_by("name", "-version").distinct("name"))


def is_batch_closed(paths: Sequence[str]) -> dict[str, bool]:
    """Whether each lot was drawn from, or each process has produced; paths never used are missing."""
    return dict(Batch.objects.filter(path__in=list(paths)).values_list("path", "is_closed"))


def log_size() -> int:
    """How many leaves have their place in the tree."""
    return Log.objects.values_list("size", flat=True).get()


def journal_state() -> tuple[int, tuple[int, ...]]:
    """A name of what stands in the journal now: leaves with a place in the tree, and the tokens of those without yet.

    Nothing is ever changed or taken away, so equal names of one database mean equal entries."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT size, ARRAY(SELECT token FROM ledger_leaf WHERE index IS NULL ORDER BY 1) FROM ledger_log"
        )
        size, tokens = cursor.fetchone()
    return int(size), tuple(tokens)


def checkpoint(size: int | None = None) -> Checkpoint | None:
    """The checkpoint at a size; the last one where none is given."""
    found = Checkpoint.objects.order_by("-size")
    return (found.filter(size=size) if size is not None else found).first()


def checkpoint_beside(size: int, *, later: bool) -> Checkpoint | None:
    """The checkpoint after, or before, that of a size."""
    found = Checkpoint.objects.filter(size__gt=size) if later else Checkpoint.objects.filter(size__lt=size)
    return found.order_by("size" if later else "-size").first()


def log_root() -> bytes:
    """The root of the last checkpoint: what a member compares."""
    last = checkpoint()
    return bytes(last.root) if last else EMPTY_ROOT


def leaves(*, first: int = 0, last: int | None = None) -> list[Leaf]:
    """The leaves with an index from `first` up to, not including, `last`, in order."""
    found = Leaf.objects.filter(index__gte=first)
    return list((found if last is None else found.filter(index__lt=last)).order_by("index"))


def roster_document(size: int | None = None) -> Document | None:
    """The roster that counts for a checkpoint of `size` leaves, for the newest of all where no size is given: the last
    one to which a quorum handed over, and before that the first."""
    handed_over = _last_document(HAND_OVER, size)
    version = handed_over.body["roster"] if handed_over else 1
    return _among(Document.objects.filter(kind=KIND, name=NAME, version=version), size).first()


def newest_roster_document(size: int | None = None) -> Document | None:
    """The last roster among the first `size` leaves, though it may wait for a quorum of the one before."""
    return _last_document(KIND, size)


def hand_overs(size: int) -> list[tuple[Document, Document, Document]]:
    """Each hand-over among the first `size` leaves in order: the roster before, the document, the roster after."""
    rosters = {document.version: document for document in Document.objects.filter(kind=KIND, name=NAME)}
    found, before = [], 1
    for document in _among(Document.objects.filter(kind=HAND_OVER, name=NAME), size).order_by("version"):
        found.append((rosters[before], document, rosters[document.body["roster"]]))
        before = document.body["roster"]
    return found


def _last_document(kind: str, size: int | None) -> Document | None:
    return _among(Document.objects.filter(kind=kind, name=NAME), size).order_by("-version").first()


def _among(found: QuerySet[Document], size: int | None) -> QuerySet[Document]:
    return (found if size is None else found.filter(token__index__lt=size)).select_related("token")


def roster(size: int | None = None) -> Roster | None:
    """Who may witness a checkpoint of `size` leaves; None while nobody was enrolled."""
    found = roster_document(size)
    return read_roster(found.token.text) if found else None


def signatures_under(size: int) -> dict[str, bytes]:
    """The witnesses' own signatures under a checkpoint, by witness."""
    rows = Cosignature.objects.filter(checkpoint_id=size).values_list("witness", "signature")
    return {witness: bytes(signature) for witness, signature in rows}


def newest_signed(among: int = 20) -> tuple[Checkpoint, Roster, dict[int, bytes]] | None:
    """The newest checkpoint that a quorum signed (looked for among the last few that anybody did), with its roster and
    the signatures by their witnesses' places; None where there is none."""
    for found in Checkpoint.objects.filter(cosignatures__isnull=False).distinct().order_by("-size")[:among]:
        by, signed = roster(found.size), signatures_under(found.size)
        if by and len(signed) >= by.quorum:
            places = {n: signed[row.owner] for n, row in enumerate(by.witnesses) if row.owner in signed}
            return found, by, places
    return None


def quorum(size: int | None = None) -> Quorum | None:
    """The members' line under the checkpoint of that size; the newest there is where none is given."""
    found = Quorum.objects.order_by("-checkpoint_id")
    return (found.filter(checkpoint_id=size) if size is not None else found).first()


def witnesses_seen(by: Roster | None) -> list[WitnessSeen]:
    """Every witness of a roster in its order, with the newest checkpoint it signed."""
    rows = Cosignature.objects.order_by("witness", "-checkpoint_id").distinct("witness")
    seen = {witness: (size, at) for witness, size, at in rows.values_list("witness", "checkpoint_id", "at")}
    return [WitnessSeen(row.owner, *seen.get(row.owner, (None, None))) for row in (by.witnesses if by else ())]
