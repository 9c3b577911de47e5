"""Tiles, bundles and proofs, at the sizes where something changes, and held against the RFC's own recursion."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.rules import tiles
from ledger.rules.merkle import EMPTY_ROOT, is_consistent, is_included, leaf_hash, root_of
from ledger.rules.tiles import BUNDLE, Tile, Tree
from tests.ledger import published

pytestmark = pytest.mark.quick

SIZES = (0, 1, 2, 255, 256, 257, 511, 513, 1000)


def paths(size: int, beyond: int = 0) -> list[str]:
    return [tile.path for tile in tiles.tiles_of(size, beyond=beyond)]


class TestPaths:
    def test_group_digits_as_the_specification_does(self) -> None:
        assert Tile(3, 1234067).path == "tile/3/x001/x234/067"
        assert Tile(0, 273, 112).path == "tile/0/273.p/112"
        assert Tile(BUNDLE, 0).path == "tile/entries/000"

    def test_of_70000_leaves_are_those_of_the_specification(self) -> None:
        found = paths(70_000)
        assert [p for p in found if p.startswith("tile/1")] == ["tile/1/000", "tile/1/001.p/17"]
        assert [p for p in found if p.startswith("tile/2")] == ["tile/2/000.p/1"]
        assert sum(p.startswith("tile/0/") for p in found) == 274 and "tile/0/273.p/112" in found

    def test_of_256_leaves_begin_the_next_level(self) -> None:
        assert paths(256) == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]
        assert paths(0) == []

    @pytest.mark.parametrize("size", SIZES)
    def test_beyond_an_older_tree_are_those_it_did_not_have(self, size: int) -> None:
        for older in (n for n in SIZES if n <= size):
            assert set(paths(size, older)) == set(paths(size)) - set(paths(older))

    @given(st.integers(-1, 63), st.integers(0, 10**9), st.integers(1, 256))
    def test_are_read_as_they_were_written(self, level: int, n: int, width: int) -> None:
        assert Tile.parse(Tile(level, n, width).path) == Tile(level, n, width)

    @pytest.mark.parametrize(
        "path",
        ["", "tile/0/1", "tile/64/000", "tile/00/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/x000/001",
         "tile/0/000.p/01", "tile/0/../000", "tile/0/000/", "tile/entries/000.p/1x", "tile/0/٠٠٠", "tile/0/001/002"],
    )  # fmt: skip
    def test_that_name_no_tile_are_none(self, path: str) -> None:
        assert Tile.parse(path) is None


class TestBundles:
    @given(st.lists(st.binary(max_size=300), max_size=8))
    def test_give_back_their_entries(self, entries: list[bytes]) -> None:
        assert list(tiles.entries_in(tiles.bundle(entries))) == entries

    def test_hold_the_longest_leaf_and_no_longer_one(self) -> None:
        assert list(tiles.entries_in(tiles.bundle([b"x" * 65_535]))) == [b"x" * 65_535]
        with pytest.raises(OverflowError):
            tiles.bundle([b"x" * 65_536])

    @pytest.mark.parametrize("cut", [1, 2, 4])
    def test_that_are_cut_off_say_so(self, cut: int) -> None:
        with pytest.raises(ValueError, match="cut off"):
            list(tiles.entries_in(tiles.bundle([b"whole", b"cut"])[:-cut]))
        with pytest.raises(ValueError, match="cut off"):
            tiles.hashes_in(bytes(65))


class TestTree:
    @pytest.mark.parametrize("size", SIZES)
    def test_has_the_root_of_the_rfc_at_every_size_before(self, size: int) -> None:
        tree = published.tree(size)
        hashes = [leaf_hash(published.leaf(index)) for index in range(size)]
        assert tree.root() == root_of(hashes)
        for older in (n for n in SIZES if n <= size):
            assert tree.root(older) == root_of(hashes[:older])

    @pytest.mark.parametrize("size", SIZES[1:])
    def test_proves_its_leaves_and_no_others(self, size: int) -> None:
        tree = published.tree(size)
        for index in {0, size // 2, size - 1, min(255, size - 1), min(256, size - 1)}:
            proof, leaf = tree.inclusion(index), leaf_hash(published.leaf(index))
            assert is_included(index, size, leaf, proof, tree.root())
            assert not is_included(index, size, leaf_hash(b"another"), proof, tree.root())
            assert not is_included(index, size, leaf, [*proof, leaf], tree.root())
            assert not is_included(index, size, leaf, proof, EMPTY_ROOT)
            if proof:
                assert not is_included(index, size, leaf, proof[:-1], tree.root())
                assert not is_included(index, size, leaf, [proof[0][:31], *proof[1:]], tree.root())
        assert not is_included(size, size, leaf, proof, tree.root())

    @given(st.integers(1, 600), st.data())
    def test_proves_any_older_tree_its_beginning(self, size: int, data: st.DataObject) -> None:
        first = data.draw(st.integers(0, size))
        tree = published.tree(size)
        proof, older = tree.consistency(first), tree.root(first)
        assert is_consistent(first, size, older, tree.root(), proof)
        assert not is_consistent(first, size, leaf_hash(b"another past"), tree.root(), proof)
        assert not is_consistent(first, size, older, leaf_hash(b"another present"), proof) or first == 0
        assert not is_consistent(first, size, older, tree.root(), [*proof, older])
        if proof:
            assert not is_consistent(first, size, older, tree.root(), proof[:-1])

    def test_of_a_tile_cut_short_is_refused(self) -> None:
        found = published.contents(300)
        found[Tile(0, 1, 44)] = found[Tile(0, 1, 44)][:-32]
        with pytest.raises(ValueError, match="43 hashes instead of 44"):
            Tree(300, published.reader(found)).root()
