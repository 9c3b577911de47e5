"""The log: every committed record is given its place in the tree, and the tree its root."""

from django.db import connection, transaction

from ledger import queries
from ledger.models import Checkpoint, Leaf
from ledger.rules.merkle import Frontier


def publish_checkpoint() -> Checkpoint | None:
    """Sequence what was committed since, grow the tree by it, and keep its root; None while there is nothing at all.

    Safe to run at any time, by several at once and after a crash: the row of the log is its lock.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT ledger_sequence()")
        (size,) = cursor.fetchone()
        last = queries.checkpoint()
        if (last is None and size == 0) or (last is not None and last.size == size):
            return last
        frontier = Frontier.unpack(last.size, bytes(last.frontier)) if last else Frontier()
        hashes = Leaf.objects.filter(index__gte=frontier.size).order_by("index").values_list("hash", flat=True)
        frontier.append(bytes(found) for found in hashes.iterator(chunk_size=10_000))
        cursor.execute(
            "SELECT ledger_keep_checkpoint(%s, %s, %s)",
            [size, frontier.root(), frontier.pack()],
        )
        return queries.checkpoint(size)
