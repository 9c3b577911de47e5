"""Publishing, and checking what was published: leaves a second, and the verifier beside hledger.

One journal of a hundred thousand entries is recorded in batches, published, exported for hledger, and checked by both:
`verifier.py` replays the log by every law, `hledger balance` sums the same entries. Each runs alone, as a stranger runs
it, and the two take turns; the ratio of their seconds counts, and what each must remember of an entry.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from itertools import batched
from pathlib import Path
from statistics import median

from django.conf import settings
from django.db import connection

from bench import scratch
from bench.recording import declare, draft
from config.folder import PROJECT
from ledger import queries
from ledger.log_folder import LogFolder
from ledger.rules import plaintext
from ledger.services.journal import record_entries
from ledger.services.log import publish_checkpoint

ENTRIES, FEW, BATCH, TURNS = 100_000, 20_000, 2_000, 3
VERIFIER = [sys.executable, "-I", PROJECT / "ledger" / "verifier.py"]


def run() -> None:
    """Print leaves published a second, what a long recording adds to memory, and the verifier's ratio to hledger."""
    with scratch.database(), tempfile.TemporaryDirectory() as scrap:
        folder = Path(scrap)
        settings.LOG_FOLDER, settings.LOG_KEY = folder / "log", folder / "log.key"
        declare()
        early = _record(0, FEW)
        publish_checkpoint()
        LogFolder(settings.LOG_FOLDER).copy_to(LogFolder(folder / "few"))
        late = _record(FEW, ENTRIES)
        print(f"recording in batches of {BATCH:,}: {early:.0f} MB after {FEW:,} entries, {late:.0f} after {ENTRIES:,}")
        began = time.perf_counter()
        publish_checkpoint()
        print(f"publishing: {(ENTRIES - FEW) / (time.perf_counter() - began):,.0f} leaves/s")
        journal = folder / "journal"
        with journal.open("w", encoding="utf-8") as out:
            out.writelines(plaintext.hledger(queries.each_entry(), queries.exponents()))
        _beside_hledger(folder, journal)


def _record(first: int, last: int) -> float:
    """Record these entries; the private memory of this process and of its database's, in megabytes."""
    for numbers in batched(range(first, last), BATCH):
        record_entries([draft(n, "long") for n in numbers])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    return (
        sum(_kilobytes(Path(f"/proc/{process}/status").read_text(), "RssAnon") for process in (os.getpid(), backend))
        / 1024
    )


def _beside_hledger(folder: Path, journal: Path) -> None:
    if not shutil.which("hledger"):
        print("hledger is not installed, so the verifier has nobody beside it.")
        return
    pairs, each = [], 0.0
    for turn in range(TURNS):
        (_, base), (ours, peak) = (_alone([*VERIFIER, folder / log, "--keep", folder / f"kept-{log}-{turn}"])
                                     for log in ("few", "log"))  # fmt: skip
        theirs, _ = _alone(["hledger", "balance", "-f", journal])
        pairs.append((ours / theirs, ours, theirs))
        each = max(each, (peak - base) / (ENTRIES - FEW))
    ratio, ours, theirs = (median(column) for column in zip(*pairs, strict=True))
    print(f"checking {ENTRIES:,} entries: verifier.py {ours:.1f} s, hledger balance {theirs:.1f} s; ratio {ratio:.2f} "
          f"({min(pairs)[0]:.2f} to {max(pairs)[0]:.2f}); each entry takes {each:.0f} bytes of memory")  # fmt: skip


def _alone(command: list[str | Path]) -> tuple[float, int]:
    """The seconds a command takes, and the most memory it had, in bytes. Raises where it fails."""
    began, peak = time.perf_counter(), 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as child:
        status = Path(f"/proc/{child.pid}/status")
        while child.poll() is None:  # what a finished child tells of itself includes what its parent had before
            with suppress(ProcessLookupError):
                peak = max(peak, _kilobytes(status.read_text(), "VmHWM"))
            time.sleep(0.02)
    if child.returncode:
        raise RuntimeError(f"{command[0]} failed")
    return time.perf_counter() - began, peak * 1024


def _kilobytes(status: str, name: str) -> int:
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{name}:")), 0)
