"""Compiles the translations. Babel does it, so that no machine needs gettext to run the program."""

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from config.folder import PROJECT


def compile_messages() -> None:
    for source in (PROJECT / "config" / "locale").glob("*/LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            _compile(source, target)


def _compile(source: Path, target: Path) -> None:
    """Written beside and renamed: another process may be reading the old one, or write its own beside."""
    half_written = target.with_suffix(f".{os.getpid()}.half-written")
    with source.open("rb") as po, half_written.open("wb") as mo:
        write_mo(mo, read_po(po, locale=source.parts[-3]))
    half_written.rename(target)
