"""The data folder: everything of this clone that is not code, readable by nobody else."""

import contextlib
import os
import secrets
from pathlib import Path

from config import environment

PROJECT = Path(__file__).resolve().parent.parent
DATA = environment.folder("RENNET_DATA", PROJECT / ".data")


class Trouble(Exception):
    """The ground is missing something; the message is the sentence a person reads."""


def open_data() -> Path:
    try:
        DATA.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Trouble(f"The data folder {DATA} cannot be made: {error.strerror}.") from error
    if (user := DATA.stat().st_uid) != os.getuid():
        raise Trouble(f"{DATA} belongs to user {user}; run this as that user, or set RENNET_DATA.")
    return DATA


def write_private(path: Path, content: str) -> None:
    """Written beside and renamed: never readable by others, never half there."""
    half_written = path.with_name(f"{path.name}.{os.getpid()}.half-written")
    half_written.unlink(missing_ok=True)
    half_written.touch(mode=0o600)
    half_written.write_text(content)
    half_written.rename(path)


def told(name: str) -> str:
    """What one process of ours wrote into the data folder for the others; nothing where it did not."""
    path = DATA / name
    return path.read_text().strip() if path.is_file() else ""


def kept_secret(name: str) -> str:
    """A random secret made once and kept; two processes that make it at once end with the same one."""
    path = open_data() / name
    if not path.exists():
        made = path.with_name(f"{name}.{os.getpid()}")
        write_private(made, secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(made)
        made.unlink()
    return path.read_text()
