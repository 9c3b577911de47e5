"""A witness: its own machine, its own key, its own memory. It signs what it read in whole and found lawful, once.

It keeps four things in a folder: `keystore.json` (its key, EIP-2335), `witness.json` (who it is, and which log),
`checkpoint` (the last one it signed, verbatim) and `evidence/` (whatever contradicted that).
"""

import fcntl
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from urllib.request import Request

from ledger.log_folder import ASKED, CHECKPOINT, write_durably
from ledger.log_source import Address, Folder, LogSource, NothingThere, is_address, leaves_from
from ledger.rules.notes import BadNote, Head, VerifierKey, read_checkpoint
from ledger.rules.refusal import Refusal
from ledger.rules.replay import Replay
from ledger.rules.witnesses.bls import prove_possession, public_key, sign
from ledger.rules.witnesses.cosignatures import message
from ledger.rules.witnesses.derivation import key_at, path_for
from ledger.rules.witnesses.keystores import WORK, open_keystore, write_keystore
from ledger.rules.witnesses.reading import ask

HAND_IN = "api/1/log/cosignatures/"


class NoWitnessHere(Refusal):
    """There is no witness in {home}. Make its key first: manage.py witness make-key."""


class WitnessExists(Refusal):
    """There is a witness in {home} already; its key is not written over."""


class OtherHistory(Refusal):
    """This log shows another history than the one we signed: {why}. We sign nothing; both are kept in {evidence}."""


class LogIsWrong(Refusal):
    """Record {index} of this log is wrong: {why}. We sign nothing."""


class NotSignedByTheLog(Refusal):
    """This checkpoint was not signed by the log we know: {why}."""


class MemoryIsBroken(Refusal):
    """What we signed last cannot be read from {path}: {why}. We sign nothing until it is put back."""


class NotInRoster(Refusal):
    """{owner} does not stand in the log's roster with our key. Whoever runs the log enrols witnesses, and a quorum of
    those before must sign once more until a new one counts."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a witness is (an owner's address), the log's public key, where that log is read, and where we sign in."""

    owner: str
    vkey: str
    log: str
    server: str


@dataclass(frozen=True, slots=True)
class Signed:
    """A witness's signature under the checkpoint of `size` leaves."""

    size: int
    witness: str
    signature: bytes


def make_witness(
    home: Path, identity: Identity, password: str, chance: bytes, *, work: int = WORK
) -> tuple[bytes, bytes]:
    """Make a key in an empty folder, from 80 random bytes; answers its public key and the proof of possession."""
    origin = VerifierKey.parse(identity.vkey).name
    if (home / "keystore.json").exists():
        raise WitnessExists(home=home)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret = key_at(chance[:32], path_for(origin))
    kept = write_keystore(secret, password, path_for(origin), chance[32:80], work=work)
    write_durably(home / "keystore.json", kept.encode(), mode=0o600)
    write_durably(home / "witness.json", json.dumps(asdict(identity), indent=2).encode(), mode=0o600)
    return public_key(secret), prove_possession(secret)


