"""Witnesses of the wider world (C2SP): a timed Ed25519 cosignature of a checkpoint, and how they are asked for one.

Formats: https://c2sp.org/tlog-cosignature (`cosignature/v1`), https://c2sp.org/tlog-witness (`add-checkpoint`), and the
`witness` lines of https://c2sp.org/tlog-policy. Such a witness does not read the records; it says that the log grew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.rules import notes
from ledger.rules.notes import BadNote, Line, Note, decode, encode, is_key_name

TYPE = 0x04
SIGNED = 8 + 64  # bytes of a payload: when, and the signature
LATEST = 2**63 - 1
LONGEST_PROOF = 63


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness by its name and public key, and the address to which checkpoints go."""

    name: str
    public: bytes
    url: str = ""

    @classmethod
    def parse(cls, vkey: str, url: str = "") -> "Cosigner":
        """A witness's `name+id+base64`; raises BadNote."""
        name, said_id, key = [*vkey.split("+", 2), "", ""][:3]
        raw = decode(key)
        if not is_key_name(name) or len(raw) != 33 or raw[0] != TYPE:
            raise BadNote(f"“{vkey}” is no key of a witness")
        if said_id != notes.key_id(name, raw).hex():
            raise BadNote(f"the id of {name}'s key is {notes.key_id(name, raw).hex()}, not {said_id}")
        return cls(name, raw[1:], url.rstrip("/"))

    @property
    def id(self) -> bytes:
        return notes.key_id(self.name, bytes([TYPE]) + self.public)

    def signed_at(self, text: str, lines: Sequence[Line]) -> tuple[Line, int] | None:
        """Its line under a checkpoint's text, and the time it says (seconds since 1970); None where it has none.

        Raises BadNote for a line of its key that does not hold; lines of others are not looked at.
        """
        mine = [line for line in lines if (line.name, line.key_id) == (self.name, self.id)]
        if not mine:
            return None
        (line, *others), at = mine, int.from_bytes(mine[0].payload[:8])
        if others or len(line.payload) != SIGNED or at > LATEST:
            raise BadNote(f"the line of {self.name} is no cosignature")
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(line.payload[8:], message(text, at))
        except InvalidSignature:
            raise BadNote(f"the cosignature of {self.name} does not hold") from None
        return line, at


class Cosigned(NamedTuple):
    """A witness that signed, and when, in seconds since 1970."""

    name: str
    at: int


def message(text: str, at: int) -> bytes:
    """What a witness signs: `text` is the checkpoint's, to its last newline included."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def request(old: int, proof: Sequence[bytes], note: Note) -> bytes:
    """The body of `add-checkpoint`: the size it signed last, the way from there, and the checkpoint."""
    if len(proof) > LONGEST_PROOF:
        raise ValueError("no proof of a log is so long")
    return "".join(f"{line}\n" for line in (f"old {old}", *map(encode, proof), "")).encode() + str(note).encode()


def lines_in(answer: str) -> tuple[Line, ...]:
    """The signature lines that a witness answers; raises BadNote."""
    if not answer.endswith("\n"):
        raise BadNote("an answer's last line is cut off")
    return tuple(Line.parse(line) for line in answer[:-1].split("\n"))


def read_policy(policy: str) -> list[Cosigner]:
    """The witnesses that a policy file names with an address, in its order; raises BadNote for one that is none."""
    found: list[Cosigner] = []
    for line in policy.split("\n"):
        words = line.replace("\t", " ").split()
        if len(words) == 4 and words[0] == "witness":
            found.append(Cosigner.parse(words[2], words[3]))
    if len({witness.public for witness in found}) < len(found):
        raise BadNote("the policy names one key twice")
    return found
