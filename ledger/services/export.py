"""A copy of the published log, for whoever wants to check it without asking the server again."""

from pathlib import Path

from ledger import queries
from ledger.log_folder import LogFolder, write_durably
from ledger.rules.notes import Head
from ledger.rules.refusal import Refusal
from ledger.services.log import log_folder, publish_checkpoint

ROSTER = "roster.json"


class NothingPublished(Refusal):
    """There is nothing in the log yet."""


def export_log(*, to: Path) -> Head:
    """Publish, and write the log's static tree to a folder, with its public key and the roster of its witnesses."""
    publish_checkpoint()
    head = log_folder().copy_to(LogFolder(to))
    if head is None:
        raise NothingPublished()
    roster = queries.document("roster", "members")
    if roster is not None:
        write_durably(to / ROSTER, queries.place_in_log(roster.pk).text.encode())
    return head