class WitnessMachine:
    """Reads on where it stopped, as long as it runs; a new one reads the log from its first record."""

    def __init__(self, home: Path, password: str) -> None:
        self.home = home
        self.identity = read_identity(home)
        self.key = VerifierKey.parse(self.identity.vkey)
        self._secret = open_keystore((home / "keystore.json").read_text(), password)
        self._source = self._open(self.identity.log)
        self._forget()

    def _open(self, where: str) -> LogSource:
        """The log where it is; at an address we show who we are, since entries may be for members alone."""
        if not is_address(where):
            return Folder(Path(where).expanduser())
        owner, origin = self.identity.owner, self.key.name
        return Address(where, lambda: {"Authorization": str(ask(self._secret, owner, origin, int(time.time())))})

    def _forget(self) -> None:
        self._replay = Replay()

    def sign(self) -> Signed | None:
        """Look at the log, check all that is new, remember its checkpoint on the disk, and only then sign it.

        None while it has not grown since this machine last signed. Raises a Refusal, and signs nothing, where the log
        is not signed by the key we know, shows another history, breaks a law, or does not name us in its roster.
        """
        with self._alone():
            try:
                said = self._asked().decode()
                head, note = read_checkpoint(said, self.key)
            except ValueError as error:
                raise NotSignedByTheLog(why=error) from error
            kept = self.kept()
            if self._replay.frontier.size == head.size and kept == head:
                return None
            self._refuse_other_history(kept, head, said)
            self._read_on(kept, head, said)
            roster = self._replay.succession.roster
            place = roster.place_of(self.identity.owner) if roster else None
            if roster is None or place is None or roster.witnesses[place].key != public_key(self._secret):
                raise NotInRoster(owner=self.identity.owner)
            write_durably(self.home / "checkpoint", said.encode())
            return Signed(head.size, self.identity.owner, sign(self._secret, message(roster, note.text)))

    def _asked(self) -> bytes:
        """The checkpoint that all witnesses are asked for; a log that asks for none is signed where it is."""
        try:
            return self._source.read(ASKED)
        except NothingThere:
            return self._source.read(CHECKPOINT)

    def kept(self) -> Head | None:
        """The last head we signed."""
        try:
            said = (self.home / "checkpoint").read_text()
        except FileNotFoundError:
            return None
        try:
            return read_checkpoint(said, self.key)[0]
        except BadNote as error:
            raise MemoryIsBroken(path=self.home / "checkpoint", why=error) from error

    def _refuse_other_history(self, kept: Head | None, head: Head, said: str) -> None:
        if kept and head.size < kept.size:
            raise self._evidence(said, f"it has {head.size} records, and had {kept.size}")
        if kept and head.size == kept.size and head.root != kept.root:
            raise self._evidence(said, f"its {head.size} records have another root")

    def _read_on(self, kept: Head | None, head: Head, said: str) -> None:
        """Replay what is new; at the size we signed last the root must be the one we signed."""
        if head.size < self._replay.frontier.size:
            self._forget()
        replay, began = self._replay, self._replay.frontier.size
        for text in leaves_from(self._source, began, head.size):
            body = next(replay.read([text]), None)
            if body is None or replay.fault:
                self._wrong(replay.fault.why if replay.fault else "it cannot be read", replay.frontier.size)
            if kept and replay.frontier.size == kept.size and replay.frontier.root() != kept.root:
                self._forget()
                raise self._evidence(said, f"its first {kept.size} records have another root")
        if replay.frontier.root() != head.root:
            if began:  # not what we read before: from its first record it can be told apart from another history
                self._forget()
                self._read_on(kept, head, said)
                return
            self._wrong("all records together have another root than the log signed", head.size - 1)

    def _wrong(self, why: str, index: int) -> None:
        self._forget()
        raise LogIsWrong(index=index, why=why)

    def _evidence(self, said: str, why: str) -> OtherHistory:
        """Both signed checkpoints, kept under a name that the same evidence has again."""
        path = self.home / "evidence" / f"{sha256(said.encode()).hexdigest()[:16]}.txt"
        write_durably(path, f"{(self.home / 'checkpoint').read_text()}\n{said}".encode())
        return OtherHistory(why=why, evidence=path)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """What we remember and what we sign is one step: two machines on one folder take turns."""
        with open(self.home / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def read_identity(home: Path) -> Identity:
    """Who the witness in this folder is."""
    try:
        return Identity(**json.loads((home / "witness.json").read_text()))
    except FileNotFoundError:
        raise NoWitnessHere(home=home) from None


def hand_in(server: str, signed: Signed) -> None:
    """Send a signature to the server; raises CannotBeRead with its words where it does not take it."""
    body = {"size": signed.size, "witness": signed.witness, "signature": signed.signature.hex()}
    request = Request(
        f"{server.rstrip('/')}/{HAND_IN}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Accept": "application/json"},
    )
    Address(server).send(request, HAND_IN)
