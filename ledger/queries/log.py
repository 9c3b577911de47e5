"""Give me: the log, its leaves and its checkpoints."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from ledger.models import Checkpoint, Leaf, Log
from ledger.rules.merkle import EMPTY_ROOT, leaf_hash
from ledger.rules.notes import encode


@dataclass(frozen=True, slots=True)
class Sealed:
    """The entries that a page was drawn from, for the reader's browser to find in the signed log."""

    rows: list[tuple[int, str]]  # the newest first: place in the log, and the hash (base64) of the very text drawn from
    count: int  # how many entries there are
    waiting: int  # how many are so new that no checkpoint covers them

    @property
    def is_all(self) -> bool:
        """Whether each that can be looked up is among the rows."""
        return len(self.rows) + self.waiting == self.count

    @property
    def listed(self) -> str:
        """The rows as a page carries them."""
        return " ".join(f"{index}:{said}" for index, said in self.rows)


def place_in_log(token: int) -> Leaf:
    """The leaf of that token: its bytes, and its index once it has its place in the tree."""
    return Leaf.objects.get(token=token)


MOST_SEALED = 200  # entries that a page lets a browser look up: on a phone that takes less than a second


def sealed(tokens: Iterable[int]) -> Sealed:
    """The entries of these tokens as a page hands them to the reader's browser; of very many, the newest."""
    every = sorted(set(tokens), reverse=True)
    newest = every[:MOST_SEALED]
    published = Checkpoint.objects.order_by("-size").values("size")[:1]
    found = Leaf.objects.filter(token__in=newest, index__lt=published).order_by("-token")
    listed = found.values_list("index", "text")
    rows = [(index, encode(leaf_hash(text.encode()))) for index, text in listed if index is not None]
    return Sealed(rows, len(every), len(newest) - len(rows))


def log_size() -> int:
    """How many leaves have their place in the tree."""
    return Log.objects.values_list("size", flat=True).get()


def journal_state() -> tuple[int, tuple[int, ...]]:
    """A name of what stands in the journal now: leaves with a place in the tree, and the tokens of those without yet.

    Nothing is ever changed or taken away, so equal names of one database mean equal entries."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT size, ARRAY(SELECT token FROM ledger_leaf WHERE index IS NULL ORDER BY 1) FROM ledger_log"
        )
        size, tokens = cursor.fetchone()
    return int(size), tuple(tokens)


def checkpoint(size: int | None = None) -> Checkpoint | None:
    """The checkpoint at a size; the last one where none is given."""
    found = Checkpoint.objects.order_by("-size")
    return (found.filter(size=size) if size is not None else found).first()


def checkpoint_beside(size: int, *, later: bool) -> Checkpoint | None:
    """The checkpoint after, or before, that of a size."""
    found = Checkpoint.objects.filter(size__gt=size) if later else Checkpoint.objects.filter(size__lt=size)
    return found.order_by("size" if later else "-size").first()


def log_root() -> bytes:
    """The root of the last checkpoint: what a member compares."""
    last = checkpoint()
    return bytes(last.root) if last else EMPTY_ROOT


def leaves(*, first: int = 0, last: int | None = None) -> list[Leaf]:
    """The leaves with an index from `first` up to, not including, `last`, in order."""
    found = Leaf.objects.filter(index__gte=first)
    return list((found if last is None else found.filter(index__lt=last)).order_by("index"))
