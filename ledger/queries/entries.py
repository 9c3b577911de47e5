"""Give me: entries, by what they are, what they touch and what they take back."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from ledger.models import Entry
from ledger.rules import readings, records
from ledger.rules.entries import Flow, Recorded


def entry(entry_id: UUID) -> Recorded | None:
    """The entry of that id."""
    return next(iter(_read(Entry.objects.filter(id=entry_id))), None)


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
    token = next(iter(Entry.objects.filter(id=entry_id).values_list("leaf_id", flat=True)), None)
    return _read(Entry.objects.filter(undoes_id=token)) if token else []


def left_to_undo(origin: Recorded) -> list[Flow]:
    """What of an entry is not undone yet, turned round: the flows that would undo all of it."""
    left = readings.net_flows([origin, *undone_by(origin.id)])
    return [Flow(f.taker, f.giver, f.unit, f.quantity) for f in left if f.token == origin.token]
