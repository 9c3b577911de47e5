"""The stand-alone verifier on a log of a hundred thousand entries: how much it must remember of each."""

import tracemalloc
from pathlib import Path

import pytest

from ledger import verifier
from tests.ledger.test_verifier import declarations, gives, publish

pytestmark = pytest.mark.soak


class TestSize:
    def test_a_hundred_thousand_entries_in_little_memory(self, tmp_path: Path) -> None:
        count = 100_000
        leaves = [*declarations(), *(gives(str(n % 9 + 1), n=n) for n in range(1, count + 1))]
        publish(tmp_path / "log", leaves)
        del leaves
        tracemalloc.start()
        said, _ = verifier.verify(str(tmp_path / "log"), tmp_path / "kept")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert said["entries"] == count and peak < 100 * count
