"""A receipt proves its own record against the log's key, offline, and nothing else."""

import pytest

from ledger.rules.notes import BadNote, Head, Note, encode
from ledger.rules.receipts import Receipt
from tests.ledger.published import KEY, leaf, tree

pytestmark = pytest.mark.quick


def receipt(index: int, size: int = 300) -> Receipt:
    made = tree(size)
    text = Head(KEY.name, size, made.root()).text
    return Receipt(index, tuple(made.inclusion(index)), str(Note(text, (KEY.sign(text),))))


class TestReceipt:
    @pytest.mark.parametrize(("index", "size"), [(0, 1), (0, 300), (255, 300), (256, 300), (299, 300)])
    def test_proves_its_record(self, index: int, size: int) -> None:
        made = receipt(index, size)
        assert Receipt.parse(str(made)) == made
        assert made.proves(leaf(index), KEY.verifier).size == size

    def test_has_the_form_of_the_specification(self) -> None:
        lines = str(receipt(299)).split("\n")
        assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 299"]
        gap = lines.index("")
        assert lines[gap + 1 : gap + 3] == [KEY.name, "300"] and lines[2:gap] == [
            encode(found) for found in tree(300).inclusion(299)
        ]

    def test_may_carry_data_that_nobody_signed(self) -> None:
        text = str(receipt(7)).replace("\nindex", "\nextra eA==\nindex", 1)
        assert Receipt.parse(text) == receipt(7)

    def test_does_not_prove_another_record_place_or_log(self) -> None:
        made = receipt(7)
        with pytest.raises(BadNote, match="does not lead"):
            made.proves(leaf(8), KEY.verifier)
        with pytest.raises(BadNote, match="does not lead"):
            Receipt(8, made.proof, made.checkpoint).proves(leaf(7), KEY.verifier)
        with pytest.raises(BadNote):
            Receipt(7, made.proof, made.checkpoint.replace("300", "301")).proves(leaf(7), KEY.verifier)

    @pytest.mark.parametrize("text", ["", "c2sp.org/tlog-proof@v1\n\n", "c2sp.org/tlog-proof@v1\nindex 01\n\nx"])
    def test_that_is_none_is_refused(self, text: str) -> None:
        with pytest.raises(BadNote):
            Receipt.parse(text)
