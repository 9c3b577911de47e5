"""Recording: the verbs by which anything enters the journal. Each calls the database's one function, ledger_record."""

import json
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from django.db import Error, connection, transaction
from django.utils import timezone

from ledger import queries
from ledger.rules import laws, records
from ledger.rules.entries import (
    Address,
    Draft,
    Flow,
    MalformedEntry,
    Recorded,
    is_owner,
    is_unit,
    refuse_malformed,
)
from ledger.rules.refusal import BadInput, Refusal
from ledger.services.log import nudge

REFUSED = "RN001"  # the SQLSTATE by which ledger_record refuses
CLASHES = frozenset({"23505", "40P01"})  # a unique key taken meanwhile, a deadlock: the next try sees what is there
TRIES = 5


class NothingLeftToUndo(Refusal):
    """There is nothing left of this entry that could be undone."""


class NoSuchEntry(BadInput):
    """There is no entry “{entry}”."""


def record_entry(
    *,
    key: str,
    action: str,
    purpose: str,
    flows: Iterable[Flow | tuple[str, str, str, int]],
    at: datetime,
    by: Sequence[str],
    evidence: str = "declared",
    undoes: UUID | None = None,
    evidence_hash: str | None = None,
) -> Recorded:
    """Record what happened, once: the same `key` with the same body answers the entry that is there already.

    `flows` are (giver, taker, unit, whole number above zero of the unit's smallest part). Raises a Refusal when a
    law of the journal (entries, bounds, claims and money) would be broken; nothing is written then.
    """
    draft = Draft(
        key,
        action,
        purpose,
        tuple(Flow(*f) for f in flows),
        at,
        tuple(by),
        evidence,
        undoes,
        evidence_hash,
    )
    return record_entries([draft])[0]


def record_entries(drafts: Iterable[Draft]) -> list[Recorded]:
    """Record entries in their order, all or none: one call, one order of locks, bounds kept after each of them.

    Answers one entry for each draft; `is_new` tells what was not there before.
    """
    drafts = list(drafts)
    if not drafts:
        return []
    money = queries.money_among({flow.unit for draft in drafts for flow in draft.flows})
    for draft in drafts:
        refuse_malformed(draft, money)
    first = _first_of_each_key(drafts)
    recorded_at = timezone.now()  # the ledger's own clock: when it was recorded, beside `at`, when it happened
    ids = [records.uuid7() for _ in first]
    leaves = [records.entry_leaf(draft, i, recorded_at) for i, draft in zip(ids, first.values(), strict=True)]
    answers = {
        draft.key: records.recorded_as(draft, i, recorded_at, token)
        if is_new
        else records.read_entry(known or "", token)
        for draft, i, (known, token, is_new) in zip(first.values(), ids, _record(leaves), strict=True)
    }
    return [answers[draft.key] for draft in drafts]


def _first_of_each_key(drafts: list[Draft]) -> dict[str, Draft]:
    first: dict[str, Draft] = {}
    for draft in drafts:
        if first.setdefault(draft.key, draft) != draft:
            raise laws.KeyHasAnotherBody(key=draft.key, field="body")
    return first


def undo_entry(
    *,
    entry: UUID,
    key: str,
    at: datetime,
    by: Sequence[str],
    purpose: str = "correction",
    evidence: str = "declared",
    flows: Iterable[Flow | tuple[str, str, str, int]] | None = None,
) -> Recorded:
    """Take back an entry, or the part of it that `flows` (already turned round) says; None takes back all that is left.

    The undoing is an entry of its own and both stay visible. Raises UndoesTooMuch where more would be taken back than
    was done, BelowFloor where what was given has been passed on (undo from downstream up).
    """
    origin = queries.entry(entry)
    if origin is None:
        raise NoSuchEntry(entry=entry)
    if known := queries.entries_by_key([key]).get(key):
        flows = known.flows if flows is None and known.undoes == entry else flows
    turned = [Flow(*f) for f in flows] if flows is not None else queries.left_to_undo(origin)
    if not turned:
        raise NothingLeftToUndo()
    action = origin.action if origin.action.startswith("transfer") else "lower"
    return record_entry(
        key=key,
        action=action,
        purpose=purpose,
        flows=turned,
        at=at,
        by=by,
        evidence=evidence,
        undoes=origin.id,
    )


