"""The server keeps every signature as it came, adds up only true ones, and publishes the line beside the log."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from django.test import Client

from ledger import queries, verifier
from ledger.models import Checkpoint, Cosignature
from ledger.rules.laws import UnknownOwner
from ledger.rules.merkle import is_included, leaf_hash
from ledger.rules.notes import Note, decode, read_checkpoint
from ledger.rules.refusal import Refusal
from ledger.rules.witnesses.bls import BadWitnessSignature, sign
from ledger.rules.witnesses.cosignatures import message, quorum_of
from ledger.rules.witnesses.rosters import AlreadyWitness, read_roster
from ledger.services.journal import record_owner, record_owners
from ledger.services.log import log_folder, publish_checkpoint, read_key
from ledger.services.verify import verify_log
from ledger.services.witnesses import (
    SLOW,
    TOO_LONG,
    NoSuchCheckpoint,
    NoWitness,
    SignedOtherwise,
    ask_witnesses,
    enrol_witness,
    enrol_witnesses,
    hand_in_cosignature,
    hand_over,
    head_of,
    publish_quorum,
)
from tests.ledger.conftest import AT
from tests.ledger.witnesses.people import secret, witness

pytestmark = pytest.mark.quick


def enrol(*numbers: int) -> None:
    record_owners([(f"members/w{n}", "gh") for n in numbers], at=AT)
    enrol_witnesses(new=[witness(n) for n in numbers], by="operators/market", at=AT)


@pytest.fixture
def checkpoint(books: None) -> Checkpoint:
    """Four witnesses, of whom three make a quorum."""
    enrol(0, 1, 2, 3)
    found = publish_checkpoint()
    assert found
    return found


def signature(n: int, at: Checkpoint) -> bytes:
    roster = queries.roster(at.size)
    assert roster
    return sign(secret(n), message(roster, head_of(at).text))


def signed_by(numbers: Sequence[int], at: Checkpoint) -> None:
    for n in numbers:
        hand_in_cosignature(size=at.size, witness=f"members/w{n}", signature=signature(n, at))


def handed_over(*numbers: int) -> Checkpoint:
    """More witnesses, after a quorum of those before (0, 1 and 2) signed; the first checkpoint under the new roster."""
    enrol(*numbers)
    found = publish_checkpoint()
    assert found
    signed_by([0, 1, 2], found)
    publish_quorum()
    assert hand_over(at=AT)
    later = publish_checkpoint()
    assert later
    return later


class TestEnrolWitness:
    def test_adds_to_the_roster_and_the_quorum_follows(self, books: None) -> None:
        enrol(0, 1, 2, 3)
        roster = queries.roster()
        assert roster and [w.owner for w in roster.witnesses] == [f"members/w{n}" for n in range(4)]
        assert (roster.quorum, roster.dishonest) == (3, 1)

    def test_again_changes_nothing(self, books: None) -> None:
        enrol(0, 1)
        enrol(1)
        document = queries.roster_document()
        assert document and document.version == 1

    def test_refuses_who_was_never_declared(self, books: None) -> None:
        w = witness(0)
        with pytest.raises(UnknownOwner):
            enrol_witness(owner=w.owner, key=w.key, proof=w.proof, by="operators/market", at=AT)

    def test_refuses_another_key_for_the_same_and_anothers_proof(self, books: None) -> None:
        enrol(0)
        record_owner(owner="members/w1", place=None, at=AT)
        for owner, key, proof, no in (
            ("members/w0", witness(5).key, witness(5).proof, AlreadyWitness),
            ("members/w1", witness(5).key, witness(6).proof, Refusal),
            ("members/w1", witness(0).key, witness(0).proof, Refusal),
        ):
            with pytest.raises(no):
                enrol_witness(owner=owner, key=key, proof=proof, by="operators/market", at=AT)

    def test_by_command(self, books: None, capsys: pytest.CaptureFixture[str]) -> None:
        record_owner(owner="members/w1", place=None, at=AT)
        call_command("enrol_witness", "members/w1", witness(1).key.hex(), witness(1).proof.hex())
        assert "members/w1 is a witness; 1 of 1" in capsys.readouterr().out
        with pytest.raises(CommandError):
            call_command("enrol_witness", "members/w2", witness(2).key.hex(), witness(2).proof.hex())


class TestHandInCosignature:
    def test_keeps_the_signature_as_it_came_and_once(self, checkpoint: Checkpoint) -> None:
        signed_by([1], checkpoint)
        signed_by([1], checkpoint)
        kept = Cosignature.objects.get()
        assert (kept.witness, bytes(kept.signature)) == ("members/w1", signature(1, checkpoint))

    def test_refuses_what_the_witness_did_not_sign(self, checkpoint: Checkpoint) -> None:
        publish_checkpoint()
        record_owner(owner="members/later", place=None, at=AT)
        later = publish_checkpoint()
        assert later
        for false in (signature(2, checkpoint), signature(1, later), bytes(96), b""):
            with pytest.raises(BadWitnessSignature):
                hand_in_cosignature(size=checkpoint.size, witness="members/w1", signature=false)
        assert not Cosignature.objects.exists()

    def test_refuses_a_second_one(self, checkpoint: Checkpoint) -> None:
        signed_by([1], checkpoint)
        with pytest.raises(SignedOtherwise):
            hand_in_cosignature(size=checkpoint.size, witness="members/w1", signature=signature(2, checkpoint))

    def test_refuses_strangers_and_checkpoints_that_never_were(self, checkpoint: Checkpoint) -> None:
        with pytest.raises(NoWitness):
            hand_in_cosignature(size=checkpoint.size, witness="members/w9", signature=signature(9, checkpoint))
        with pytest.raises(NoSuchCheckpoint):
            hand_in_cosignature(size=1, witness="members/w1", signature=signature(1, checkpoint))

    def test_counts_who_stood_in_the_roster_then(self, checkpoint: Checkpoint) -> None:
        later = handed_over(4)
        with pytest.raises(NoWitness):
            signed_by([4], checkpoint)
        signed_by([4], later)
        signed_by([1], checkpoint)

    def test_cannot_be_changed_or_removed_by_the_web_role(self, checkpoint: Checkpoint) -> None:
        signed_by([1], checkpoint)
        for change in (
            lambda: Cosignature.objects.update(witness="members/w2"),
            lambda: Cosignature.objects.all().delete(),
        ):
            with pytest.raises(ProgrammingError), transaction.atomic():
                change()
        assert isinstance(connection.connection, psycopg.Connection)


class TestPublishQuorum:
    def test_waits_for_enough(self, checkpoint: Checkpoint, own_log: Path) -> None:
        assert publish_quorum() is None
        signed_by([0, 2], checkpoint)
        assert publish_quorum() is None
        assert not (own_log / "witnessed").exists()

    def test_puts_the_line_under_the_checkpoint(self, checkpoint: Checkpoint, own_log: Path) -> None:
        signed_by([3, 0, 2], checkpoint)
        row, roster = publish_quorum(), queries.roster()
        assert row and roster and row.signed == 3
        for name in ("checkpoint", "witnessed"):
            head, note = read_checkpoint((own_log / name).read_text(), read_key().verifier)
            assert head.size == checkpoint.size
            assert quorum_of(roster, note, head.origin) == [0, 2, 3]

    def test_takes_in_who_comes_late_and_repeats_no_line(self, checkpoint: Checkpoint, own_log: Path) -> None:
        signed_by([0, 1, 2], checkpoint)
        assert publish_quorum() and publish_quorum() is None
        signed_by([3], checkpoint)
        row = publish_quorum()
        assert row and row.signed == 4
        assert len(Note.parse((own_log / "checkpoint").read_text()).lines) == 2

    def test_of_an_older_checkpoint_stands_beside_the_newest(self, checkpoint: Checkpoint, own_log: Path) -> None:
        record_owner(owner="members/later", place=None, at=AT)
        newest = publish_checkpoint()
        signed_by([0, 1, 2], checkpoint)
        assert newest and publish_quorum()
        key = read_key().verifier
        assert read_checkpoint((own_log / "witnessed").read_text(), key)[0].size == checkpoint.size
        head, note = read_checkpoint((own_log / "checkpoint").read_text(), key)
        assert (head.size, len(note.lines)) == (newest.size, 1)

    def test_stays_when_nothing_new_is_published(self, checkpoint: Checkpoint, own_log: Path) -> None:
        signed_by([0, 1, 2], checkpoint)
        publish_quorum()
        before = (own_log / "checkpoint").read_text()
        publish_checkpoint()
        assert (own_log / "checkpoint").read_text() == before
        assert verify_log().agrees


class TestHandOver:
    def test_a_new_roster_waits_for_a_quorum_of_the_old(self, checkpoint: Checkpoint) -> None:
        enrol(4)
        later = publish_checkpoint()
        before = queries.roster()
        assert later and before and len(before.witnesses) == 4
        with pytest.raises(NoWitness):
            signed_by([4], later)
        assert hand_over(at=AT) is None
        signed_by([0, 1], later)
        assert publish_quorum() is None and hand_over(at=AT) is None
        signed_by([2], later)
        assert publish_quorum() and hand_over(at=AT) == 2
        after, last = queries.roster(), publish_checkpoint()
        assert after and last and len(after.witnesses) == 5
        assert queries.roster(later.size) == before, "what was signed then was signed by those of then"
        assert hand_over(at=AT) is None
        signed_by([0, 1, 2, 4], last)
        assert publish_quorum() and verify_log().agrees

    def test_needs_the_new_roster_in_what_was_signed(self, checkpoint: Checkpoint) -> None:
        enrol(4)
        publish_checkpoint()
        signed_by([0, 1, 2], checkpoint)
        assert publish_quorum() and hand_over(at=AT) is None

    def test_takes_the_last_of_several_that_wait(self, checkpoint: Checkpoint) -> None:
        enrol(4)
        handed_over(5)
        roster = queries.roster()
        assert roster and [w.owner for w in roster.witnesses[4:]] == ["members/w4", "members/w5"]
        assert verify_log().agrees

    def test_again_and_again_satisfies_the_verifier(
        self, checkpoint: Checkpoint, own_log: Path, tmp_path: Path
    ) -> None:
        handed_over(4)
        enrol(5)
        found = publish_checkpoint()
        assert found
        signed_by([0, 1, 2, 4], found)
        publish_quorum()
        assert hand_over(at=AT) == 3
        last = publish_checkpoint()
        assert last
        signed_by([0, 1, 2, 5], last)
        publish_quorum()
        said, _ = verifier.verify(str(own_log), tmp_path / "kept", needs_quorum=True)
        assert (said["signed"], said["witnesses"], said["seen"]) == (4, 6, last.size)


class TestApi:
    def post(self, client: Client, n: int, at: Checkpoint, **changes: object) -> int:
        body = {"size": at.size, "witness": f"members/w{n}", "signature": signature(n, at).hex()} | changes
        return client.post("/api/1/log/cosignatures/", body, content_type="application/json").status_code

    def test_takes_signatures_from_whoever_can_sign(self, client: Client, checkpoint: Checkpoint) -> None:
        assert [self.post(client, n, checkpoint) for n in (0, 1, 2, 2)] == [201] * 4
        publish_quorum()
        said = client.get("/api/1/log/witnesses/").json()
        assert (said["quorum"], said["signed"], said["size"]) == (3, 3, checkpoint.size)
        assert [row["size"] for row in said["witnesses"]] == [checkpoint.size] * 3 + [None]
        assert said["line"].startswith("— rennet.example/log/members ")

    def test_refuses_in_words(self, client: Client, checkpoint: Checkpoint) -> None:
        for changes, status in (
            ({"signature": "00" * 96}, 422), ({"signature": "zz"}, 400), ({"size": 1}, 404), ({"size": 0}, 400),
            ({"size": "9" * 30}, 400), ({"witness": "members/w9"}, 403), ({"witness": "x" * 200}, 400),
        ):  # fmt: skip
            assert self.post(client, 1, checkpoint, **changes) == status, changes


class TestPages:
    def test_say_who_signed_and_who_is_silent(self, client: Client, checkpoint: Checkpoint) -> None:
        signed_by([0, 1, 2], checkpoint)
        publish_quorum()
        page = client.get("/log/witnesses/").content.decode()
        assert "once 3 of 4 have signed" in page
        assert page.count(">silent<") == 1 and "never" in page
        assert "3 witnesses signed" in client.get("/log/").content.decode()

    def test_say_so_where_nobody_witnesses(self, client: Client, books: None) -> None:
        assert "Nobody witnesses this log yet" in client.get("/log/witnesses/").content.decode()
        publish_checkpoint()
        assert "not by a quorum of witnesses" in client.get("/log/").content.decode()


class TestQuorumApi:
    def test_gives_a_device_what_it_checks_by_itself(self, client: Client, checkpoint: Checkpoint) -> None:
        none = {"note": None, "roster": None, "index": None, "proof": [], "hand_overs": []}
        assert client.get("/api/1/log/quorum/").json() == none
        signed_by([0, 1, 2], checkpoint)
        publish_quorum()
        record_owner(owner="members/later", place=None, at=AT)
        publish_checkpoint()
        said = client.get("/api/1/log/quorum/").json()
        head, note = read_checkpoint(said["note"], read_key().verifier)
        roster = read_roster(said["roster"])
        assert quorum_of(roster, note, head.origin) == [0, 1, 2]
        proof = [decode(found) for found in said["proof"]]
        assert is_included(said["index"], head.size, leaf_hash(said["roster"].encode()), proof, head.root)


class TestAskWitnesses:
    def asked(self) -> int | None:
        head, _ = log_folder().asked()
        return head.size if head else None

    def later(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(log_folder().asked()[1] + seconds, tz=UTC)

    def grow(self, n: int) -> int:
        record_owner(owner=f"members/later-{n}", place=None, at=AT)
        found = publish_checkpoint()
        assert found
        return found.size

    def test_asks_for_one_checkpoint_while_the_log_grows(self, checkpoint: Checkpoint) -> None:
        ask_witnesses(at=datetime.now(UTC))
        for n in range(3):
            self.grow(n)
            ask_witnesses(at=self.later(SLOW + 1))
        assert self.asked() == checkpoint.size, "nobody signed yet"
        signed_by([0, 1, 2], checkpoint)
        ask_witnesses(at=self.later(SLOW - 1))
        assert self.asked() == checkpoint.size, "the fourth has its time"
        ask_witnesses(at=self.later(SLOW + 1))
        assert self.asked() == queries.log_size()

    def test_goes_on_once_all_signed_or_nobody_comes(self, checkpoint: Checkpoint) -> None:
        ask_witnesses(at=datetime.now(UTC))
        signed_by([0, 1, 2, 3], checkpoint)
        size = self.grow(1)
        ask_witnesses(at=self.later(0))
        assert self.asked() == size
        later = self.grow(2)
        ask_witnesses(at=self.later(TOO_LONG - 1))
        assert self.asked() == size
        ask_witnesses(at=self.later(TOO_LONG + 1))
        assert self.asked() == later

    def test_asks_under_the_logs_own_signature_alone(self, checkpoint: Checkpoint, own_log: Path) -> None:
        signed_by([0, 1, 2], checkpoint)
        publish_quorum()
        ask_witnesses(at=datetime.now(UTC))
        assert len(Note.parse((own_log / "asked").read_text()).lines) == 1
