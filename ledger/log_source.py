"""A published log to be read from elsewhere: a folder on this machine, or the same files at a web address."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, Request

from ledger.rules.refusal import NotFound, Refusal
from ledger.rules.tiles import BUNDLE, WIDTH, Tile, entries_in

LARGEST = 20_000_000  # bytes: no file of a log is larger
PATIENCE = 30  # seconds


class NothingThere(NotFound):
    """There is no {path} at {where}."""


class NotForUs(Refusal):
    """Entries at {where} are for members, and it does not know us as a witness. Whoever runs it enrols witnesses."""


class CannotBeRead(Refusal):
    """{where} cannot be read: {why}."""


class LogSource(Protocol):
    """Gives the bytes at a path of the log. Raises NothingThere, or CannotBeRead."""

    def read(self, path: str) -> bytes: ...


class Folder:
    """A log in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, path: str) -> bytes:
        try:
            with open(self.root / path, "rb") as file:
                return file.read(LARGEST)
        except FileNotFoundError:
            raise NothingThere(path=path, where=self.root) from None
        except OSError as error:
            raise CannotBeRead(where=self.root / path, why=error.strerror) from None


class Address:
    """A log at an http(s) address. Redirects are not followed: the address that was given is the one that counts."""

    def __init__(self, base: str, headers: Callable[[], dict[str, str]] = dict) -> None:
        if urlsplit(base).scheme not in {"http", "https"}:
            raise CannotBeRead(where=base, why="it is no http address")
        self.base = base.rstrip("/")
        self.headers = headers  # asked for anew with each file: what they say may grow old

    def read(self, path: str) -> bytes:
        return self.send(Request(f"{self.base}/{path}", headers=self.headers()), path)

    def send(self, request: Request, path: str) -> bytes:
        """Ask, and answer the body; raises NothingThere for 404 and CannotBeRead for what is no 200."""
        opener = OpenerDirector()
        for handler in (HTTPHandler(), HTTPSHandler()):  # none that follows redirects, proxies or other schemes
            opener.add_handler(handler)
        try:
            with opener.open(request, timeout=PATIENCE) as answer:
                status, body = answer.status, bytes(answer.read(LARGEST))
        except (URLError, OSError) as error:
            raise CannotBeRead(where=request.full_url, why=error) from None
        if status == 403 and request.get_method() == "GET":
            raise NotForUs(where=self.base)
        if status == 404:
            raise NothingThere(path=path, where=self.base)
        if not 200 <= status < 300:
            raise CannotBeRead(where=request.full_url, why=f"{status} {body[:300].decode(errors='replace')}")
        return body


def source_of(where: str) -> Folder | Address:
    """The log at that address or in that folder."""
    return Address(where) if is_address(where) else Folder(Path(where).expanduser())


def is_address(where: str) -> bool:
    return where.startswith(("http://", "https://"))


def leaves_from(source: LogSource, first: int, size: int) -> Iterator[str]:
    """The text of each leaf from index `first` to the end of a log of `size` leaves."""
    for number in range(first // WIDTH, -(-size // WIDTH)):
        tile = Tile(BUNDLE, number, min(WIDTH, size - number * WIDTH))
        try:
            packed = source.read(tile.path)
        except NothingThere:  # it has been filled meanwhile
            packed = source.read(tile.full.path)
        try:
            entries = list(entries_in(packed))[: tile.width]
        except ValueError as error:
            raise CannotBeRead(where=tile.path, why=error) from None
        if len(entries) < tile.width:
            raise CannotBeRead(where=tile.path, why=f"it has {len(entries)} leaves, not {tile.width}")
        for entry in entries[max(first - number * WIDTH, 0) :]:
            yield entry.decode(errors="surrogateescape")  # what is no UTF-8 becomes a leaf that no law lets pass
