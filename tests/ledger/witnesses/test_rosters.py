"""A roster that could be cheated is none, and a line says who signed, or is refused."""

from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.rules.notes import Line, Note
from ledger.rules.refusal import Refusal
from ledger.rules.witnesses import bls
from ledger.rules.witnesses.bls import BadWitnessKey
from ledger.rules.witnesses.cosignatures import NoQuorum, bitmap, members_line, message, quorum_of, signers
from ledger.rules.witnesses.rosters import (
    LARGEST,
    AlreadyWitness,
    BadRoster,
    Witness,
    enrolled,
    least_quorum,
    read_roster,
    roster_body,
    tolerated,
)
from tests.ledger.witnesses.people import ORIGIN, TEXT, leaf_of, roster, secret, signatures, witness

pytestmark = pytest.mark.quick


class TestQuorum:
    def test_of_fifty_with_sixteen_dishonest_is_thirty_four(self) -> None:
        assert least_quorum(50, 16) == 34

    @given(st.integers(1, LARGEST))
    def test_lets_no_two_histories_through_and_can_be_reached(self, n: int) -> None:
        dishonest = tolerated(n)
        q = least_quorum(n, dishonest)
        assert 2 * q - n > dishonest, "two quorums share an honest witness"
        assert 2 * (q - 1) - n <= dishonest, "one signature fewer would not do"
        assert q <= n - dishonest, "the honest ones suffice"


class TestReadRoster:
    def body(self, **changes: Any) -> dict[str, Any]:
        return roster_body([witness(n) for n in range(4)]) | changes

    def test_gives_witnesses_in_order(self) -> None:
        found = read_roster(leaf_of(self.body()))
        assert [w.owner for w in found.witnesses] == [f"members/w{n}" for n in range(4)]
        assert (found.dishonest, found.quorum, found.place_of("members/w2")) == (1, 3, 2)
        assert found.place_of("members/none") is None

    @pytest.mark.parametrize(
        "changes",
        [
            {"quorum": 2},
            {"quorum": 5},
            {"quorum": 2, "dishonest": -1},
            {"dishonest": 2},
            {"witnesses": []},
            {"witnesses": "all"},
            {"witnesses": [["members/x", "zz", "00"]]},
        ],
    )
    def test_refuses_what_would_be_no_quorum(self, changes: dict[str, Any]) -> None:
        with pytest.raises(BadRoster):
            read_roster(leaf_of(self.body(**changes)))

    def test_refuses_another_document(self) -> None:
        for text in ("", "{}", "[]", leaf_of(self.body()).replace('"roster"', '"recipe"')):
            with pytest.raises(BadRoster):
                read_roster(text)

    def rows(self, *more: Witness) -> dict[str, Any]:
        return roster_body([*(witness(n) for n in range(3)), *more])

    @pytest.mark.parametrize(
        "more",
        [
            Witness("members/x", witness(1).key, witness(1).proof),
            Witness("members/x", bls.public_key(bls.ORDER - secret(1)), bls.prove_possession(bls.ORDER - secret(1))),
            Witness("members/x", witness(7).key, witness(8).proof),
            Witness("members/x", witness(7).key, b""),
            Witness("members/x", b"\xc0" + bytes(47), b"\xc0" + bytes(95)),
            Witness("members/w1", witness(7).key, witness(7).proof),
            Witness("nobody", witness(7).key, witness(7).proof),
        ],
        ids=["a key twice", "its inverse", "no proof", "an empty proof", "the identity", "an owner twice", "no owner"],
    )
    def test_refuses_a_key_that_could_cheat(self, more: Witness) -> None:
        for act in (lambda: read_roster(leaf_of(self.rows(more))), lambda: enrolled(roster(3).witnesses, more)):
            with pytest.raises(Refusal):
                act()

    def test_takes_as_many_as_fit_in_a_leaf(self) -> None:
        row = ["members/" + "x" * 40, "0" * 96, "0" * 192]
        assert len(leaf_of({"dishonest": 49, "quorum": 100, "witnesses": [row] * LARGEST})) < 65_000


