"""Give me: rosters of witnesses, and what they signed."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from ledger.models import Checkpoint, Cosignature, Document, Quorum
from ledger.rules.witnesses.rosters import KIND, NAME, Roster, read_roster
from ledger.rules.witnesses.succession import HAND_OVER


@dataclass(frozen=True, slots=True)
class WitnessSeen:
    """A witness, and the newest checkpoint that it signed: its size, and when the signature came; None: never."""

    owner: str
    size: int | None
    at: datetime | None


def roster_document(size: int | None = None) -> Document | None:
    """The roster that counts for a checkpoint of `size` leaves, for the newest of all where no size is given: the last
    one to which a quorum handed over, and before that the first."""
    handed_over = _last_document(HAND_OVER, size)
    version = handed_over.body["roster"] if handed_over else 1
    return _among(Document.objects.filter(kind=KIND, name=NAME, version=version), size).first()


def newest_roster_document(size: int | None = None) -> Document | None:
    """The last roster among the first `size` leaves, though it may wait for a quorum of the one before."""
    return _last_document(KIND, size)


def hand_overs(size: int) -> list[tuple[Document, Document, Document]]:
    """Each hand-over among the first `size` leaves in order: the roster before, the document, the roster after."""
    rosters = {document.version: document for document in Document.objects.filter(kind=KIND, name=NAME)}
    found, before = [], 1
    for document in _among(Document.objects.filter(kind=HAND_OVER, name=NAME), size).order_by("version"):
        found.append((rosters[before], document, rosters[document.body["roster"]]))
        before = document.body["roster"]
    return found


def _last_document(kind: str, size: int | None) -> Document | None:
    return _among(Document.objects.filter(kind=kind, name=NAME), size).order_by("-version").first()


def _among(found: QuerySet[Document], size: int | None) -> QuerySet[Document]:
    return (found if size is None else found.filter(token__index__lt=size)).select_related("token")


def roster(size: int | None = None) -> Roster | None:
    """Who may witness a checkpoint of `size` leaves; None while nobody was enrolled."""
    found = roster_document(size)
    return read_roster(found.token.text) if found else None


def signatures_under(size: int) -> dict[str, bytes]:
    """The witnesses' own signatures under a checkpoint, by witness."""
    rows = Cosignature.objects.filter(checkpoint_id=size).values_list("witness", "signature")
    return {witness: bytes(signature) for witness, signature in rows}


def newest_signed(among: int = 20) -> tuple[Checkpoint, Roster, dict[int, bytes]] | None:
    """The newest checkpoint that a quorum signed (looked for among the last few that anybody did), with its roster and
    the signatures by their witnesses' places; None where there is none."""
    for found in Checkpoint.objects.filter(cosignatures__isnull=False).distinct().order_by("-size")[:among]:
        by, signed = roster(found.size), signatures_under(found.size)
        if by and len(signed) >= by.quorum:
            places = {n: signed[row.owner] for n, row in enumerate(by.witnesses) if row.owner in signed}
            return found, by, places
    return None


def quorum(size: int | None = None) -> Quorum | None:
    """The members' line under the checkpoint of that size; the newest there is where none is given."""
    found = Quorum.objects.order_by("-checkpoint_id")
    return (found.filter(checkpoint_id=size) if size is not None else found).first()


def witnesses_seen(by: Roster | None) -> list[WitnessSeen]:
    """Every witness of a roster in its order, with the newest checkpoint it signed."""
    rows = Cosignature.objects.order_by("witness", "-checkpoint_id").distinct("witness")
    seen = {witness: (size, at) for witness, size, at in rows.values_list("witness", "checkpoint_id", "at")}
    return [WitnessSeen(row.owner, *seen.get(row.owner, (None, None))) for row in (by.witnesses if by else ())]
