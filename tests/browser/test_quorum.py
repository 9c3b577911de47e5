"""A browser checks what py-ecc signed: the same quorums hold, and what could cheat is refused there too."""

import json
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page

from ledger.rules.notes import Line
from ledger.rules.witnesses import bls, pyecc
from ledger.rules.witnesses.cosignatures import bitmap, key_id, message
from ledger.rules.witnesses.rosters import Roster, Witness, read_roster, roster_body
from tests.ledger.witnesses.people import ORIGIN, TEXT, leaf_of, roster, secret, signatures, witness

pytestmark = pytest.mark.browser

CHECK = """async ([leaf, origin, text, line, isKnown]) => {
    const { readRoster, signersOf } = await import("/static/ledger/quorum.js");
    try {
        return { signed: await signersOf(await readRoster(leaf, isKnown), origin, text, line) };
    } catch (error) {
        return { refused: error.message };
    }
}"""
SIX = leaf_of(roster_body([witness(n) for n in range(6)]))


def by_py_ecc(by: Roster, count: int) -> Line:
    """A line that no code of ours but py-ecc has signed and added up."""
    said = message(by, TEXT)
    signed = [pyecc.sign(secret(n), said, bls.SIGN) for n in range(count)]
    return Line(f"{ORIGIN}/members", key_id(by, ORIGIN), bitmap(by, range(count)) + pyecc.add_signatures(signed))


@pytest.fixture
def page(phone: Page) -> Page:
    phone.goto("/log/")
    return phone


def check(page: Page, leaf: str, line: object, *, text: str = TEXT, is_known: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(CHECK, [leaf, ORIGIN, text, str(line), is_known])
    return found


class TestSignersOf:
    def test_takes_what_py_ecc_signed(self, page: Page) -> None:
        by = roster(6)
        proofs = [pyecc.sign(secret(n), by.witnesses[n].key, bls.POSSESS) for n in range(6)]
        assert proofs == [row.proof for row in by.witnesses]
        assert check(page, SIX, by_py_ecc(by, 5)) == {"signed": [f"members/w{n}" for n in range(5)]}

    def test_refuses_whatever_is_not_that(self, page: Page) -> None:
        by = read_roster(SIX)
        line = by_py_ecc(by, 5)
        payload = line.payload
        for spoilt, why in (
            (replace(line, payload=bytes([0x3F]) + payload[1:]), "false"),
            (replace(line, payload=bytes([0x3D]) + payload[1:]), "false"),
            (replace(line, payload=bytes([0x07]) + payload[1:]), "only 3 of 4"),
            (replace(line, payload=bytes([0xDF]) + payload[1:]), "not there"),
            (replace(line, payload=payload + b"\0"), "length"),
            (replace(line, payload=payload[:1] + b"\xc0" + bytes(95)), ""),
            (replace(line, key_id=bytes(4)), "roster"),
            (replace(line, name="other/members"), "another's"),
        ):
            said = check(page, SIX, spoilt, is_known=True)
            assert "refused" in said and why in said["refused"], (spoilt, said)
        assert check(page, SIX, line, text=TEXT.replace("7", "8"), is_known=True) == {
            "refused": "the signature is false"
        }
        assert "signed" in check(page, SIX, line, is_known=True)

    def test_refuses_a_roster_that_could_cheat(self, page: Page) -> None:
        line = by_py_ecc(roster(6), 5)
        body = json.loads(SIX)["body"]
        inverse = bls.ORDER - secret(1)
        rows = [witness(n) for n in range(3)]
        for more in (
            Witness("members/x", witness(1).key, witness(1).proof),
            Witness("members/x", bls.public_key(inverse), bls.prove_possession(inverse)),
            Witness("members/x", witness(7).key, witness(8).proof),
            Witness("members/x", b"\xc0" + bytes(47), b"\xc0" + bytes(95)),
            Witness("members/w1", witness(7).key, witness(7).proof),
        ):
            assert "refused" in check(page, leaf_of(roster_body([*rows, more])), line)
        for changes in ({"quorum": 3}, {"quorum": 7}, {"dishonest": 3}, {"witnesses": []}):
            assert "refused" in check(page, leaf_of(body | changes), line)

    def test_adds_up_what_the_server_adds_up(self, page: Page) -> None:
        by = roster(6)
        together = bls.aggregate(message(by, TEXT), [(by.witnesses[n].key, s) for n, s in signatures(6, 5).items()])
        assert by_py_ecc(by, 5).payload[1:] == together