class TestEnrolled:
    def test_puts_the_new_one_last(self) -> None:
        assert enrolled(roster(3).witnesses, witness(3)) == (*roster(3).witnesses, witness(3))
        assert enrolled((), witness(0)) == (witness(0),)

    def test_refuses_a_second_time(self) -> None:
        with pytest.raises(AlreadyWitness):
            enrolled(roster(3).witnesses, Witness("members/w1", witness(5).key, witness(5).proof))

    def test_refuses_a_rogue_key(self) -> None:
        rogue = bls.arithmetic().add_keys([witness(5).key, witness(6).key])
        with pytest.raises(BadWitnessKey):
            enrolled(roster(3).witnesses, Witness("members/x", rogue, witness(5).proof))


class TestMembersLine:
    def line(self, size: int = 4, signing: int = 3) -> Line:
        return members_line(roster(size), ORIGIN, TEXT, signatures(size, signing))

    @pytest.mark.parametrize(("size", "signing"), [(1, 1), (4, 3), (9, 9)])
    def test_says_who_signed(self, size: int, signing: int) -> None:
        assert signers(roster(size), ORIGIN, TEXT, self.line(size, signing)) == list(range(signing))

    def test_is_a_signature_line_with_bitmap_and_aggregate(self) -> None:
        line = self.line()
        assert Line.parse(str(line)) == line
        assert (line.name, len(line.payload)) == (f"{ORIGIN}/members", 1 + 96)
        said = f"{ORIGIN}/members\n".encode() + b"\xffrennet-members/v1" + roster(4).digest
        assert line.key_id == sha256(said).digest()[:4]
        assert line.payload[:1] == b"\x07"

    def test_bitmap_begins_with_the_lowest_bit(self) -> None:
        assert bitmap(roster(9), {0, 3, 8}) == b"\x09\x01"

    def test_needs_a_quorum(self) -> None:
        with pytest.raises(NoQuorum):
            self.line(4, 2)

    def test_of_too_few_is_refused_when_read(self) -> None:
        weak = replace(roster(4), quorum=2)
        line = members_line(weak, ORIGIN, TEXT, signatures(4, 2))
        with pytest.raises(NoQuorum):
            signers(roster(4), ORIGIN, TEXT, line)

    @pytest.mark.parametrize("bits", [0x0F, 0x0B, 0x17, 0xF7, 0])
    def test_counts_nobody_who_did_not_sign(self, bits: int) -> None:
        line = self.line()
        with pytest.raises(NoQuorum):
            signers(roster(4), ORIGIN, TEXT, replace(line, payload=bytes([bits]) + line.payload[1:]))

    @pytest.mark.parametrize("spoil", ["text", "roster", "origin", "short", "long"])
    def test_of_anything_else_is_refused(self, spoil: str) -> None:
        line, text, by, origin = self.line(), TEXT, roster(4), ORIGIN
        match spoil:
            case "text":
                text = TEXT.replace("7", "8")
            case "roster":
                by = replace(by, digest=bytes(32))
            case "origin":
                origin = "other.example"
            case "short":
                line = replace(line, payload=line.payload[:-1])
            case "long":
                line = replace(line, payload=line.payload + b"\0")
        with pytest.raises(NoQuorum):
            signers(by, origin, text, line)

    def test_message_names_the_roster_and_the_checkpoint(self) -> None:
        digest = b64encode(roster(4).digest).decode()
        assert message(roster(4), TEXT) == f"rennet-members/v1\nroster {digest}\n{TEXT}".encode()


class TestQuorumOf:
    def test_a_note_is_those_who_signed(self) -> None:
        line = members_line(roster(4), ORIGIN, TEXT, signatures(4, 3))
        assert quorum_of(roster(4), Note(TEXT, (line,)), ORIGIN) == [0, 1, 2]

    def test_a_note_without_their_line_is_none(self) -> None:
        others = members_line(roster(3), ORIGIN, TEXT, signatures(3, 2))
        for lines in ((), (others,)):
            assert quorum_of(roster(4), Note(TEXT, lines), ORIGIN) is None

    def test_two_lines_are_refused(self) -> None:
        lines = tuple(members_line(roster(4), ORIGIN, TEXT, signatures(4, n)) for n in (3, 4))
        with pytest.raises(NoQuorum):
            quorum_of(roster(4), Note(TEXT, lines), ORIGIN)
