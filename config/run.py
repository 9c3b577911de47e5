"""`make run`: everything the program needs, started in order, watched, and stopped in order."""

import contextlib
import fcntl
import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command, get_commands
from django.db import connections

from config import environment, postgres, processes, static
from config.folder import DATA, Trouble, kept_secret, write_private
from config.messages import compile_messages

HOST = environment.text("HOST", "127.0.0.1")
WORKERS = environment.number("WEB_WORKERS", min(os.cpu_count() or 1, 4), least=1)
THREADS = environment.number("WEB_THREADS", 4, least=1)
STARTING = 60  # seconds until the server must answer
# Without a key of Stripe's, a stand-in for it; the others read its address from this file (config/settings.py).
SANDBOX_PORT = environment.number("STRIPE_SANDBOX_PORT", (settings.PORT + 1000) % 65_000 or 1024, least=1, most=65535)
SANDBOX_ADDRESS = DATA / "stripe_sandbox.address"
SETTLES_AFTER = 60  # seconds until a card's money is available; at Stripe it takes days


def run() -> None:
    started: list[subprocess.Popen[bytes]] = []
    with open(DATA / "run.lock", "a+") as lock:
        _be_the_only_one(lock)
        processes.end_leftovers()
        try:
            _prepare()
            started += _start_sandbox()
            # The server first and alone of the rest: somebody waits for it.
            for command, extra in _parts():
                started.append(processes.start(command, extra))
                _wait_until_ready(started)
            _greet()
            _watch(started)
        except (KeyboardInterrupt, SystemExit):
            _say("Stopping …")
        finally:
            SANDBOX_ADDRESS.unlink(missing_ok=True)
            # A second Ctrl-C must not leave half of it running.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            processes.stop(started)


def _prepare() -> None:
    _refuse_a_taken_port()
    compile_messages()
    static.collect()
    _make_demo()
    connections.close_all()
    processes.new_token()


def _parts() -> list[tuple[list[str], dict[str, str]]]:
    python = sys.executable
    server = [
        *(python, "-m", "granian", "config.wsgi:application", "--interface", "wsgi", "--no-ws"),
        *("--host", HOST, "--port", str(settings.PORT), "--workers", str(WORKERS), "--blocking-threads", str(THREADS)),
        *("--respawn-failed-workers", "--log-level", "warning"),
    ]  # fmt: skip
    celery = [python, "-m", "celery", "--app", "config.celery", "--quiet"]
    quiet = ["--loglevel", "WARNING"]
    worker = [*celery, "worker", "--concurrency", "2", "--without-gossip", "--without-mingle", *quiet]
    clock = [*celery, "beat", "--schedule", str(DATA / "clock"), "--pidfile", "", *quiet]
    # The file broker moves a message through the temporary folder; there it must stay on one disk, and private.
    # Who starts it as root has been told so; the messages are JSON, so what Celery warns of cannot happen.
    passage = {"TMPDIR": str(DATA / "broker"), "PYTHONWARNINGS": "ignore:You're running the worker with superuser"}
    return [(server, {"DATABASE_POOL": str(THREADS)}), (worker, passage), (clock, passage)]


def _start_sandbox() -> list[subprocess.Popen[bytes]]:
    """Never beside a database from outside, whose books are real."""
    if environment.text("STRIPE_SECRET_KEY") or not postgres.is_embedded():
        return []
    _refuse_a_taken_port(SANDBOX_PORT, "STRIPE_SANDBOX_PORT")
    host = urlsplit(settings.PUBLIC_ADDRESS).hostname or "localhost"
    address = f"http://{host}:{SANDBOX_PORT}"
    command = [
        *(
            sys.executable,
            "-m",
            "config.stripe_sandbox",
            "--host",
            HOST,
            "--port",
            str(SANDBOX_PORT),
            "--public",
            address,
        ),
        *("--data", str(DATA / "stripe_sandbox.sqlite"), "--settles-after", str(SETTLES_AFTER)),
        *("--forward-to", f"http://127.0.0.1:{settings.PORT}/webhooks/stripe", "--quiet"),
    ]
    write_private(SANDBOX_ADDRESS, address)
    return [processes.start(command, {"STRIPE_SANDBOX_SECRET": kept_secret("stripe_webhook_secret")})]


def _be_the_only_one(lock: IO[str]) -> None:
    """An earlier run may still be stopping."""
    deadline = time.monotonic() + processes.PATIENCE / 2
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > deadline:
                lock.seek(0)
                raise Trouble(f"Rennet already runs from this folder, at {lock.read()}; stop that one first.") from None
            time.sleep(0.2)
    lock.truncate(0)
    lock.write(settings.PUBLIC_ADDRESS)
    lock.flush()


def _refuse_a_taken_port(port: int = settings.PORT, setting: str = "PORT") -> None:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except OSError as error:
            raise Trouble(
                f"Port {port} cannot be had ({error.strerror}); choose another: {setting}={port + 1}."
            ) from None


def _make_demo() -> None:
    """The demo world and its log-ins never exist in a database from outside."""
    is_wanted = postgres.is_embedded() and environment.flag("RENNET_DEMO", default=True)
    if is_wanted and not settings.LOGINS.exists() and "make_demo" in get_commands():
        _say("Making the demo world …")
        # A world that is cut off half-way is made anew, so nothing is lost by not waiting for the disk.
        with connections["default"].cursor() as cursor:
            cursor.execute("SET synchronous_commit TO off")
        call_command("make_demo", stdout=io.StringIO())


def _wait_until_ready(started: list[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + STARTING
    while not _is_ready():
        if time.monotonic() > deadline or any(process.poll() is not None for process in started):
            raise Trouble("The server did not start; its last words stand above.")
        time.sleep(0.1)


def _is_ready() -> bool:
    link = http.client.HTTPConnection(HOST if HOST != "0.0.0.0" else "127.0.0.1", settings.PORT, timeout=5)
    try:
        link.request("GET", "/healthz/ready", headers={"Host": "localhost"})
        return link.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


def _greet() -> None:
    _say(f"\nRennet is ready: {settings.PUBLIC_ADDRESS}\n")
    if postgres.is_embedded() and settings.LOGINS.exists():
        _say("Log-ins of the demo world (invented people, passwords of this machine alone, no second factor):")
        for login in json.loads(settings.LOGINS.read_text()):
            page = f"{settings.PUBLIC_ADDRESS}{login['page']}"
            _say(f"  {login['person']:<28} {login['email']:<26} {login['password']:<18} {page}")
        _say("")
    if SANDBOX_ADDRESS.exists():
        _say(f"Cards are in test mode; the desk of the stand-in for Stripe: {SANDBOX_ADDRESS.read_text()}/\n")
    _say("Ctrl-C stops it; what you enter stays." if Path("/dev/tty").exists() else "")


def _watch(started: list[subprocess.Popen[bytes]]) -> None:
    """Until somebody stops us, or one of the parts ends, or the make that started us is gone."""
    parent = os.getppid()
    while "MAKELEVEL" not in os.environ or os.getppid() == parent:
        for process in started:
            if process.poll() is not None:
                program = Path(cast(list[str], process.args)[2]).name
                raise Trouble(f"{program} ended by itself; its last words stand above.")
        time.sleep(0.5)


def _say(words: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be closed
        print(words, flush=True)
