"""Recording: the verbs by which anything enters the journal. Each calls the database's one function, ledger_record."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from ledger import queries
from ledger.rules import laws, records
from ledger.rules.amounts import LARGEST
from ledger.rules.entries import (
    CORRECTION,
    REASONS,
    Address,
    Draft,
    Flow,
    MalformedEntry,
    Recorded,
    is_owner,
    is_unit,
    is_word,
    refuse_malformed,
)
from ledger.rules.parts import FEW, part_key, parts_of, whole_key
from ledger.rules.refusal import BadInput, Refusal
from ledger.services.door import ask
from ledger.services.log import nudge


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
    reason: str | None = None,
    captures: Sequence[str] = (),
) -> Recorded:
    """Record what happened, once: the same `key` with the same body answers the entry that is there already.

    `flows` are (giver, taker, unit, whole number above zero of the unit's smallest part). Raises a Refusal when a
    law of the journal (entries, bounds, claims and money) would be broken; nothing is written then. `captures` are
    the keys of holds that this entry uses, and so resolves (ledger/services/holds.py).
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
        reason,
    )
    return record_entries([draft], captures={key: captures})[0]


def record_entries(drafts: Iterable[Draft], *, captures: Mapping[str, Sequence[str]] | None = None) -> list[Recorded]:
    """Record entries in their order, all or none: one call, one order of locks, bounds kept after each of them.

    Answers one entry for each draft; `is_new` tells what was not there before. One that divides claims among more
    people than a leaf has room for is recorded in parts (ledger/rules/parts.py), and answered by its first. `captures`
    are, by the key of an entry, the keys of the holds that it uses. In a transaction with more, call it once: the order
    of locks is one only within a call.
    """
    wanted = list(drafts)
    if not wanted:
        return []
    drafts = [part for draft in wanted for part in parts_of(draft)]
    money = queries.money_among({flow.unit for draft in drafts for flow in draft.flows})
    for draft in drafts:
        refuse_malformed(draft, money)
    first = _first_of_each_key(drafts)
    recorded_at = timezone.now()  # the ledger's own clock: when it was recorded, beside `at`, when it happened
    ids = [records.uuid7() for _ in first]
    leaves = [records.entry_leaf(draft, i, recorded_at) for i, draft in zip(ids, first.values(), strict=True)]
    pairs = [(hold, key) for key, holds in (captures or {}).items() for hold in holds]
    holds, capturing = ([hold for hold, _ in pairs], [key for _, key in pairs]) if pairs else (None, None)
    answers = {
        draft.key: records.recorded_as(draft, i, recorded_at, token)
        if is_new
        else records.read_entry(known or "", token)
        for draft, i, (known, token, is_new) in zip(first.values(), ids, _record(leaves, holds, capturing), strict=True)
    }
    _refuse_other_parts(drafts, answers)
    return [answers[draft.key] for draft in wanted]


def _refuse_other_parts(drafts: list[Draft], answers: Mapping[str, Recorded]) -> None:
    """A long entry that is there already has as many parts as this time, or it is another body under its key."""
    long = [draft for draft in drafts if len(draft.flows) > FEW and not answers[draft.key].is_new]
    after = {_next_part(draft.key): draft.key for draft in long} if long else {}
    for beyond in queries.entries_by_key(after.keys() - answers.keys()) if after else ():
        raise laws.KeyHasAnotherBody(key=whole_key(beyond), field="flows")


def _next_part(key: str) -> str:
    whole = whole_key(key)
    return part_key(whole, 2 if key == whole else int(key.rpartition("/")[2]) + 1)


def _first_of_each_key(drafts: list[Draft]) -> dict[str, Draft]:
    first: dict[str, Draft] = {}
    for draft in drafts:
        other = first.setdefault(draft.key, draft)
        if other is not draft and other != draft:
            field = next(f.name for f in fields(Draft) if getattr(other, f.name) != getattr(draft, f.name))
            raise laws.KeyHasAnotherBody(key=draft.key, field=field)
    return first


