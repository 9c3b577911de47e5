"""A published log without a database: leaves of no meaning, as files in a folder."""

from collections.abc import Callable
from pathlib import Path

from ledger.rules import tiles
from ledger.rules.merkle import leaf_hash
from ledger.rules.notes import Head, Note, SignerKey
from ledger.rules.tiles import BUNDLE, WIDTH, Tile, Tree

KEY = SignerKey("rennet.example/log", bytes(range(32)))


def leaf(index: int) -> bytes:
    return f'{{"n":{index}}}'.encode()


def contents(size: int) -> dict[Tile, bytes]:
    """Every tile of a tree of that size, by the shortest code there is."""
    levels = [[leaf_hash(leaf(index)) for index in range(size)]]
    while len(levels[-1]) >= WIDTH:
        below = levels[-1]
        levels.append([tiles.fold(below[n * WIDTH :][:WIDTH]) for n in range(len(below) // WIDTH)])
    found = {}
    for tile in tiles.tiles_of(size):
        first = tile.n * WIDTH
        if tile.level == BUNDLE:
            found[tile] = tiles.bundle(leaf(index) for index in range(first, first + tile.width))
        else:
            found[tile] = b"".join(levels[tile.level][first : first + tile.width])
    return found


def tree(size: int) -> Tree:
    return Tree(size, reader(contents(size)))


def reader(found: dict[Tile, bytes]) -> Callable[[Tile], bytes]:
    return found.__getitem__


def write(folder: Path, size: int, key: SignerKey = KEY) -> Tree:
    """The whole static tree in a folder, signed; returns it for proofs."""
    found = contents(size)
    for tile, content in found.items():
        path = folder / tile.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    made = Tree(size, reader(found))
    text = Head(key.name, size, made.root()).text
    (folder / "checkpoint").write_text(str(Note(text, (key.sign(text),))))
    (folder / "log.vkey").write_text(f"{key.verifier}\n")
    return made
