"""The bytes of a record: canonical JSON (RFC 8785), written once and never again."""

import json
import os
import time
import unicodedata
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from ledger.rules.entries import Draft, Flow, MalformedEntry, Recorded

_quote = json.encoder.encode_basestring_ascii
LONGEST = 65_535  # bytes: an entry bundle gives a leaf's length in 16 bits


def canonical(value: Any) -> str:
    """`value` as RFC 8785 writes it, given ASCII keys and no floats; refuses what would not come back the same."""
    _refuse_unstable(value)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if len(text) > LONGEST // 4 and len(text.encode()) > LONGEST:
        raise MalformedEntry(why=f"it is longer than {LONGEST} bytes")
    return text


def _refuse_unstable(value: Any) -> None:
    match value:
        case str():
            if not value.isascii() and unicodedata.normalize("NFC", value) != value:
                raise MalformedEntry(why=f"“{value}” is not in Unicode's normal form C")
            if not value.isprintable() and any(unicodedata.category(c) in {"Cc", "Cs"} for c in value):
                raise MalformedEntry(why="it holds a control character")
        case dict():
            for key, item in value.items():
                if not isinstance(key, str) or not key.isascii():
                    raise MalformedEntry(why=f"“{key}” is no plain name")
                _refuse_unstable(item)
        case list() | tuple():
            for item in value:
                _refuse_unstable(item)
        case bool() | None:
            pass
        case int():
            if abs(value) > 2**53 - 1:
                raise MalformedEntry(why=f"{value} is too large a number for JSON; write it as a string")
        case _:
            raise MalformedEntry(why=f"a record cannot hold {type(value).__name__}")


@lru_cache(maxsize=1_000)  # a batch tells one moment many times
def moment(at: datetime) -> str:
    """A time as records write it: UTC with a Z."""
    return at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def uuid7() -> UUID:
    """A UUID version 7 (RFC 9562): 48 bits of Unix milliseconds, then chance; Python has its own from 3.14 on."""
    milliseconds = time.time_ns() // 1_000_000
    chance = int.from_bytes(os.urandom(10))
    return UUID(int=milliseconds << 80 | 7 << 76 | (chance >> 68) << 64 | 2 << 62 | chance & (1 << 62) - 1)


def entry_leaf(draft: Draft, entry_id: UUID, recorded: datetime) -> str:
    """The leaf of an entry. Its strings were checked with the draft, so they are not looked at again.

    Its members are written in the order of RFC 8785, because sorting them took as long as all the rest.
    """
    members = [
        f'"action":{_quote(draft.action)}',
        f'"at":"{moment(draft.at)}"',
        f'"by":[{",".join(map(_quote, draft.by))}]',
        f'"evidence":{_quote(draft.evidence)}',
    ]
    if draft.evidence_hash is not None:
        members.append(f'"evidence_hash":{_quote(draft.evidence_hash)}')
    flows = [f'[{_quote(f[0])},{_quote(f[1])},{_quote(f[2])},"{f[3]}"]' for f in draft.flows]
    members += [
        f'"flows":[{",".join(flows)}]',
        f'"id":"{entry_id}"',
        f'"key":{_quote(draft.key)}',
        f'"purpose":{_quote(draft.purpose)}',
    ]
    if draft.reason is not None:
        members.append(f'"reason":{_quote(draft.reason)}')
    undoes = f'"{draft.undoes}"' if draft.undoes else "null"
    members += [f'"recorded":"{moment(recorded)}"', '"type":"entry"', f'"undoes":{undoes}']
    text = f"{{{','.join(members)}}}"
    if len(text) > LONGEST:
        raise MalformedEntry(why=f"it is longer than {LONGEST} bytes; record it in parts")
    return text


def recorded_as(draft: Draft, entry_id: UUID, recorded: datetime, token: int) -> Recorded:
    """What `draft` became when it was recorded just now."""
    return Recorded(
        token, entry_id, draft.key, draft.action, draft.purpose, draft.at, recorded, draft.by, draft.evidence,
        draft.undoes, draft.flows, is_new=True, evidence_hash=draft.evidence_hash, reason=draft.reason,
    )  # fmt: skip


def read_entry(leaf: str, token: int) -> Recorded:
    """The entry that a leaf's text says."""
    body = json.loads(leaf)
    return Recorded(
        token=token,
        id=UUID(body["id"]),
        key=body["key"],
        action=body["action"],
        purpose=body["purpose"],
        at=datetime.fromisoformat(body["at"]),
        recorded=datetime.fromisoformat(body["recorded"]),
        by=tuple(body["by"]),
        evidence=body["evidence"],
        undoes=UUID(body["undoes"]) if body["undoes"] else None,
        flows=tuple(Flow(giver, taker, unit, int(quantity)) for giver, taker, unit, quantity in body["flows"]),
        evidence_hash=body.get("evidence_hash"),
        reason=body.get("reason"),
    )


def owner_leaf(owner: str, place: str | None, at: datetime) -> str:
    """The leaf that declares an owner, or moves it to another place from here on."""
    return canonical({"type": "owner", "owner": owner, "place": place, "at": moment(at)})


def account_leaf(
    address: str,
    floors: dict[str, int | None],
    *,
    closed: bool,
    about: dict[str, Any] | None,
    at: datetime,
) -> str:
    """The leaf that gives one account other floors than its purpose has (None: no floor), or closes it."""
    body = {
        "type": "account",
        "address": address,
        "floors": {unit: None if floor is None else str(floor) for unit, floor in floors.items()},
        "about": about,
        "closed": closed,
        "at": moment(at),
    }
    return canonical(body)


def document_leaf(kind: str, name: str, version: int, body: dict[str, Any], by: str, at: datetime) -> str:
    """The leaf of one version of a document (unit, place, agreement, recipe, roster, …)."""
    said = canonical(body)
    return canonical(
        {
            "type": "document",
            "kind": kind,
            "id": name,
            "version": version,
            "sha256": sha256(said.encode()).hexdigest(),
            "body": body,
            "by": by,
            "at": moment(at),
        }
    )
