"""A log read again from its first leaf: is each leaf what it says, and does the whole keep the laws?"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ledger.rules.entries import Draft
from ledger.rules.laws import Books
from ledger.rules.merkle import Frontier, leaf_hash
from ledger.rules.records import canonical, entry_leaf, read_entry
from ledger.rules.refusal import Refusal
from ledger.rules.witnesses.succession import Succession


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a log, and at which leaf (its index)."""

    index: int
    why: str


class Replay:
    """Reads leaves in order: `books`, `frontier` and `succession` are the state after those read, `fault` the first
    that is wrong."""

    def __init__(self) -> None:
        self.books = Books()
        self.frontier = Frontier()
        self.succession = Succession()
        self.fault: Fault | None = None

    def read(self, leaves: Iterable[str]) -> Iterator[dict[str, Any]]:
        """Check each leaf's text and yield what it says; stops at the first fault."""
        for text in leaves:
            try:
                body = self._check(text)
            except (Refusal, ValueError, KeyError, TypeError, AttributeError) as error:
                self.fault = Fault(self.frontier.size, f"{type(error).__name__}: {error}")
                return
            self.frontier.append([leaf_hash(text.encode())])
            if self.succession.is_waiting:
                self.succession.sealed(self.frontier.size, self.frontier.root())
            yield body

    def _check(self, text: str) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(text, object_pairs_hook=_no_key_twice)
        if canonical(body) != text:
            raise ValueError("its JSON is not in canonical form")
        if body["type"] == "entry":
            e = read_entry(text, 0)
            draft = Draft(
                e.key, e.action, e.purpose, e.flows, e.at, e.by, e.evidence, e.undoes, e.evidence_hash, e.reason
            )
            # Whatever the leaf says beside, or otherwise than an entry is written, makes another text.
            if entry_leaf(draft, e.id, e.recorded) != text:
                raise ValueError("it is not written as an entry is")
            self.books.record_entry(draft, e.id)
        else:
            if body["type"] == "document" and body["sha256"] != sha256(canonical(body["body"]).encode()).hexdigest():
                raise ValueError("the document's hash is another's")
            self.books.record(body)
            self.succession.read(self.frontier.size, body, text)
        return body


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found
