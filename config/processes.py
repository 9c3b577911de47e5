"""The processes that `run` starts: each carries a token, by which leftovers of a killed run are known.

A process number alone proves nothing; by the next start it may be a stranger's.
"""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from config.folder import DATA, write_private

TOKEN_NAME = "RENNET_RUN_TOKEN"
TOKEN_FILE = DATA / "run.token"
PATIENCE = 10  # seconds that a process has to finish what it does


def new_token() -> None:
    write_private(TOKEN_FILE, secrets.token_hex(16))


def start(command: Sequence[str], extra: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """In a session of its own, so that Ctrl-C reaches only the one who stops them in order."""
    environment = {**os.environ, **extra, TOKEN_NAME: TOKEN_FILE.read_text()}
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)


def stop(started: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in started:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + PATIENCE
    for process in started:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
    end_leftovers()


def end_leftovers() -> None:
    """End what carries the token of the last run, whoever its parent is by now."""
    deadline = time.monotonic() + PATIENCE
    while left := _with_token():
        for number in left:
            _signal(number, signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL)
        time.sleep(0.2)


def _with_token() -> list[int]:
    if not TOKEN_FILE.exists():
        return []
    mark = f"{TOKEN_NAME}={TOKEN_FILE.read_text()}".encode()
    if sys.platform == "linux":
        return [number for number, words in _linux_environments() if mark in words.split(b"\0")]
    shown = subprocess.run(["ps", "-A", "-E", "-w", "-w", "-o", "pid=,command="], capture_output=True).stdout
    return [int(line.split(None, 1)[0]) for line in shown.splitlines() if mark in line.split()]


def _linux_environments() -> list[tuple[int, bytes]]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                found.append((int(folder.name), (folder / "environ").read_bytes()))
            except OSError:
                continue  # another user's, or gone in the meantime
    return found


def _signal(number: int, what: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(number, what)
