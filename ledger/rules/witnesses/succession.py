"""Who witnesses after whom: a new roster counts only once a quorum of the old one signed a checkpoint that contains it.

The first roster counts at once: whoever looks at a log for the first time believes it. Each later one waits until a
`hand-over` document shows that signature. So whoever runs the log cannot put witnesses of his own in the others' place.
"""

from dataclasses import dataclass
from typing import Any

from ledger.rules.notes import Head, Line, decode, encode
from ledger.rules.refusal import Refusal
from ledger.rules.witnesses.cosignatures import key_id, line_name, signers
from ledger.rules.witnesses.rosters import KIND, NAME, Roster, read_roster

HAND_OVER = "hand-over"
HASH = 32  # bytes of a root


class NoHandOver(Refusal):
    """No quorum of the witnesses before handed over to this roster: {why}."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    index: int
    roster: Roster


def hand_over_body(version: int, head: Head, line: Line) -> dict[str, Any]:
    """What the document says: the version of the roster that takes over, and what the quorum before it signed."""
    return {
        "roster": version,
        "checkpoint": [head.origin, head.size, encode(head.root)],
        "signed": encode(line.payload),
    }


def signed_hand_over(said: dict[str, Any], before: Roster) -> tuple[Head, Line]:
    """The checkpoint that such a document shows, and the line of the roster before under it, not checked."""
    if set(said) != {"roster", "checkpoint", "signed"}:
        raise NoHandOver(why="it is not written as one is")
    origin, size, root = said["checkpoint"]
    return Head(origin, size, decode(root)), Line(line_name(origin), key_id(before, origin), decode(said["signed"]))


class Succession:
    """Follows a log leaf by leaf: `roster` is the one that counts after those read, None before the first."""

    def __init__(self) -> None:
        self.roster: Roster | None = None
        self._waiting: dict[int, _Waiting] = {}  # by version
        self._roots = bytearray()  # the root after each leaf since the oldest of them, that one included
        self._since = 0  # how many leaves the first of these roots is over

    @property
    def is_waiting(self) -> bool:
        """Whether a roster waits for a quorum of the one before."""
        return bool(self._waiting)

    def read(self, index: int, body: dict[str, Any], text: str) -> None:
        """Take the leaf at `index`; refuses a roster that could cheat, and a hand-over that nobody signed."""
        if body["type"] != "document" or body["id"] != NAME:
            return
        if body["kind"] == KIND:
            roster = read_roster(text)
            if self.roster is None:
                self.roster = roster
            else:
                self._waiting[body["version"]] = _Waiting(index, roster)
        elif body["kind"] == HAND_OVER:
            self._hand_over(body["body"])

    def sealed(self, size: int, root: bytes) -> None:
        """Remember, while a roster waits, that the log's first `size` leaves have this root."""
        self._since = self._since or size
        self._roots += root

    def _hand_over(self, said: dict[str, Any]) -> None:
        next_one = self._waiting.get(said.get("roster", 0))
        if self.roster is None or next_one is None:
            raise NoHandOver(why="no such roster waits")
        head, line = signed_hand_over(said, self.roster)
        if not next_one.index < head.size or head.root != self._root(head.size):
            raise NoHandOver(why="what was signed is not the log's past with that roster in it")
        signers(self.roster, head.origin, head.text, line)
        self.roster = next_one.roster
        self._waiting = {version: row for version, row in self._waiting.items() if row.index > next_one.index}
        if not self._waiting:
            self._roots, self._since = bytearray(), 0

    def _root(self, size: int) -> bytes | None:
        at = HASH * (size - self._since)
        return bytes(self._roots[at : at + HASH]) if size >= self._since and at < len(self._roots) else None
