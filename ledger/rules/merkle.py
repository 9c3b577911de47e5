"""The Merkle tree of the log: RFC 6962 section 2.1 (https://www.rfc-editor.org/rfc/rfc6962#section-2.1)."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """The 32-byte hash of one leaf's bytes."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The 32-byte hash of an inner node over two 32-byte hashes."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """A tree that only grows: the roots of its full subtrees, largest first, one for each bit of its size."""

    def __init__(self, size: int = 0, roots: Sequence[bytes] = ()) -> None:
        if len(roots) != size.bit_count() or any(len(root) != 32 for root in roots):
            raise ValueError("a frontier has one 32-byte root for each bit of its size")
        self.size = size
        self.roots = list(roots)

    def append(self, leaf_hashes: Iterable[bytes]) -> "Frontier":
        """Grow by leaf hashes, in order; itself, for chaining."""
        for found in leaf_hashes:
            node, size = found, self.size
            while size & 1:
                node, size = node_hash(self.roots.pop(), node), size >> 1
            self.roots.append(node)
            self.size += 1
        return self

    def root(self) -> bytes:
        """The root over all leaves: an odd last node is promoted, never doubled."""
        if not self.roots:
            return EMPTY_ROOT
        node = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            node = node_hash(left, node)
        return node

    def pack(self) -> bytes:
        """The roots as one string, 32 bytes each, to be kept beside a checkpoint."""
        return b"".join(self.roots)

    @classmethod
    def unpack(cls, size: int, packed: bytes) -> "Frontier":
        return cls(size, [packed[i : i + 32] for i in range(0, len(packed), 32)])


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root by the RFC's own recursion: the second way to the same answer, for checking the first."""
    if not leaf_hashes:
        return EMPTY_ROOT
    if len(leaf_hashes) == 1:
        return leaf_hashes[0]
    split = 1 << (len(leaf_hashes) - 1).bit_length() - 1
    return node_hash(root_of(leaf_hashes[:split]), root_of(leaf_hashes[split:]))


def is_included(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Does the leaf of this hash stand at `index` of the tree (RFC 9162 section 2.1.3.2)?"""
    if not 0 <= index < size or any(len(found) != 32 for found in proof):
        return False
    at, last, node = index, size - 1, leaf
    for found in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = node_hash(found, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, found)
        at, last = at >> 1, last >> 1
    return last == 0 and node == root


def is_consistent(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> bool:
    """Is the tree of `first` leaves the beginning of that of `second` (RFC 9162 section 2.1.4.2)?"""
    if not 0 <= first <= second or any(len(found) != 32 for found in proof):
        return False
    if first == second:
        return not proof and first_root == second_root
    if first == 0:
        return not proof and first_root == EMPTY_ROOT
    path = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    if not path:
        return False
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    older = newer = path[0]
    for found in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            older, newer = node_hash(found, older), node_hash(found, newer)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            newer = node_hash(newer, found)
        at, last = at >> 1, last >> 1
    return last == 0 and older == first_root and newer == second_root
