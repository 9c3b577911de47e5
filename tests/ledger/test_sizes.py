"""One journal as it grows: recorded in bulk, published where tiles fill, and checked by both programs."""

from pathlib import Path

import pytest

from ledger import queries, verifier
from ledger.rules.entries import Draft, Flow
from ledger.services.journal import record_entries
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from tests.ledger.conftest import AT, LOT, declare

pytestmark = pytest.mark.soak

SIZES = (255, 256, 257, 65_535, 65_536, 65_537, 70_000)
BATCH = 5_000


def grow(before: int, size: int) -> None:
    """Deliveries until the log has so many leaves."""
    for first in range(before, size, BATCH):
        record_entries(
            Draft(f"phone/{n}", "transfer", "delivery", (Flow("members/ben/harvest", LOT, "g", 1 + n % 9),), AT)
            for n in range(first, min(first + BATCH, size))
        )


def test_at_every_size_the_log_agrees_with_the_database_and_satisfies_strangers(
    own_database: str, own_log: Path, tmp_path: Path
) -> None:
    declare()
    published = publish_checkpoint()
    for size in SIZES:
        assert published is not None
        grow(published.size, size)
        published = publish_checkpoint()
        assert published is not None and published.size == size
        said, _ = verifier.verify(str(own_log), tmp_path / "kept")
        assert said["size"] == size
    assert verify_log().agrees
    assert queries.balance_of(LOT, "g") > 0
