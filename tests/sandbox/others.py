"""Emulators of Stripe that others wrote, fetched into the data folder and run beside the tests; nothing of ours needs
them, and a machine that cannot fetch them is told so.

emulate (npm, Apache-2.0) knows Checkout's page and signed webhooks; localstripe (PyPI, GPL-3.0) charges, refunds and
payouts.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from config.folder import open_data

EMULATE, LOCALSTRIPE = "0.11.2", "1.15"
# Both would listen on every address of the machine.
LOOPBACK = """const { Server } = require("node:net"), listen = Server.prototype.listen;
Server.prototype.listen = function (port) { return listen.call(this, Number(port), "127.0.0.1"); };
"""
SERVE = """import sys
from aiohttp import web
from localstripe import resources, server
resources.Store.dump_to_disk = lambda store: None  # it would keep them in a file of /tmp that all runs share
web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""


@contextmanager
def emulate(seed: dict[str, Any]) -> Iterator[str]:
    """The address of a running emulate, seeded (`seed` is its section for Stripe)."""
    folder = open_data() / f"emulate-{EMULATE}"
    program = folder / "node_modules" / "emulate" / "dist" / "index.js"
    if not program.exists():
        _fetch("emulate", ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix",
                           str(folder), f"emulate@{EMULATE}"])  # fmt: skip
    (folder / "loopback.cjs").write_text(LOOPBACK)
    port = _free_port()
    told = folder / f"seed-{port}.json"
    told.write_text(json.dumps({"stripe": seed}))
    command = ["node", "--require", str(folder / "loopback.cjs"), str(program), "--service", "stripe", "--port",
               str(port), "--seed", str(told)]  # fmt: skip
    try:
        with _running(command, port) as address:
            yield address
    finally:
        told.unlink()


@contextmanager
def localstripe() -> Iterator[str]:
    """The address of a running localstripe."""
    python = open_data() / f"localstripe-{LOCALSTRIPE}" / "bin" / "python"
    if not python.exists():
        _fetch("localstripe", ["uv", "venv", "--quiet", "--python", sys.executable, str(python.parents[1])])
        _fetch("localstripe", ["uv", "pip", "install", "--quiet", "--python", str(python), "--only-binary", ":all:",
                               f"localstripe=={LOCALSTRIPE}"])  # fmt: skip
    port = _free_port()
    with _running([str(python), "-c", SERVE, str(port)], port) as address:
        yield address


def _fetch(name: str, command: Sequence[str]) -> None:
    tool = shutil.which(command[0]) or next(
        (str(path) for path in (Path.home() / ".local/bin" / command[0], Path(".data/uv/bin") / command[0])
         if path.exists()), None,
    )  # fmt: skip
    if tool is None:
        pytest.skip(f"NOT RUN against {name}: it comes by {command[0]}, and this machine has none.")
    try:
        subprocess.run([tool, *command[1:]], check=True, capture_output=True, timeout=180)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as no:
        pytest.skip(f"NOT RUN against {name}: {command[0]} could not fetch it ({no}).")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def _running(command: Sequence[str], port: int) -> Iterator[str]:
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ | {"NO_COLOR": "1"}
    )
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until and process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        else:
            process.kill()
            said = process.communicate()[0].decode()
            pytest.fail(f"It did not start: {said[-800:]}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
