"""The embedded PostgreSQL: several clones and processes, killed servers, strangers with our number."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.folder import PROJECT

pytestmark = pytest.mark.quick

HOLD = """
import sys
from config import postgres
with postgres.running():
    print(postgres.postmaster(), postgres.SOCKETS, postgres.cluster(), flush=True)
    sys.stdin.read()
"""
ASK = """
from config import postgres
with postgres.running(), postgres.connect(postgres.{role}) as link:
    cursor = link.execute("{query}")
    while cursor.nextset():
        pass
    print(cursor.fetchone()[0])
"""


class Holder:
    """A process that keeps PostgreSQL running in a data folder."""

    def __init__(self, data: Path, **extra: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD], cwd=PROJECT, env=_env(data, **extra), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def wait(self) -> tuple[int, Path, Path]:
        assert self.process.stdout and self.process.stderr
        words = self.process.stdout.readline().split()
        assert words, self.process.stderr.read()
        return int(words[0]), Path(words[1]), Path(words[2])

    def leave(self) -> None:
        self.process.communicate()


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    yield folder
    # A test that failed half-way must not leave its server behind.
    with contextlib.suppress(OSError, ValueError):
        os.kill(int((folder / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0]), signal.SIGQUIT)


def _env(data: Path, **extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "RENNET_"))}
    return {**kept, "RENNET_DATA": str(data), **extra}


def ask(data: Path, query: str, role: str = "WEB", **extra: str) -> str:
    code = ASK.format(role=role, query=query)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=_env(data, **extra), text=True, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def is_alive(number: int) -> bool:
    try:
        return b"State:\tZ" not in Path(f"/proc/{number}/status").read_bytes()
    except OSError:
        return False


class TestSharing:
    def test_the_last_to_leave_stops_it(self, data: Path) -> None:
        first = Holder(data)
        server, _, _ = first.wait()
        second = Holder(data)
        assert second.wait()[0] == server
        first.leave()
        assert is_alive(server)
        second.leave()
        assert not is_alive(server)

    def test_clones_stand_side_by_side(self, tmp_path: Path) -> None:
        holders = [Holder(tmp_path / name) for name in ("one", "two", "three")]
        assert len({holder.wait()[:2] for holder in holders}) == 3
        for holder in holders:
            holder.leave()

    def test_the_path_of_the_project_may_be_long(self, tmp_path: Path) -> None:
        assert ask(tmp_path / ("long " * 30) / "data", "SELECT 1") == "1"


class TestAfterKill:
    def test_a_killed_server_comes_back_with_its_data(self, data: Path) -> None:
        holder = Holder(data)
        server, _, _ = holder.wait()
        ask(data, "CREATE TABLE kept AS SELECT 7 AS n; GRANT SELECT ON kept TO rennet_web; SELECT 1", "OWNER")
        os.kill(server, signal.SIGKILL)
        assert ask(data, "SELECT n FROM kept") == "7"
        holder.leave()

    def test_a_server_whose_starter_was_killed_is_used_and_stopped(self, data: Path) -> None:
        holder = Holder(data)
        server, _, _ = holder.wait()
        holder.process.kill()
        holder.process.wait()
        assert is_alive(server)
        assert ask(data, "SELECT 1") == "1"
        assert not is_alive(server)

    def test_a_stranger_who_has_our_old_number_is_left_alone(self, data: Path) -> None:
        holder = Holder(data)
        server, _, cluster = holder.wait()
        pid_file = (cluster / "postmaster.pid").read_text()
        holder.leave()
        stranger = subprocess.Popen(["sleep", "60"])
        (cluster / "postmaster.pid").write_text(pid_file.replace(str(server), str(stranger.pid), 1))
        assert ask(data, "SELECT 1") == "1"
        assert stranger.poll() is None
        stranger.kill()
        stranger.wait()

    def test_a_half_made_cluster_is_made_again(self, data: Path) -> None:
        (data / "postgres.half-made").mkdir(parents=True)
        (data / "postgres.half-made" / "PG_VERSION").write_text("18\n")
        assert ask(data, "SELECT 1") == "1"


class TestPrivacy:
    def test_nobody_else_can_come_in(self, data: Path) -> None:
        data.parent.chmod(0o700)
        holder = Holder(data)
        _, sockets, cluster = holder.wait()
        modes = {path: path.stat().st_mode & 0o777 for path in (data, sockets, cluster, data / "postgres.passwords")}
        assert list(modes.values()) == [0o700, 0o700, 0o700, 0o600]
        assert data.parent.stat().st_mode & 0o777 == 0o700
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(host=str(sockets), user="rennet_web", password="no")
        holder.leave()

    def test_a_socket_folder_made_by_somebody_else_is_refused(self, data: Path) -> None:
        query = "from config import postgres; print(postgres.SOCKETS)"
        shown = subprocess.run(
            [sys.executable, "-c", query], cwd=PROJECT, env=_env(data), text=True, capture_output=True
        )
        sockets = Path(shown.stdout.strip())
        sockets.mkdir(mode=0o777)
        sockets.chmod(0o777)
        done = subprocess.run(
            [sys.executable, "manage.py", "showmigrations"],
            cwd=PROJECT, env=_env(data), text=True, capture_output=True,
        )  # fmt: skip
        sockets.rmdir()
        assert done.returncode == 1
        assert done.stderr.strip().endswith(
            "belongs to somebody else; remove it, or set RENNET_DATA to another folder."
        )
        assert "Traceback" not in done.stderr

    def test_the_web_role_makes_no_tables(self, data: Path) -> None:
        assert ask(data, "SELECT has_schema_privilege('public', 'CREATE')") == "False"
        assert ask(data, "SELECT has_schema_privilege('public', 'CREATE')", "OWNER") == "True"

    def test_names_sort_alike_whatever_the_language_of_the_machine(self, data: Path) -> None:
        query = "SELECT string_agg(n, '' ORDER BY n) FROM unnest(ARRAY['b', 'É', 'a', 'B']) n"
        assert ask(data, query, LANG="fr_FR.UTF-8", LC_ALL="fr_FR.UTF-8", PYTHONIOENCODING="utf-8") == "BabÉ"


@pytest.mark.skipif(os.getuid() != 0, reason="Only root has to lend PostgreSQL another user.")
class TestRootWithoutNamespaces:
    def test_another_user_runs_it_in_a_private_folder(self, data: Path, tmp_path: Path) -> None:
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "unshare").write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / "bin" / "unshare").chmod(0o755)
        data.parent.chmod(0o700)
        holder = Holder(data, PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}")
        server, _, cluster = holder.wait()
        assert cluster.is_relative_to("/var/lib")
        assert cluster.parent.stat().st_mode & 0o777 == 0o700
        assert Path(f"/proc/{server}").stat().st_uid == cluster.parent.stat().st_uid != 0
        started = time.monotonic()
        holder.leave()
        assert time.monotonic() - started < 10 and not is_alive(server)
        shutil.rmtree(cluster.parent)
