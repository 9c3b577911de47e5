"""What was acknowledged is never lost: the server is killed while entries are recorded, again and again."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.folder import PROJECT

pytestmark = pytest.mark.soak

WRITER = """
import sys
from datetime import UTC, datetime
from itertools import count
from ledger.services.journal import record_entry, record_owners, record_unit
at = datetime(2026, 11, 23, 12, tzinfo=UTC)
record_unit(code="g", family="thing", exponent=0, by="coops/fern", at=at)
record_owners([("coops/fern", None), ("members/ben", None)], at=at)
for number in count():
    key = f"{sys.argv[-1]}/{number}"
    flows = [("members/ben/harvest", "coops/fern/lots/beans", "g", 1)]
    record_entry(key=key, action="transfer", purpose="delivery", flows=flows, at=at, by=["members/ben"])
    print(key, flush=True)
"""
READER = """
import sys
from ledger.queries import balance_of, entries_by_key
from django.core.management import call_command
acknowledged = sys.stdin.read().split()
assert len(entries_by_key(acknowledged)) == len(acknowledged)
assert balance_of("coops/fern/lots/beans", "g") + balance_of("members/ben/harvest", "g") == 0
assert balance_of("coops/fern/lots/beans", "g") >= len(acknowledged)
call_command("verify_log")
"""
ROUNDS = 6


def python(data: Path, code: str, *words: str) -> subprocess.Popen[str]:
    """A process that finds its database as every command does."""
    within = f"import django; django.setup()\nfrom config import postgres\nwith postgres.running():\n    exec({code!r})"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "RENNET_"))}
    env = {**kept, "RENNET_DATA": str(data), "DJANGO_SETTINGS_MODULE": "config.settings"}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", within, *words], cwd=PROJECT, env=env, text=True, stdin=pipe, stdout=pipe, stderr=pipe
    )


class TestKilledDatabase:
    def test_every_acknowledged_entry_is_there_and_the_log_agrees(self, tmp_path: Path) -> None:
        data = tmp_path / "data"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "RENNET_"))}
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=PROJECT, env={**kept, "RENNET_DATA": str(data)}, check=True,
        )  # fmt: skip
        chance = random.Random(7)
        acknowledged: list[str] = []
        for turn in range(ROUNDS):
            writer = python(data, WRITER, f"round-{turn}")
            assert writer.stdout and writer.stderr
            first = writer.stdout.readline()
            assert first, writer.stderr.read()
            time.sleep(chance.uniform(0.2, 2))
            os.kill(int((data / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0]), signal.SIGKILL)
            rest, _ = writer.communicate(timeout=60)
            acknowledged += [first.strip(), *rest.split()]
            _, faults = (reader := python(data, READER)).communicate("\n".join(acknowledged), timeout=120)
            assert reader.returncode == 0, faults
        assert len(acknowledged) > ROUNDS
