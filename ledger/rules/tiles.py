"""The log as static files: tiles of 256 hashes, and bundles of entries (https://c2sp.org/tlog-tiles)."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from ledger.rules.merkle import EMPTY_ROOT, node_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT
HASH = 32
_PATH = re.compile(r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


class Tile(NamedTuple):
    """The `n`-th tile of a level, `width` hashes wide; at level -1, the bundle of entries beside that of level 0."""

    level: int
    n: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        groups = [f"{self.n % 1000:03}"]
        rest = self.n // 1000
        while rest:
            groups.append(f"x{rest % 1000:03}")
            rest //= 1000
        level = "entries" if self.level == BUNDLE else str(self.level)
        return f"tile/{level}/{'/'.join(reversed(groups))}" + (f".p/{self.width}" if self.width < WIDTH else "")

    @classmethod
    def parse(cls, path: str) -> "Tile | None":
        """The tile of that path; None where it names none."""
        found = _PATH.fullmatch(path)
        if not found:
            return None
        level, groups, width = found.groups()
        n = int(groups.replace("x", "").replace("/", ""))
        tile = cls(BUNDLE if level == "entries" else int(level), n, int(width or WIDTH))
        return tile if tile.path == path else None

    @property
    def full(self) -> "Tile":
        return Tile(self.level, self.n)


BUNDLE = -1


def tiles_of(size: int, *, beyond: int = 0) -> Iterator[Tile]:
    """The tiles of a tree of `size` leaves, lowest level first, less those that a tree of `beyond` leaves has too."""
    level, before, count = BUNDLE, beyond, size
    while count:
        for n in range(before // WIDTH, -(-count // WIDTH)):
            tile = Tile(level, n, min(WIDTH, count - n * WIDTH))
            if tile.width > before - n * WIDTH:
                yield tile
        level += 1
        if level:
            before, count = before // WIDTH, count // WIDTH


def bundle(entries: Iterable[bytes]) -> bytes:
    """Entries one after the other, each after its length in two bytes."""
    return b"".join(len(entry).to_bytes(2) + entry for entry in entries)


def entries_in(packed: bytes) -> Iterator[bytes]:
    """The entries of a bundle, as far as they are whole; a bundle cut off in an entry is a ValueError after them."""
    at = 0
    while at < len(packed):
        length = int.from_bytes(packed[at : at + 2])
        entry = packed[at + 2 : at + 2 + length]
        if at + 2 > len(packed) or len(entry) < length:
            raise ValueError("the bundle is cut off in an entry")
        yield entry
        at += 2 + length


def hashes_in(tile: bytes) -> list[bytes]:
    """The hashes of a tile; a tile cut off in a hash is a ValueError."""
    if len(tile) % HASH:
        raise ValueError("the tile is cut off in a hash")
    return [tile[i : i + HASH] for i in range(0, len(tile), HASH)]


def fold(hashes: list[bytes]) -> bytes:
    """The root over a power of two of hashes."""
    while len(hashes) > 1:
        hashes = [node_hash(*pair) for pair in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


class Tree:
    """A tree of `size` leaves, read from its tiles: any root, and any proof (RFC 6962 sections 2.1.1 and 2.1.2)."""

    def __init__(self, size: int, read: Callable[[Tile], bytes]) -> None:
        self.size = size
        self._read = read
        self._tiles: dict[Tile, list[bytes]] = {}

    def root(self, size: int | None = None) -> bytes:
        """The root over the first `size` leaves; over all where none is given."""
        size = self.size if size is None else size
        return self._range(0, size) if size else EMPTY_ROOT

    def leaf(self, index: int) -> bytes:
        return self._perfect(0, index)

    def inclusion(self, index: int) -> list[bytes]:
        """The hashes that lead from a leaf to the root, the leaf's sibling first."""
        if not 0 <= index < self.size:
            raise IndexError(index)
        return self._path(index, 0, self.size)

    def consistency(self, first: int) -> list[bytes]:
        """The hashes that show the tree of the first `first` leaves to be this tree's beginning."""
        if not 0 <= first <= self.size:
            raise IndexError(first)
        return self._subproof(first, 0, self.size, is_known=True) if 0 < first < self.size else []

    def _path(self, index: int, start: int, end: int) -> list[bytes]:
        if end - start == 1:
            return []
        middle = start + _split(end - start)
        if index < middle:
            return [*self._path(index, start, middle), self._range(middle, end)]
        return [*self._path(index, middle, end), self._range(start, middle)]

    def _subproof(self, first: int, start: int, end: int, *, is_known: bool) -> list[bytes]:
        if first == end:
            return [] if is_known else [self._range(start, end)]
        middle = start + _split(end - start)
        if first <= middle:
            return [*self._subproof(first, start, middle, is_known=is_known), self._range(middle, end)]
        return [*self._subproof(first, middle, end, is_known=False), self._range(start, middle)]

    def _range(self, start: int, end: int) -> bytes:
        length = end - start
        if length & (length - 1) == 0:
            return self._perfect(length.bit_length() - 1, start >> (length.bit_length() - 1))
        middle = start + _split(length)
        return node_hash(self._range(start, middle), self._range(middle, end))

    def _perfect(self, height: int, n: int) -> bytes:
        """The root of the `n`-th perfect subtree of that height, whose leaves all lie in this tree."""
        level, rest = divmod(height, HEIGHT)
        first = n << rest
        number, offset = divmod(first, WIDTH)
        width = min(WIDTH, (self.size >> (HEIGHT * level)) - number * WIDTH)
        tile = Tile(level, number, width)
        if tile not in self._tiles:
            hashes = hashes_in(self._read(tile))
            if len(hashes) != width:
                raise ValueError(f"{tile.path} has {len(hashes)} hashes instead of {width}")
            self._tiles[tile] = hashes
        return fold(self._tiles[tile][offset : offset + (1 << rest)])


def _split(length: int) -> int:
    """The largest power of two below `length`."""
    return 1 << (length - 1).bit_length() - 1
