"""Witnesses of the tests: secrets by number, and what they make of them."""

import json
from functools import cache
from hashlib import sha256
from typing import Any

from ledger.rules.witnesses.bls import ORDER, prove_possession, public_key, sign
from ledger.rules.witnesses.cosignatures import message
from ledger.rules.witnesses.rosters import Roster, Witness, read_roster, roster_body

ORIGIN = "log.rennet.example"
TEXT = f"{ORIGIN}\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"


def secret(number: int) -> int:
    return int.from_bytes(sha256(f"witness {number}".encode()).digest()) % ORDER


@cache
def witness(number: int) -> Witness:
    return Witness(f"members/w{number}", public_key(secret(number)), prove_possession(secret(number)))


def leaf_of(body: dict[str, Any]) -> str:
    """A roster's leaf, with no more about it than the rules read."""
    return json.dumps({"type": "document", "kind": "roster", "id": "members", "version": 1, "body": body})


@cache
def roster(size: int) -> Roster:
    return read_roster(leaf_of(roster_body(witness(n) for n in range(size))))


def signatures(size: int, signing: int, text: str = TEXT) -> dict[int, bytes]:
    """The first `signing` of a roster of `size` sign."""
    return {n: sign(secret(n), message(roster(size), text)) for n in range(signing)}
