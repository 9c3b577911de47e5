"""How a witness shows who it is where entries are for members alone: it signs the time, and may read for a while."""

from dataclasses import dataclass

from ledger.rules.witnesses.bls import SIGNATURE, is_signed, sign
from ledger.rules.witnesses.rosters import Roster

SCHEME = "Rennet-Witness"
PATIENCE = 300  # seconds that a signed time is taken for now, either way


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks to read, when (seconds since 1970), and the signature over that."""

    owner: str
    at: int
    signature: bytes

    def __str__(self) -> str:
        return f"{SCHEME} {self.owner} {self.at} {self.signature.hex()}"

    @classmethod
    def parse(cls, header: str) -> "Asking | None":
        """What an Authorization header says; None where it says something else."""
        scheme, *parts = header.split(" ")
        if scheme != SCHEME or len(parts) != 3 or not parts[1].isascii() or not parts[1].isdigit():
            return None
        try:
            signature = bytes.fromhex(parts[2])
        except ValueError:
            return None
        return cls(parts[0], int(parts[1][:15]), signature) if len(signature) == SIGNATURE else None

    def may_read(self, roster: Roster, origin: str, now: int) -> bool:
        """Whether a witness of this roster signed that it reads this log now."""
        place = roster.place_of(self.owner)
        if place is None or abs(now - self.at) > PATIENCE:
            return False
        return is_signed(roster.witnesses[place].key, _message(origin, self.owner, self.at), self.signature)


def ask(secret: int, owner: str, origin: str, now: int) -> Asking:
    return Asking(owner, now, sign(secret, _message(origin, owner, now)))


def _message(origin: str, owner: str, at: int) -> bytes:
    """Begins otherwise than what is signed of a checkpoint, so that neither can be taken for the other."""
    return f"rennet-witness-reads/v1\n{origin}\n{owner}\n{at}\n".encode()
