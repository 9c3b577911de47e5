"""A witness shows who it is by signing the time: nobody else may read so, nor it for long, nor elsewhere."""

import time
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client, RequestFactory

from ledger.permissions import reads_as_witness
from ledger.rules.tiles import entries_in
from ledger.rules.witnesses.bls import is_signed
from ledger.rules.witnesses.cosignatures import message
from ledger.rules.witnesses.reading import PATIENCE, Asking, ask
from ledger.services.log import publish_checkpoint
from tests.ledger.witnesses.people import ORIGIN, TEXT, roster, secret, witness
from tests.ledger.witnesses.test_service import enrol

pytestmark = pytest.mark.quick

NOW = 1_795_000_000
ASKING = ask(secret(1), "members/w1", ORIGIN, NOW)


class TestAsking:
    def test_is_read_as_it_was_written(self) -> None:
        assert Asking.parse(str(ASKING)) == ASKING
        for other in ("", "Basic abc", "Rennet-Witness a b c", f"{ASKING} more", str(ASKING)[:-2], f"{ASKING}zz"):
            assert Asking.parse(other) is None

    def test_lets_a_witness_read_for_a_while(self) -> None:
        for at in (NOW, NOW - PATIENCE, NOW + PATIENCE):
            assert ASKING.may_read(roster(3), ORIGIN, at)

    def test_lets_in_nobody_else(self) -> None:
        for asking, origin, now in (
            (ASKING, ORIGIN, NOW + PATIENCE + 1),
            (ASKING, "other.example", NOW),
            (replace(ASKING, owner="members/w2"), ORIGIN, NOW),
            (replace(ASKING, owner="members/w9"), ORIGIN, NOW),
            (replace(ASKING, at=NOW + 1), ORIGIN, NOW),
        ):
            assert not asking.may_read(roster(3), origin, now)

    def test_is_no_signature_of_a_checkpoint(self) -> None:
        assert not is_signed(witness(1).key, message(roster(3), TEXT), ASKING.signature)


class TestReadsAsWitness:
    def test_asks_the_roster_in_force(self, books: None) -> None:
        enrol(0, 1)
        publish_checkpoint()
        now = int(time.time())
        for who, lets in ((1, True), (2, False)):
            said = ask(secret(who), f"members/w{who}", "rennet.example/log", now)
            assert reads_as_witness(RequestFactory().get("/", headers={"Authorization": str(said)})) is lets
        assert not reads_as_witness(RequestFactory().get("/"))

    def test_opens_the_bundles_of_closed_books(self, books: None, client: Client, settings: Any) -> None:
        settings.OPEN_BOOKS = False
        enrol(0, 1)
        kept = publish_checkpoint()
        assert kept
        path = f"/log/tile/entries/000.p/{kept.size}"
        said = ask(secret(1), "members/w1", "rennet.example/log", int(time.time()))
        assert client.get(path).status_code == 403
        answer = client.get(path, headers={"Authorization": str(said)})
        assert answer.status_code == 200 and len(list(entries_in(answer.content))) == kept.size
        assert "private" in answer.headers["Cache-Control"]
