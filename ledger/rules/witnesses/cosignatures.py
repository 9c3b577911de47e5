"""What witnesses sign, and the line of a checkpoint that shows how many did.

All sign one message, so that one check serves them all. The line is a signature line of a C2SP signed note
(https://c2sp.org/signed-note) of a type of our own; its payload is a bitmap of who signed, in the roster's order, and
the aggregate of their signatures.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping

from ledger.rules import notes
from ledger.rules.notes import Line
from ledger.rules.refusal import Refusal
from ledger.rules.witnesses.bls import SIGNATURE, aggregate, is_signed_by_all
from ledger.rules.witnesses.rosters import Roster

NAME = "rennet-members/v1"
TYPE = b"\xff" + NAME.encode()


class NoQuorum(Refusal):
    """This is not signed by a quorum of the members' witnesses: {why}."""


def message(roster: Roster, text: str) -> bytes:
    """What each witness signs of a checkpoint: `text` is the note's, to its last newline included."""
    return f"{NAME}\nroster {b64encode(roster.digest).decode()}\n{text}".encode()


def key_id(roster: Roster, origin: str) -> bytes:
    """The four bytes by which a line says of which roster it is: as the spec's, with the digest for a public key."""
    return notes.key_id(line_name(origin), TYPE + roster.digest)


def line_name(origin: str) -> str:
    return f"{origin}/members"


def bitmap(roster: Roster, places: Iterable[int]) -> bytes:
    """Who signed: bit n mod 8 (lowest first) of byte n div 8 stands for the witness at place n."""
    bits = sum(1 << place for place in places)
    return bits.to_bytes((len(roster.witnesses) + 7) // 8, "little")


def members_line(roster: Roster, origin: str, text: str, signatures: Mapping[int, bytes]) -> Line:
    """The line for signatures by their witnesses' places. Each is verified before it is added."""
    if len(signatures) < roster.quorum:
        raise NoQuorum(why=f"{len(signatures)} of {roster.quorum} signed")
    rows = roster.witnesses
    together = aggregate(message(roster, text), [(rows[at].key, signature) for at, signature in signatures.items()])
    return Line(line_name(origin), key_id(roster, origin), bitmap(roster, signatures) + together)


def signers(roster: Roster, origin: str, text: str, line: Line) -> list[int]:
    """Who signed, as places in the roster; refuses a line that is not this roster's, is short of a quorum, or false."""
    wide = (len(roster.witnesses) + 7) // 8
    if (line.name, line.key_id) != (line_name(origin), key_id(roster, origin)):
        raise NoQuorum(why="the line is of another log or roster")
    if len(line.payload) != wide + SIGNATURE:
        raise NoQuorum(why="the line has another length")
    bits = int.from_bytes(line.payload[:wide], "little")
    if bits >> len(roster.witnesses):
        raise NoQuorum(why="it counts witnesses that are not in the roster")
    places = [place for place in range(len(roster.witnesses)) if bits >> place & 1]
    if len(places) < roster.quorum:
        raise NoQuorum(why=f"{len(places)} of {roster.quorum} signed")
    keys = [roster.witnesses[place].key for place in places]
    if not is_signed_by_all(keys, message(roster, text), line.payload[wide:]):
        raise NoQuorum(why="the signature is false")
    return places


def quorum_of(roster: Roster, note: notes.Note, origin: str) -> list[int] | None:
    """Who of the roster signed a checkpoint, as places; None where no line is theirs. A false line is refused."""
    found = [line for line in note.lines if (line.name, line.key_id) == (line_name(origin), key_id(roster, origin))]
    if len(found) > 1:
        raise NoQuorum(why="there are two lines of one roster")
    return signers(roster, origin, note.text, found[0]) if found else None
