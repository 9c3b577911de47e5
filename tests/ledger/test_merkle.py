"""The tree, by RFC 6962's own vectors and by its two definitions against each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.rules.merkle import EMPTY_ROOT, Frontier, leaf_hash, root_of

pytestmark = pytest.mark.quick

# The leaves and roots that RFC 6962 implementations share (Google's certificate-transparency test vectors).
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = {1: "6e340b9c", 2: "fac54203", 3: "aeb6bcfe", 4: "d37ee418", 5: "4e3bbb1f", 8: "5dc9da79"}


class TestRoot:
    def test_of_nothing_is_the_hash_of_nothing(self) -> None:
        assert EMPTY_ROOT.hex().startswith("e3b0c442")
        assert Frontier().root() == EMPTY_ROOT

    @pytest.mark.parametrize("size", ROOTS)
    def test_is_the_vectors(self, size: int) -> None:
        hashes = [leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES[:size]]
        assert root_of(hashes).hex().startswith(ROOTS[size])
        assert Frontier().append(hashes).root() == root_of(hashes)

    @given(st.integers(0, 300), st.integers(0, 300))
    def test_grows_to_the_same_from_any_size(self, first: int, more: int) -> None:
        hashes = [leaf_hash(str(n).encode()) for n in range(first + more)]
        grown = Frontier().append(hashes[:first])
        again = Frontier.unpack(grown.size, grown.pack()).append(hashes[first:])
        assert again.root() == root_of(hashes)

    def test_frontier_refuses_roots_that_do_not_fit_its_size(self) -> None:
        with pytest.raises(ValueError, match="32-byte"):
            Frontier(3, [b"\x00" * 32])
