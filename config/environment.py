"""Reads what differs between machines from the environment, typed; a bad value is one sentence."""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit


class BadSetting(SystemExit):
    """A setting of the environment cannot be read; said to the person who set it, without a traceback."""

    def __init__(self, name: str, wanted: str, *, is_secret: bool = False) -> None:
        given = "set" if is_secret else repr(os.environ.get(name))
        super().__init__(f"{name} is {given}; it must be {wanted}.")


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    words = {"1": True, "yes": True, "true": True, "on": True, "0": False, "no": False, "false": False, "off": False}
    given = text(name).lower()
    if not given:
        return default
    if given not in words:
        raise BadSetting(name, "yes or no")
    return words[given]


def number(name: str, default: int, *, least: int = 0, most: int = 2**31) -> int:
    given = text(name)
    if not given:
        return default
    if not given.isascii() or not given.isdigit() or not least <= int(given) <= most:
        raise BadSetting(name, f"a whole number from {least} to {most}")
    return int(given)


def words(name: str, default: str = "") -> list[str]:
    """A list parted by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def folder(name: str, default: Path) -> Path:
    given = text(name)
    return Path(given).expanduser().absolute() if given else default


def database(name: str) -> dict[str, object] | None:
    """The parts of a `postgresql://role:password@host:port/name?option=value` address, as Django names them."""
    if not text(name):
        return None
    parts = urlsplit(text(name))
    if parts.scheme not in {"postgres", "postgresql"} or not parts.username or not parts.path.strip("/"):
        raise BadSetting(name, "like postgresql://role:password@host:5432/name (PostgreSQL only)", is_secret=True)
    options: Mapping[str, str] = dict(parse_qsl(parts.query))
    return {
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or options.get("host", "")),
        "PORT": str(parts.port or ""),
        "OPTIONS": {key: value for key, value in options.items() if key != "host"},
    }
