"""Signed notes (https://c2sp.org/signed-note) and checkpoints (https://c2sp.org/tlog-checkpoint)."""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = 0x01  # the algorithm byte of an Ed25519 signature over a note's text
MOST_LINES = 100
_NAME = re.compile(r"[^\s+\x00-\x1f]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class BadNote(ValueError):
    """What was read is no signed note, no checkpoint or no key; the message says why."""


def decode(text: str) -> bytes:
    """Standard base64, and only the one way of writing it."""
    try:
        found = b64decode(text, validate=True)
    except ValueError as error:
        raise BadNote(f"“{text}” is no base64") from error
    if b64encode(found).decode() != text:
        raise BadNote(f"“{text}” is not the one way of writing these bytes in base64")
    return found


def encode(given: bytes) -> str:
    return b64encode(given).decode()


def key_id(name: str, key: bytes) -> bytes:
    """The four bytes that tell a signature line's key; `key` begins with its algorithm byte."""
    return sha256(name.encode() + b"\n" + key).digest()[:4]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A name and a public key (32 bytes of Ed25519), written `name+id+base64`."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        name, said_id, key = _parts(text, "+", 2)
        raw = decode(key)
        if len(raw) != 33 or raw[0] != ED25519:
            raise BadNote("this is no Ed25519 key for notes")
        if said_id != key_id(name, raw).hex():
            raise BadNote(f"the key's id is {key_id(name, raw).hex()}, not {said_id}")
        return cls(name, raw[1:])

    @property
    def id(self) -> bytes:
        return key_id(self.name, bytes([ED25519]) + self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{encode(bytes([ED25519]) + self.public)}"

    def signed(self, text: str, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SignerKey:
    """A name and its secret (a seed of 32 bytes), written as Go's note package does: `PRIVATE+KEY+name+id+base64`."""

    name: str
    seed: bytes

    @classmethod
    def parse(cls, text: str) -> "SignerKey":
        if not text.startswith("PRIVATE+KEY+"):
            raise BadNote("this is no secret key for notes")
        name, said_id, key = _parts(text.removeprefix("PRIVATE+KEY+"), "+", 2)
        raw = decode(key)
        if len(raw) != 33 or raw[0] != ED25519:
            raise BadNote("this is no secret Ed25519 key for notes")
        made = cls(name, raw[1:])
        if said_id != made.verifier.id.hex():
            raise BadNote(f"the key's id is {made.verifier.id.hex()}, not {said_id}")
        return made

    @property
    def verifier(self) -> VerifierKey:
        return VerifierKey(self.name, self._key().public_key().public_bytes_raw())

    def __str__(self) -> str:
        return f"PRIVATE+KEY+{self.name}+{self.verifier.id.hex()}+{encode(bytes([ED25519]) + self.seed)}"

    def __repr__(self) -> str:
        return f"SignerKey({self.name})"  # a traceback must not tell the secret

    def sign(self, text: str) -> "Line":
        return Line(self.name, self.verifier.id, self._key().sign(text.encode()))

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def _parts(text: str, mark: str, splits: int) -> list[str]:
    parts = text.split(mark, splits)
    if len(parts) != splits + 1 or not is_key_name(parts[0]):
        raise BadNote("this is no key for notes")
    return parts


def is_key_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name))


@dataclass(frozen=True, slots=True)
class Line:
    """One signature line: whose, by which key, and its payload (for Ed25519 the 64 bytes of the signature)."""

    name: str
    key_id: bytes
    payload: bytes

    @classmethod
    def parse(cls, text: str) -> "Line":
        dash, name, payload = [*text.split(" ", 2), "", ""][:3]
        if dash != "—" or not is_key_name(name):
            raise BadNote(f"“{text}” is no signature line")
        raw = decode(payload)
        if len(raw) < 5:
            raise BadNote(f"“{text}” holds no signature")
        return cls(name, raw[:4], raw[4:])

    def __str__(self) -> str:
        return f"— {self.name} {encode(self.key_id + self.payload)}"


@dataclass(frozen=True, slots=True)
class Note:
    """A text, each line ended, and the lines that sign it."""

    text: str
    lines: tuple[Line, ...]

    @classmethod
    def parse(cls, note: str) -> "Note":
        text, gap, below = note.rpartition("\n\n")
        if not gap or not below.endswith("\n"):
            raise BadNote("a signed note has a text, an empty line and signature lines")
        if any(char < " " and char != "\n" for char in note):
            raise BadNote("a signed note has no control characters")
        lines = below[:-1].split("\n")
        if len(lines) > MOST_LINES:
            raise BadNote(f"a note has at most {MOST_LINES} signature lines")
        return cls(text + "\n", tuple(Line.parse(line) for line in lines))

    def __str__(self) -> str:
        return f"{self.text}\n" + "".join(f"{line}\n" for line in self.lines)

    def signed_by(self, keys: Iterable[VerifierKey]) -> set[VerifierKey]:
        """Which of these keys signed it; a failing or repeated line of one is a BadNote, others' lines are ignored."""
        known = {(key.name, key.id): key for key in keys}
        found: set[VerifierKey] = set()
        for line in self.lines:
            key = known.get((line.name, line.key_id))
            if key is None:
                continue
            if key in found or not key.signed(self.text, line.payload):
                raise BadNote(f"a signature of {key.name} does not hold")
            found.add(key)
        return found

    def with_lines(self, lines: Iterable[Line]) -> "Note":
        """The same note with these lines after its own; one that stands there already is not repeated."""
        return Note(self.text, tuple(dict.fromkeys([*self.lines, *lines])))


@dataclass(frozen=True, slots=True)
class Head:
    """What a checkpoint says: which log, how many leaves, and the root over them."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> "Head":
        """The three lines of a checkpoint's text; extension lines are refused, since some sign them and some do not."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0] or not _SIZE.fullmatch(lines[1]):
            raise BadNote("a checkpoint has three lines: its origin, its size, its root")
        root = decode(lines[2])
        if len(root) != 32:
            raise BadNote("a root has 32 bytes")
        return cls(lines[0], int(lines[1]), root)

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{encode(self.root)}\n"


def read_checkpoint(note: str, key: VerifierKey) -> tuple[Head, Note]:
    """A checkpoint that the log itself signed; raises BadNote for anything else."""
    read = Note.parse(note)
    if not read.signed_by([key]):
        raise BadNote(f"{key.name} did not sign this checkpoint")
    head = Head.parse(read.text)
    if head.origin != key.name:
        raise BadNote(f"this is a checkpoint of {head.origin}, not of {key.name}")
    return head, read
