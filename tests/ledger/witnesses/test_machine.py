"""A witness signs what it read in whole, and never two histories, whatever it is shown and whenever it is stopped."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from ledger.log_folder import LogFolder
from ledger.log_source import CannotBeRead
from ledger.rules import tiles
from ledger.rules.merkle import Frontier, leaf_hash
from ledger.rules.notes import Head, Note, SignerKey
from ledger.rules.records import account_leaf, document_leaf, owner_leaf
from ledger.rules.witnesses.bls import is_signed
from ledger.rules.witnesses.cosignatures import message
from ledger.rules.witnesses.keystores import WrongPassword
from ledger.rules.witnesses.rosters import Witness, read_roster, roster_body
from ledger.witness import (
    Identity,
    LogIsWrong,
    MemoryIsBroken,
    NotInRoster,
    NotSignedByTheLog,
    NoWitnessHere,
    OtherHistory,
    WitnessExists,
    WitnessMachine,
    make_witness,
)
from tests.ledger.conftest import AT
from tests.ledger.witnesses.people import ORIGIN, witness

pytestmark = pytest.mark.quick

KEY = SignerKey(ORIGIN, bytes(range(32)))
CHANCE = bytes(range(80))
PLACES = [owner_leaf("members/ada", place, AT) for place in ("gh", "gh/ashanti", "fr")]


def publish(folder: Path, leaves: Iterable[str], key: SignerKey = KEY, root: bytes | None = None) -> None:
    """A log of these leaves as anybody could write it who has the key."""
    packed = [leaf.encode() for leaf in leaves]
    for tile in tiles.tiles_of(len(packed)):
        if tile.level == tiles.BUNDLE:
            first = tile.n * tiles.WIDTH
            path = folder / tile.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(tiles.bundle(packed[first : first + tile.width]))
    found = Frontier().append(leaf_hash(leaf) for leaf in packed).root()
    text = Head(key.name, len(packed), root or found).text
    LogFolder(folder).publish(Note(text, (key.sign(text),)), key.verifier)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "witness"
    identity = Identity("members/ada", str(KEY.verifier), str(tmp_path / "log"), "http://localhost")
    make_witness(made, identity, "words", CHANCE, work=2**10)
    return made


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def roster(tmp_path: Path) -> str:
    other = tmp_path / "same"
    key, proof = make_witness(other, Identity("members/ada", str(KEY.verifier), "", ""), "words", CHANCE, work=2**10)
    rows = [Witness("members/ada", key, proof), witness(1), witness(2)]
    return document_leaf("roster", "members", 1, roster_body(rows), "operators/market", AT)


def machine(home: Path) -> WitnessMachine:
    return WitnessMachine(home, "words")


class TestSign:
    def test_signs_what_it_read_and_remembers_it_first(self, home: Path, log: Path, roster: str) -> None:
        publish(log, [roster, PLACES[0]])
        signed = machine(home).sign()
        assert signed and (signed.size, signed.witness) == (2, "members/ada")
        by = read_roster(roster)
        text = Note.parse((log / "checkpoint").read_text()).text
        assert is_signed(by.witnesses[0].key, message(by, text), signed.signature)
        assert (home / "checkpoint").read_text() == (log / "checkpoint").read_text()

    def test_goes_on_where_it_stopped_and_after_a_restart(self, home: Path, log: Path, roster: str) -> None:
        ada, leaves = machine(home), [roster]
        for place in PLACES:
            leaves.append(place)
            publish(log, leaves)
            signed, again = ada.sign(), ada.sign()
            assert signed and signed.size == len(leaves) and again is None
        assert machine(home).sign() == signed, "the same signature, if the first never arrived"

    def test_signs_again_what_it_remembered_when_it_was_killed(
        self, home: Path, log: Path, roster: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publish(log, [roster])
        first = machine(home)
        with monkeypatch.context() as killed:
            killed.setattr("ledger.witness.sign", lambda *said: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                first.sign()
        assert (home / "checkpoint").exists(), "remembered before it is signed"
        publish(log, [PLACES[0], PLACES[1]])
        with pytest.raises(OtherHistory):
            machine(home).sign()
        publish(log, [roster])
        assert machine(home).sign()

    def test_signs_the_checkpoint_that_all_are_asked_for(self, home: Path, log: Path, roster: str) -> None:
        publish(log, [roster, PLACES[0]])
        (log / "asked").write_bytes((log / "checkpoint").read_bytes())
        publish(log, [roster, *PLACES])
        ada = machine(home)
        signed, again = ada.sign(), ada.sign()
        assert signed and signed.size == 2 and again is None
        (log / "asked").write_bytes((log / "checkpoint").read_bytes())
        later = ada.sign()
        assert later and later.size == 4

    def test_reads_more_than_one_bundle(self, home: Path, log: Path, roster: str) -> None:
        leaves = [roster, *(owner_leaf(f"members/m{n}", None, AT) for n in range(300))]
        publish(log, leaves[:255])
        ada = machine(home)
        assert ada.sign()
        publish(log, leaves)
        shutil.rmtree(log / "tile/entries/000.p")
        signed = ada.sign()
        assert signed and signed.size == 301

    @pytest.mark.parametrize("is_same_machine", [True, False])
    @pytest.mark.parametrize("later", ["shorter", "same size", "longer"])
    def test_refuses_another_history_and_keeps_the_evidence(
        self, home: Path, log: Path, roster: str, later: str, is_same_machine: bool
    ) -> None:
        publish(log, [roster, *PLACES[:2]])
        ada = machine(home)
        ada.sign()
        before = (log / "checkpoint").read_text()
        other = {"shorter": PLACES[1:2], "same size": PLACES[:1] * 2, "longer": [PLACES[2], PLACES[0], PLACES[1]]}
        shutil.rmtree(log)
        publish(log, [roster, *other[later]])
        for _ in range(2):
            with pytest.raises(OtherHistory):
                (ada if is_same_machine else machine(home)).sign()
        assert (home / "checkpoint").read_text() == before
        (evidence,) = (home / "evidence").iterdir()
        assert before in evidence.read_text() and (log / "checkpoint").read_text() in evidence.read_text()

    def test_refuses_a_leaf_that_breaks_a_law_and_names_it(self, home: Path, log: Path, roster: str) -> None:
        undeclared = account_leaf("members/ada/purse", {}, closed=False, about=None, at=AT).replace("account", "accord")
        publish(log, [roster, PLACES[0], undeclared, PLACES[1]])
        with pytest.raises(LogIsWrong) as error:
            machine(home).sign()
        assert error.value.facts["index"] == 2
        assert not (home / "checkpoint").exists()

    def test_refuses_a_root_that_is_not_that_of_the_leaves(self, home: Path, log: Path, roster: str) -> None:
        publish(log, [roster], root=bytes(32))
        with pytest.raises(LogIsWrong):
            machine(home).sign()

    def test_refuses_a_roster_that_could_cheat(self, home: Path, log: Path, roster: str) -> None:
        body = roster_body([witness(1), Witness("members/ada", witness(1).key, witness(1).proof)])
        publish(log, [roster, document_leaf("roster", "members", 2, body, "operators/market", AT)])
        with pytest.raises(LogIsWrong) as error:
            machine(home).sign()
        assert error.value.facts["index"] == 1

    def test_refuses_another_logs_checkpoint(self, home: Path, log: Path, roster: str) -> None:
        for other in (SignerKey(ORIGIN, bytes(32)), SignerKey("other.example", bytes(range(32)))):
            publish(log, [roster], other)
            with pytest.raises(NotSignedByTheLog):
                machine(home).sign()

    def test_refuses_what_does_not_name_it(self, home: Path, log: Path) -> None:
        other = roster_body([Witness("members/ada", witness(5).key, witness(5).proof)])
        for leaves in ([PLACES[0]], [document_leaf("roster", "members", 1, other, "operators/market", AT)]):
            publish(log, leaves)
            with pytest.raises(NotInRoster):
                machine(home).sign()
            assert not (home / "checkpoint").exists()

    @pytest.mark.parametrize("spoilt", [b"", b"\0", b"\xff\xff", b"\0\1\xff"])
    def test_says_which_file_cannot_be_read(self, home: Path, log: Path, roster: str, spoilt: bytes) -> None:
        publish(log, [roster])
        (log / "tile/entries/000.p/1").write_bytes(spoilt)
        with pytest.raises((CannotBeRead, LogIsWrong)):
            machine(home).sign()

    def test_signs_nothing_while_its_memory_is_broken(self, home: Path, log: Path, roster: str) -> None:
        publish(log, [roster])
        (home / "checkpoint").write_text("torn")
        with pytest.raises(MemoryIsBroken):
            machine(home).sign()


class TestMakeWitness:
    def test_keeps_the_key_from_others(self, home: Path) -> None:
        assert (home / "keystore.json").stat().st_mode & 0o077 == 0
        assert home.stat().st_mode & 0o077 == 0
        assert json.loads((home / "keystore.json").read_text())["version"] == 4

    def test_writes_over_no_key(self, home: Path) -> None:
        with pytest.raises(WitnessExists):
            make_witness(home, Identity("members/ada", str(KEY.verifier), "", ""), "words", CHANCE, work=2**10)

    def test_is_opened_by_its_password_alone(self, home: Path) -> None:
        with pytest.raises(WrongPassword):
            WitnessMachine(home, "other")
        with pytest.raises(NoWitnessHere):
            WitnessMachine(home / "none", "words")