def record_owner(*, owner: str, place: str | None, at: datetime) -> None:
    """Declare an owner and its place (None: unknown), or move it there from this record on."""
    record_owners([(owner, place)], at=at)


def record_owners(owners: Iterable[tuple[str, str | None]], *, at: datetime) -> None:
    """Declare many owners at once, in a fixed order."""
    leaves = []
    for owner, place in sorted(owners):
        if not is_owner(owner):
            raise MalformedEntry(why=f"“{owner}” is no owner's address")
        leaves.append(records.owner_leaf(owner, place, at))
    if leaves:
        _record(leaves)


def record_account(
    *,
    address: str,
    floors: dict[str, int | None] | None = None,
    closed: bool = False,
    about: dict[str, Any] | None = None,
    at: datetime,
) -> None:
    """Give one account other floors than its purpose has (a limit of credit; None: no floor), or close it."""
    Address.parse(address)
    for unit in floors or {}:
        if not is_unit(unit):
            raise MalformedEntry(why=f"“{unit}” is no unit")
    _record([records.account_leaf(address, floors or {}, closed=closed, about=about, at=at)])


def record_document(*, kind: str, name: str, body: dict[str, Any], by: str, at: datetime) -> int:
    """Record a document as its next version, if it differs from the last; returns the version in force."""
    last = queries.document(kind, name)
    if last and last.body == body:
        return last.version
    version = last.version + 1 if last else 1
    _record([records.document_leaf(kind, name, version, body, by, at)])
    return version


def record_unit(
    *,
    code: str,
    family: str,
    exponent: int,
    grams: int | None = None,
    by: str,
    at: datetime,
) -> None:
    """Declare a unit: money or thing, its decimals, for pieces the grams of one. It never changes its meaning."""
    if not is_unit(code) or "@" in code or family not in {"money", "thing"} or not 0 <= exponent <= 9:
        raise MalformedEntry(why=f"“{code}” is no unit of money or of things with 0 to 9 decimals")
    body = {"family": family, "exponent": exponent, "grams": grams}
    record_document(kind="unit", name=code, body=body, by=by, at=at)


def record_place(*, path: str, name: str, by: str, at: datetime) -> None:
    """Declare a place by its path, outermost first: gh/ashanti/kumasi lies in gh/ashanti."""
    record_document(kind="place", name=path, body={"name": name}, by=by, at=at)


def _record(leaves: list[str]) -> list[tuple[str | None, int, bool]]:
    """Call ledger_record; a clash with another writer of the same new key is tried again, a refusal is raised."""
    for attempt in range(TRIES):
        try:
            # The savepoint lets a caller's transaction live on after a refusal; alone, the call is its own transaction.
            with transaction.atomic() if connection.in_atomic_block else nullcontext():
                recorded = _call(leaves)
            nudge()
            return recorded
        except Error as error:
            told = error.__cause__
            if not isinstance(told, psycopg.Error):
                raise
            if told.sqlstate == REFUSED:
                raise _refusal(told.diag) from None
            if told.sqlstate not in CLASHES or attempt == TRIES - 1:
                raise
    raise AssertionError("the last try answers or raises")


def _call(leaves: list[str]) -> list[tuple[str | None, int, bool]]:
    connection.ensure_connection()
    # Django's own cursor writes parameters into the statement's text; leaves go binary, and the statement is prepared.
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute("SELECT leaf, token, is_new FROM ledger_record(%b)", [leaves], prepare=True)
        return cursor.fetchall()


def _refusal(told: Any) -> Refusal:
    facts = json.loads(told.message_detail)
    return laws.BY_NAME[told.message_primary](**facts)
