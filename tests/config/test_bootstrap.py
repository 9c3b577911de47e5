"""The set-up on machines that lack this or that, with a uv that only writes down what it is asked."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config.folder import PROJECT

pytestmark = pytest.mark.quick

# Stands in for uv: makes an environment that runs, and writes down its words.
UV = """#!/bin/sh
echo "$UV_DEFAULT_INDEX|$*" >>"$WORDS"
case "$1" in
    --version) echo uv 9 ;;
    venv) mkdir -p .venv/bin && ln -sf "{python}" .venv/bin/python ;;
esac
"""
OLD_PYTHON = "#!/bin/sh\nexit 1\n"  # as 3.11 answers the question whether it is 3.12


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "a clone"
    shutil.copytree(PROJECT / "deploy", folder / "deploy")
    return folder


def tool(folder: Path, name: str, words: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(words)
    (folder / name).chmod(0o755)


def bootstrap(clone: Path, tools: Path, *words: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """With nothing on PATH but the given tools and what any system has."""
    system = clone.parent / "system"
    system.mkdir(exist_ok=True)
    for name in ("sh", "cksum", "cut", "cat", "mkdir", "chmod", "dirname", "rm", "ln", "flock", "tr", "id"):
        if (found := shutil.which(name)) and not (system / name).exists():
            (system / name).symlink_to(found)
    env = {"PATH": f"{tools}:{system}", "HOME": str(clone.parent / "home"), "WORDS": str(clone / "words"), **extra}
    return subprocess.run(
        ["sh", "deploy/bootstrap.sh", *words], cwd=clone, env=env, text=True, capture_output=True, timeout=60
    )


def said_to_uv(clone: Path) -> str:
    return (clone / "words").read_text()


class TestPython:
    def test_an_old_python3_is_passed_over_for_a_newer_one(self, clone: Path, tmp_path: Path) -> None:
        tool(tmp_path / "bin", "uv", UV.format(python=sys.executable))
        tool(tmp_path / "bin", "python3", OLD_PYTHON)
        tool(tmp_path / "bin", "python3.13", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        done = bootstrap(clone, tmp_path / "bin")
        assert done.returncode == 0, done.stderr
        assert f"venv --quiet --python {sys.executable} .venv" in said_to_uv(clone)

    def test_a_python_behind_dead_shims_is_found(self, clone: Path, tmp_path: Path) -> None:
        tool(tmp_path / "bin", "uv", UV.format(python=sys.executable))
        for shim in ("python3", "python3.12", "python3.13"):
            tool(tmp_path / "bin", shim, "#!/bin/sh\necho 'command not found' >&2; exit 127\n")
        versions = tmp_path / "pyenv" / "versions" / "3.13.0" / "bin"
        versions.mkdir(parents=True)
        tool(versions, "python3", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        done = bootstrap(clone, tmp_path / "bin", PYENV_ROOT=str(tmp_path / "pyenv"))
        assert done.returncode == 0, done.stderr
        assert f"--python {sys.executable} .venv" in said_to_uv(clone)

    def test_where_there_is_none_uv_fetches_one_or_a_sentence_says_so(self, clone: Path, tmp_path: Path) -> None:
        tool(tmp_path / "bin", "uv", '#!/bin/sh\n[ "$1" = --version ] || { echo "$*" >>"$WORDS"; exit 1; }\n')
        done = bootstrap(clone, tmp_path / "bin")
        assert done.returncode == 1
        assert "venv --quiet --python 3.13 .venv" in said_to_uv(clone)
        assert done.stderr.splitlines()[-1].startswith("A Python from 3.12 to 3.14 is missing")


class TestUv:
    def test_without_uv_and_without_packages_a_sentence_says_so(self, clone: Path, tmp_path: Path) -> None:
        tool(tmp_path / "bin", "python3", OLD_PYTHON)
        done = bootstrap(clone, tmp_path / "bin")
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].startswith("uv is missing and could not be fetched; install it")

    def test_a_mirror_that_only_pip_knows_is_handed_on(self, clone: Path, tmp_path: Path) -> None:
        tool(tmp_path / "bin", "uv", UV.format(python=sys.executable))
        mirror = "http://mirror.invalid/simple"
        bootstrap(clone, tmp_path / "bin", PIP_INDEX_URL=mirror)
        assert f"{mirror}|pip sync" in said_to_uv(clone)


class TestOnce:
    def test_what_is_made_is_not_made_again_until_the_lock_changes(self, clone: Path, tmp_path: Path) -> None:
        tool(tmp_path / "bin", "uv", UV.format(python=sys.executable))
        bootstrap(clone, tmp_path / "bin")
        bootstrap(clone, tmp_path / "bin")
        assert said_to_uv(clone).count("pip sync") == 1
        with (clone / "deploy" / "requirements.txt").open("a") as lock:
            lock.write("# changed\n")
        bootstrap(clone, tmp_path / "bin")
        assert said_to_uv(clone).count("pip sync") == 2

    def test_the_tests_set_up_serves_the_run_too(self, clone: Path, tmp_path: Path) -> None:
        tool(tmp_path / "bin", "uv", UV.format(python=sys.executable))
        bootstrap(clone, tmp_path / "bin", "dev")
        bootstrap(clone, tmp_path / "bin")
        bootstrap(clone, tmp_path / "bin", "dev")
        assert said_to_uv(clone).count("pip sync") == 1
        assert "deploy/requirements-dev.txt" in said_to_uv(clone)