def undo_entry(
    *,
    entry: UUID,
    key: str,
    at: datetime,
    by: Sequence[str],
    purpose: str = CORRECTION,
    evidence: str = "declared",
    reason: str | None = None,
    evidence_hash: str | None = None,
    flows: Iterable[Flow | tuple[str, str, str, int]] | None = None,
) -> Recorded:
    """Take back an entry, or the part of it that `flows` (already turned round) says; None takes back all that is left.

    The undoing is an entry of its own and both stay visible. A correction declares an error: that it did not occur
    (all is taken back) or that its data were incorrect, unless `reason` says which. Raises UndoesTooMuch where more
    would be taken back than was done, BelowFloor where what was given has been passed on (undo from downstream up).
    """
    origin = queries.entry(entry)
    if origin is None:
        raise NoSuchEntry(entry=entry)
    if known := queries.entries_by_key([key]).get(key):
        reason = reason or known.reason
        flows = known.flows if flows is None and known.undoes == entry else flows
    turned = [Flow(*f) for f in flows] if flows is not None else queries.left_to_undo(origin)
    if not turned:
        raise NothingLeftToUndo()
    if purpose == CORRECTION and reason is None:
        reason = REASONS[0] if flows is None else REASONS[1]
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
        reason=reason,
        evidence_hash=evidence_hash,
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
    for unit, floor in (floors or {}).items():
        if not is_unit(unit):
            raise MalformedEntry(why=f"“{unit}” is no unit")
        if floor is not None and (type(floor) is not int or abs(floor) > LARGEST):
            raise MalformedEntry(why="a floor is a whole number of at most 2^63−1, or none")
    _record([records.account_leaf(address, floors or {}, closed=closed, about=about, at=at)])


def record_document(*, kind: str, name: str, body: dict[str, Any], by: str, at: datetime) -> int:
    """Record a document of any kind (unit, place, agreement, recipe, roster, method, …) as its next version, if it
    differs from the last; returns the version in force. Raises AnotherVersionCameFirst where two write at once."""
    if not is_word(kind) or not 0 < len(name) <= 200 or not is_owner(by):
        raise MalformedEntry(why="a document has a kind of one word, a name and an author")
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


def close_period(*, owner: str = "", unit: str = "", before: datetime, by: str, at: datetime) -> None:
    """Close what happened before a moment, for an owner (its accounts and the claims on it), a unit (a money with the
    claims in it), or a unit of an owner: from here on nothing more is recorded as having happened then.

    What is wrong in a closed period is corrected in an open one. Raises PeriodNotOver, PeriodStaysClosed. Closing
    waits for whoever is recording, so it belongs in a transaction of its own.
    """
    body = {"owner": owner or None, "unit": unit or None, "before": records.moment(before), "size": queries.log_size()}
    last = queries.document(laws.CLOSED_PERIOD, laws.closing_name(owner, unit))
    if last is None or last.body["before"] != body["before"]:
        record_document(kind=laws.CLOSED_PERIOD, name=laws.closing_name(owner, unit), body=body, by=by, at=at)


def record_place(*, path: str, name: str, by: str, at: datetime) -> None:
    """Declare a place by its path, outermost first: gh/ashanti/kumasi lies in gh/ashanti."""
    record_document(kind="place", name=path, body={"name": name}, by=by, at=at)


def _record(
    leaves: list[str], holds: list[str] | None = None, capturing: list[str] | None = None
) -> list[tuple[str | None, int, bool]]:
    if holds is not None:
        recorded = ask("SELECT leaf, token, is_new FROM ledger_record(%b, %b, %b)", [leaves, holds, capturing])
    elif len(leaves) > 1:
        recorded = ask("SELECT leaf, token, is_new FROM ledger_record(%b)", [leaves])
    else:  # to write a list of one as an array takes the client a tenth of its time
        recorded = ask("SELECT leaf, token, is_new FROM ledger_record(ARRAY[%b::text])", leaves)
    nudge()
    return recorded
