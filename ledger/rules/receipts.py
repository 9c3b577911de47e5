"""What a member keeps of one record: C2SP tlog-proof (https://c2sp.org/tlog-proof)."""

import re
from dataclasses import dataclass

from ledger.rules.merkle import is_included, leaf_hash
from ledger.rules.notes import BadNote, Head, VerifierKey, decode, encode, read_checkpoint

FIRST_LINE = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A record's place in the log, the hashes that lead from it to the root, and the checkpoint with that root."""

    index: int
    proof: tuple[bytes, ...]
    checkpoint: str

    @classmethod
    def parse(cls, text: str) -> "Receipt":
        above, gap, checkpoint = text.partition("\n\n")
        lines = above.split("\n")
        if len(lines) > 1 and lines[1].startswith("extra "):
            del lines[1]  # out-of-band data, which nobody signed
        if not gap or lines[0] != FIRST_LINE or len(lines) < 2:
            raise BadNote("this is no receipt")
        index = re.fullmatch(r"index (0|[1-9][0-9]{0,18})", lines[1])
        if not index:
            raise BadNote("the receipt does not say where its record stands")
        return cls(int(index[1]), tuple(decode(line) for line in lines[2:]), checkpoint)

    def __str__(self) -> str:
        hashes = "".join(f"{encode(found)}\n" for found in self.proof)
        return f"{FIRST_LINE}\nindex {self.index}\n{hashes}\n{self.checkpoint}"

    def proves(self, leaf: bytes, key: VerifierKey) -> Head:
        """The head in which a record of these bytes stands; raises BadNote where the receipt does not prove it."""
        head, _ = read_checkpoint(self.checkpoint, key)
        if not is_included(self.index, head.size, leaf_hash(leaf), self.proof, head.root):
            raise BadNote("the receipt does not lead from this record to the root of its checkpoint")
        return head
