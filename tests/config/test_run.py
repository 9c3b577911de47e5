"""`manage.py run` as a person meets it: ready, stopped, killed, started again."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.folder import PROJECT

pytestmark = pytest.mark.quick


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


class Run:
    def __init__(self, data: Path, port: int) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "RENNET_"))}
        env = {**kept, "RENNET_DATA": str(data), "RENNET_DEMO": "no", "PORT": str(port), "WEB_WORKERS": "1"}
        env.pop("MAKELEVEL", None)
        self.data, self.port = data, port
        self.words = data.with_suffix(".words")
        with self.words.open("w") as words:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "run"], cwd=PROJECT, env=env, stdout=words, stderr=words,
                # As from a terminal, also where the tests themselves run under nohup.
                preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
            )  # fmt: skip

    def wait(self, seconds: int = 170) -> float:
        """The seconds until it said that it is ready."""
        began = time.monotonic()
        while "Rennet is ready" not in self.words.read_text():
            assert time.monotonic() - began < seconds and self.process.poll() is None, self.words.read_text()
            time.sleep(0.1)
        return time.monotonic() - began

    def status(self, path: str) -> int:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        link.request("GET", path, headers={"Host": "localhost"})
        return link.getresponse().status

    def end(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        assert self.process.wait(60) == 0, self.words.read_text()
        assert self.left() == [] and "Traceback" not in self.words.read_text()

    def left(self) -> list[str]:
        """The processes that still belong to this data folder."""
        mark = f"RENNET_DATA={self.data}".encode()
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    environment, command = (folder / "environ").read_bytes(), (folder / "cmdline").read_bytes()
                except OSError:
                    continue
                if mark in environment.split(b"\0"):
                    found.append(command.replace(b"\0", b" ").decode())
        return found


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    yield folder
    pid_file = folder / "postgres" / "postmaster.pid"
    if pid_file.exists():
        os.kill(int(pid_file.read_text().split("\n", 1)[0]), signal.SIGQUIT)


class TestRun:
    def test_is_ready_stops_cleanly_and_starts_again_fast(self, data: Path) -> None:
        first = Run(data, free_port())
        first.wait()
        assert first.status("/healthz/ready") == first.status("/") == 200
        assert first.status("/static/look/rennet.css") == 200
        assert re.search(rf"http://localhost:{first.port}\n", first.words.read_text())

        again = Run(data, free_port())
        assert again.process.wait(60) == 1
        assert f"Rennet already runs from this folder, at http://localhost:{first.port}" in again.words.read_text()

        taken = Run(data.with_name("other"), first.port)
        assert taken.process.wait(60) == 1
        assert f"Port {first.port} cannot be had" in taken.words.read_text()

        first.end(signal.SIGTERM)
        second = Run(data, free_port())
        second.wait()
        second.end(signal.SIGINT)

    def test_what_a_killed_run_left_behind_is_ended_and_a_stranger_is_not(self, data: Path) -> None:
        first = Run(data, free_port())
        first.wait()
        stranger = subprocess.Popen(["sleep", "300"])
        first.process.kill()
        first.process.wait()
        assert first.left()
        second = Run(data, first.port)
        second.wait()
        assert second.status("/healthz/ready") == 200
        second.end(signal.SIGHUP)
        assert stranger.poll() is None
        stranger.kill()
        stranger.wait()
