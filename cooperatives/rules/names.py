"""Short names for addresses and codes: random for people, telling for things."""

import re
import secrets
import unicodedata
from collections.abc import Collection

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
LONGEST = 40


def random_name(length: int = 8) -> str:
    """A name that says nothing about whom it names."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def plain_name(text: str) -> str:
    """`text` as addresses can hold it: lower-case letters, digits and hyphens; empty where nothing of it is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST].strip("-")


def next_code(stem: str, taken: Collection[str]) -> str:
    """The first free code of a stem: wet-beans-12 after wet-beans-11."""
    stem = stem[: LONGEST - 8].strip("-") or "lot"
    used = {int(code[len(stem) + 1 :]) for code in taken if re.fullmatch(re.escape(stem) + r"-\d{1,6}", code)}
    return f"{stem}-{max(used, default=0) + 1}"
