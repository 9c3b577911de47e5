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
