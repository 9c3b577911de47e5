"""Witnessing on the server: who may sign, each signature that is handed in, and the line they make together.

The server never signs for a witness. It keeps every signature as it came, and adds them up where there are enough.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from ledger import queries
from ledger.models import Checkpoint, Cosignature, Quorum
from ledger.rules.laws import UnknownOwner
from ledger.rules.notes import Head, Line, Note
from ledger.rules.refusal import NotFound, Refusal
from ledger.rules.witnesses.bls import BadWitnessSignature, is_signed
from ledger.rules.witnesses.cosignatures import line_name, members_line, message
from ledger.rules.witnesses.rosters import KIND, NAME, Roster, Witness, enrolled, read_roster, roster_body
from ledger.rules.witnesses.succession import HAND_OVER, hand_over_body
from ledger.services.journal import record_document
from ledger.services.log import log_folder, read_key

SLOW, TOO_LONG = 90.0, 600.0  # seconds that a checkpoint waits for those who come late, and for a quorum at all


class NoSuchCheckpoint(NotFound):
    """This log has no checkpoint of {size} records."""


class NotPublished(NotFound):
    """Nothing of this log is published yet."""


class NoWitness(Refusal):
    """{witness} is no witness of this log at {size} records."""

    status = 403


class SignedOtherwise(Refusal):
    """{witness} signed this checkpoint before, with another signature."""


def enrol_witness(*, owner: str, key: bytes, proof: bytes, by: str, at: datetime) -> int:
    """Add one witness; see `enrol_witnesses`."""
    return enrol_witnesses(new=[Witness(owner, key, proof)], by=by, at=at)


def enrol_witnesses(*, new: Sequence[Witness], by: str, at: datetime) -> int:
    """Add witnesses to the roster, as its next version, and return that version; who is there already changes nothing.

    The first roster counts at once, a later one once `hand_over` recorded that a quorum of the one before signed a
    checkpoint with it. The quorum follows: of n witnesses fewer than a third may be dishonest. Raises a Refusal for an
    owner that was never declared, and for a key that is another's, an inverse, or whose possession is not proved.
    """
    last = queries.newest_roster_document()
    rows = read_roster(last.token.text).witnesses if last else ()
    added = [witness for witness in new if witness not in rows]
    if last and not added:
        return last.version
    for witness in added:
        if not queries.is_owner_declared(witness.owner):
            raise UnknownOwner(owner=witness.owner)
        rows = enrolled(rows, witness)
    return record_document(kind=KIND, name=NAME, body=roster_body(rows), by=by, at=at)


def hand_over(*, at: datetime) -> int | None:
    """Let a new roster count, once a quorum of the one before signed a checkpoint that contains it; its version.

    None where none waits, or the quorum has not signed yet. Runs after `publish_quorum`; safe to run at any time.
    """
    signed = queries.quorum()
    before, after = queries.roster_document(), queries.newest_roster_document(signed.checkpoint_id if signed else 0)
    if signed is None or before is None or after is None or after.version <= before.version:
        return None
    if queries.roster_document(signed.checkpoint_id) != before:
        return None  # those who signed are no longer the ones to say so
    body = hand_over_body(after.version, head_of(signed.checkpoint), Line.parse(signed.line))
    by = json.loads(after.token.text)["by"]
    record_document(kind=HAND_OVER, name=NAME, body=body, by=by, at=at)
    return after.version


def hand_in_cosignature(*, size: int, witness: str, signature: bytes) -> Cosignature:
    """Keep a witness's signature under the checkpoint of `size` records, once it is verified; again changes nothing."""
    known = Cosignature.objects.filter(checkpoint_id=size, witness=witness).first()
    if known:
        return _the_same(known, signature)
    checkpoint = queries.checkpoint(size)
    if checkpoint is None:
        raise NoSuchCheckpoint(size=size)
    document, roster = queries.roster_document(size), queries.roster(size)
    place = roster.place_of(witness) if roster else None
    if document is None or roster is None or place is None:
        raise NoWitness(witness=witness, size=size)
    if not is_signed(roster.witnesses[place].key, message(roster, head_of(checkpoint).text), signature):
        raise BadWitnessSignature(why=f"it is not that of {witness} under {size} records")
    try:
        with transaction.atomic():
            return Cosignature.objects.create(
                checkpoint=checkpoint, roster=document, witness=witness, signature=signature
            )
    except IntegrityError:  # the same one came twice at once
        return _the_same(Cosignature.objects.get(checkpoint_id=size, witness=witness), signature)


def _the_same(known: Cosignature, signature: bytes) -> Cosignature:
    if bytes(known.signature) != signature:
        raise SignedOtherwise(witness=known.witness)
    return known


def publish_quorum() -> Quorum | None:
    """Add up the signatures under the newest checkpoint that enough witnesses signed, and publish it beside the log.

    None while nothing new came. The line goes into the published checkpoint too where that is the same one. Runs where
    the log is published; safe to run at any time.
    """
    found = queries.newest_signed()
    if found is None:
        return None
    checkpoint, roster, signatures = found
    known = Quorum.objects.filter(checkpoint=checkpoint).first()
    if known and known.signed >= len(signatures):
        return None
    text = head_of(checkpoint).text
    line = members_line(roster, log_name(), text, signatures)
    with log_folder().alone():
        _publish(checkpoint, roster, Note(text, (line,)))
    row, _ = Quorum.objects.update_or_create(
        checkpoint=checkpoint, defaults={"signed": len(signatures), "line": str(line)}
    )
    return row


def ask_witnesses(*, at: datetime) -> None:
    """Ask all witnesses for the same checkpoint, until enough of them have signed it.

    A log that grows each second has many checkpoints; witnesses that each signed another would never be a quorum.
    Runs where the log is published, after that.
    """
    folder = log_folder()
    with folder.alone():
        note, head = folder.note(), folder.head()
        asked, since = folder.asked()
        if note is None or head is None or (asked and asked.size == head.size):
            return
        if asked is None or _is_done(asked.size, at.timestamp() - since):
            said = Note.parse(note)
            folder.ask(Note(said.text, tuple(line for line in said.lines if line.name == head.origin)))


def _is_done(size: int, waited: float) -> bool:
    """All signed; or enough did, and the slow had their time; or it has waited too long for anybody."""
    roster, signed = queries.roster(size), len(queries.signatures_under(size))
    if roster is None or signed >= len(roster.witnesses):
        return True
    return waited >= (SLOW if signed >= roster.quorum else TOO_LONG)


def _publish(checkpoint: Checkpoint, roster: Roster, signed: Note) -> None:
    folder, key = log_folder(), read_key()
    head = folder.head()
    if head is None or folder.tree(head.size).root(checkpoint.size) != bytes(checkpoint.root):
        raise NoSuchCheckpoint(size=checkpoint.size)  # what was published is another past than the row's
    note = Note(signed.text, (key.sign(signed.text), *signed.lines))
    folder.publish_witnessed(note)
    if head.size == checkpoint.size:
        published = Note.parse(folder.note() or "")
        others = [line for line in published.lines if line.name != line_name(key.name)]
        folder.publish(Note(published.text, (*others, *signed.lines)), key.verifier)


def head_of(checkpoint: Checkpoint) -> Head:
    """What the checkpoint of this row says, under this log's name."""
    return Head(log_name(), checkpoint.size, bytes(checkpoint.root))


def log_name() -> str:
    """The name in the key that is published with the log."""
    key = log_folder().key()
    if key is None:
        raise NotPublished()
    return key.name
