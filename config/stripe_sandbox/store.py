"""What the sandbox remembers: objects as Stripe would show them, in one SQLite file that outlives the process."""

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Object = dict[str, Any]

_TABLES = """
    CREATE TABLE IF NOT EXISTS object (
        seq INTEGER PRIMARY KEY, id TEXT UNIQUE, kind TEXT, account TEXT, body TEXT);
    CREATE INDEX IF NOT EXISTS by_kind ON object (kind, account, seq);
    CREATE TABLE IF NOT EXISTS answer (key TEXT PRIMARY KEY, asked TEXT, status INTEGER, body TEXT, at REAL);
    CREATE TABLE IF NOT EXISTS delivery (
        seq INTEGER PRIMARY KEY, event TEXT, endpoint TEXT, due REAL, tries INTEGER DEFAULT 0,
        state TEXT DEFAULT 'due');
    CREATE TABLE IF NOT EXISTS fault (seq INTEGER PRIMARY KEY, kind TEXT, word TEXT, left INTEGER);
    CREATE TABLE IF NOT EXISTS request (seq INTEGER PRIMARY KEY, method TEXT, path TEXT, asked TEXT, status INTEGER);
"""


class Store:
    """One connection and one lock: requests are done one after the other, so books are never half kept."""

    def __init__(self, path: Path | str) -> None:
        self.lock = threading.RLock()
        self.link = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.link.executescript(_TABLES)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """All of it or nothing, on disk before anybody is told."""
        with self.lock:
            self.link.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.link.execute("ROLLBACK")
                raise
            self.link.execute("COMMIT")

    def rows(self, query: str, *given: Any) -> list[tuple[Any, ...]]:
        with self.lock:
            return self.link.execute(query, given).fetchall()

    def put(self, body: Object, account: str = "") -> Object:
        """Keep an object, anew or changed; `account` is the connected account it belongs to, "" the platform."""
        said = json.dumps(body)
        changed = self.link.execute("UPDATE object SET body = ? WHERE id = ?", (said, body["id"])).rowcount
        if not changed:
            self.link.execute(
                "INSERT INTO object (id, kind, account, body) VALUES (?, ?, ?, ?)",
                (body["id"], body["object"], account, said),
            )
        return body

    def get(self, identity: str, kind: str | None = None) -> Object | None:
        found = self.rows("SELECT body, kind FROM object WHERE id = ?", identity)
        return json.loads(found[0][0]) if found and kind in (None, found[0][1]) else None

    def account_of(self, identity: str) -> str:
        found = self.rows("SELECT account FROM object WHERE id = ?", identity)
        return str(found[0][0]) if found else ""

    def all(self, kind: str, account: str | None = "") -> list[Object]:
        """Every object of a kind, newest first as Stripe lists them; None: of all accounts."""
        where, given = ("", [kind]) if account is None else ("AND account = ?", [kind, account])
        found = self.rows(f"SELECT body FROM object WHERE kind = ? {where} ORDER BY seq DESC", *given)
        return [json.loads(body) for (body,) in found]


def new_id(prefix: str) -> str:
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789"
    return f"{prefix}_{''.join(secrets.choice(letters) for _ in range(24))}"


def now() -> int:
    return int(time.time())
