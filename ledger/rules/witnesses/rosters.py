"""Who may witness: a roster is a `document` leaf with witnesses in an order, their keys, and how many must sign."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ledger.rules.entries import is_owner
from ledger.rules.refusal import Refusal
from ledger.rules.witnesses.bls import SIGNATURE, BadWitnessKey, proves_possession, refuse_false_keys

KIND, NAME = "roster", "members"
LARGEST = 150  # witnesses: their roster must fit in one leaf


class BadRoster(Refusal):
    """This is no roster of witnesses: {why}."""


class AlreadyWitness(Refusal):
    """{witness} is a witness already."""


@dataclass(frozen=True, slots=True)
class Witness:
    """One who may sign: an owner's address, a key of 48 bytes, and the proof of 96 that somebody knows its secret."""

    owner: str
    key: bytes
    proof: bytes


@dataclass(frozen=True, slots=True)
class Roster:
    """The witnesses in their order, and how many of them make a quorum.

    `digest` is the SHA-256 of the leaf that says so (32 bytes); `dishonest` is how many may lie without being able to
    sign two histories.
    """

    digest: bytes
    witnesses: tuple[Witness, ...]
    dishonest: int
    quorum: int

    def place_of(self, owner: str) -> int | None:
        """At which place, from 0, this owner stands."""
        return next((n for n, witness in enumerate(self.witnesses) if witness.owner == owner), None)


def least_quorum(witnesses: int, dishonest: int) -> int:
    """The fewest signatures that stop `dishonest` witnesses from signing two histories: q ≥ (n + f + 1) / 2.

    Two quorums then share an honest witness, who signs only one. Of 50 with 16 dishonest it is 34.
    """
    return (witnesses + dishonest + 2) // 2


def tolerated(witnesses: int) -> int:
    """How many of so many may be dishonest while the rest still reach a quorum: fewer than a third."""
    return (witnesses - 1) // 3


def roster_body(witnesses: Iterable[Witness]) -> dict[str, Any]:
    """What the roster's document says, with the quorum that tolerates the most liars."""
    rows = tuple(witnesses)
    dishonest = tolerated(len(rows))
    return {
        "dishonest": dishonest,
        "quorum": least_quorum(len(rows), dishonest),
        "witnesses": [[w.owner, w.key.hex(), w.proof.hex()] for w in rows],
    }


def enrolled(rows: tuple[Witness, ...], witness: Witness) -> tuple[Witness, ...]:
    """The witnesses with one more at the end; refuses a second enrolment, a key in use, and a key without proof."""
    if any(row.owner == witness.owner for row in rows):
        raise AlreadyWitness(witness=witness.owner)
    rows = (*rows, witness)
    refuse_unfit(rows)
    return rows


def read_roster(leaf: str) -> Roster:
    """The roster that a leaf says; refuses one with a weak quorum, false keys, or keys nobody proved to possess."""
    try:
        said = json.loads(leaf)
        body = said["body"]
        if (said["type"], said["kind"], said["id"]) != ("document", KIND, NAME):
            raise BadRoster(why="it is another document")
        rows = tuple(
            Witness(owner, bytes.fromhex(key), bytes.fromhex(proof)) for owner, key, proof in body["witnesses"]
        )
        roster = Roster(sha256(leaf.encode()).digest(), rows, int(body["dishonest"]), int(body["quorum"]))
    except (ValueError, KeyError, TypeError) as error:
        raise BadRoster(why="it cannot be read") from error
    refuse_unfit(rows)
    if not least_quorum(len(rows), roster.dishonest) <= roster.quorum <= len(rows) or roster.dishonest < 0:
        raise BadRoster(why=f"{roster.quorum} of {len(rows)} is no quorum with {roster.dishonest} dishonest")
    return roster


def refuse_unfit(rows: Sequence[Witness]) -> None:
    """Every witness an owner that stands there once, every key sound, and its possession proved."""
    if not 1 <= len(rows) <= LARGEST:
        raise BadRoster(why=f"it has {len(rows)} witnesses")
    if len({row.owner for row in rows}) != len(rows) or not all(is_owner(row.owner) for row in rows):
        raise BadRoster(why="a witness stands there twice, or is no owner")
    refuse_false_keys([row.key for row in rows])
    for row in rows:
        if len(row.proof) != SIGNATURE or not proves_possession(row.key, row.proof):
            raise BadWitnessKey(why=f"nothing proves that {row.owner} knows the secret of {row.key.hex()[:16]}…")
