"""The stand-alone verifier: it needs nothing of the program, passes what is right, and names the first wrong leaf."""

import ast
import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command

from config.folder import PROJECT
from ledger import queries, verifier
from ledger.log_folder import LogFolder
from ledger.rules import tiles
from ledger.rules.merkle import leaf_hash
from ledger.rules.notes import Head, Note, SignerKey
from ledger.rules.records import document_leaf, owner_leaf
from ledger.rules.tiles import BUNDLE, WIDTH, tiles_of
from ledger.rules.witnesses import cosignatures
from ledger.rules.witnesses.bls import sign
from ledger.rules.witnesses.rosters import read_roster, roster_body
from ledger.services.journal import close_period, record_entry, undo_entry
from tests.ledger import season
from tests.ledger.conftest import AT
from tests.ledger.witnesses.people import secret, witness

pytestmark = pytest.mark.quick

KEY = SignerKey("rennet.example/log", bytes(range(32)))
LOT = "coops/fern/lots/wet-1@hubs/fern"


def publish(
    folder: Path, leaves: list[str], key: SignerKey = KEY, signed: Callable[[str], list[Any]] | None = None
) -> None:
    """These leaves as a log, whatever they say: a server that lies about its records, but not about its tree."""
    shutil.rmtree(folder, ignore_errors=True)
    made, levels = LogFolder(folder), [[leaf_hash(leaf.encode()) for leaf in leaves]]
    while len(levels[-1]) >= WIDTH:
        below = levels[-1]
        levels.append([tiles.fold(below[n * WIDTH :][:WIDTH]) for n in range(len(below) // WIDTH)])
    for tile in tiles_of(len(leaves)):
        first = tile.n * WIDTH
        if tile.level == BUNDLE:
            made.write(tile, tiles.bundle(leaf.encode() for leaf in leaves[first : first + tile.width]))
        else:
            made.write(tile, b"".join(levels[tile.level][first : first + tile.width]))
    text = Head(key.name, len(leaves), made.tree(len(leaves)).root()).text
    made.publish(Note(text, (key.sign(text), *(signed(text) if signed else ()))), key.verifier)


def look(folder: Path | str, keep: Path, *more: str) -> tuple[int, str]:
    """What the verifier answers, run as a stranger runs it: alone, from elsewhere."""
    said = subprocess.run(
        [sys.executable, "-I", PROJECT / "ledger" / "verifier.py", folder, "--keep", keep, *more],
        cwd="/", capture_output=True, text=True,
    )  # fmt: skip
    assert not said.stderr, said.stderr
    return said.returncode, said.stdout


def declarations() -> list[str]:
    """What the entries of these tests need."""
    units = (("EUR", "money"), ("g", "thing"), ("part", "thing"), ("bar", "thing"))
    owners = (
        "coops/fern",
        "coops/oak",
        "members/ben",
        "members/ada",
        "orders/o1",
        "nature/air",
        "unknown/count",
        "tax/fr",
    )
    return [
        *(document_leaf("unit", code, 1, {"family": family, "exponent": 0, "grams": None}, "coops/fern", AT)
          for code, family in units),
        *(owner_leaf(owner, None, AT) for owner in owners),
    ]  # fmt: skip


def entry(*flows: tuple[str, str, str, str], n: int = 1, **said: Any) -> str:
    body = {
        "type": "entry", "id": str(UUID(int=n)), "key": f"k/{n}", "action": "transfer", "purpose": "test",
        "at": "2026-11-23T12:00:00Z", "recorded": "2026-11-23T12:00:00.000001Z", "by": ["members/ada"],
        "evidence": "declared", "undoes": None, "flows": [list(flow) for flow in flows], **said,
    }  # fmt: skip
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def gives(quantity: str = "10", n: int = 1, **said: Any) -> str:
    return entry(("members/ben/harvest", LOT, "g", quantity), n=n, **said)


@pytest.fixture
def exported(books: None, tmp_path: Path) -> Path:
    """A log of real records, as the command writes it."""
    for n in range(280):
        record_entry(key=f"phone/{n}", action="transfer", purpose="delivery", at=AT, by=["members/ada"],
                     flows=[("members/ben/harvest", LOT, "g", 1 + n)])  # fmt: skip
    first = queries.entries_by_key(["phone/0", "phone/9"])
    undo_entry(entry=first["phone/9"].id, key="fix/9", at=AT, by=["members/ada"], purpose="count",
               flows=[(LOT, "members/ben/harvest", "g", 4)])  # fmt: skip
    record_entry(key="bank/1", action="transfer", purpose="loan", at=AT, by=["members/ada"], flows=[
        ("funders/region/pocket", "coops/fern/till@bank/fern", "EUR", 900),
        ("coops/fern/owes", "coops/fern/free", "EUR@coops/fern", 900),
    ])  # fmt: skip
    call_command("export_log", tmp_path / "log", stdout=StringIO())
    return tmp_path / "log"


class TestAlone:
    def test_it_imports_nothing_but_python_and_two_libraries(self) -> None:
        tree = ast.parse((PROJECT / "ledger" / "verifier.py").read_text())
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        roots = {name.partition(".")[0] for name in names}
        assert roots - sys.stdlib_module_names == {"cryptography", "py_ecc"}


class TestRightLogs:
    def test_of_real_records_pass_and_lead_to_the_same_balances(self, exported: Path, tmp_path: Path) -> None:
        code, said = look(exported, tmp_path / "kept", "--balances", str(tmp_path / "balances.csv"))
        assert code == 0 and "282 entries among them" in said
        rows = [row.split(",")[:3] for row in (tmp_path / "balances.csv").read_text().splitlines()[1:]]
        assert rows == [[h.address, h.unit, str(h.quantity)] for h in queries.balances()]

    def test_of_a_season_of_every_event_pass(self, db: None, tmp_path: Path) -> None:
        season.declare()
        told = list(season.season())
        close_period(owner="coops/fern", before=AT, by="members/ada", at=AT)
        call_command("export_log", tmp_path / "log", stdout=StringIO())
        code, said = look(tmp_path / "log", tmp_path / "kept", "--balances", str(tmp_path / "balances.csv"))
        assert code == 0 and f"{len(told)} entries among them" in said
        rows = [row.split(",")[:3] for row in (tmp_path / "balances.csv").read_text().splitlines()[1:]]
        assert rows == [[h.address, h.unit, str(h.quantity)] for h in queries.balances()]

    def test_that_grew_pass_again(self, exported: Path, tmp_path: Path) -> None:
        assert look(exported, tmp_path / "kept")[0] == 0
        record_entry(key="phone/x", action="transfer", purpose="delivery", at=AT, by=[],
                     flows=[("members/ben/harvest", LOT, "g", 1)])  # fmt: skip
        call_command("export_log", exported, stdout=StringIO())
        code, said = look(exported, tmp_path / "kept")
        assert code == 0 and "seen before are unchanged" in said and "283 entries" in said

    @pytest.mark.parametrize("size", [0, 1, 255, 256, 257])
    def test_of_any_size_pass(self, tmp_path: Path, size: int) -> None:
        publish(tmp_path / "log", [owner_leaf(f"members/m{n}", None, AT) for n in range(size)])
        code, said = look(tmp_path / "log", tmp_path / "kept")
        assert code == 0 and f"All {size} leaves" in said


def _flip(path: str, at: int) -> Callable[[Path], None]:
    def flip(folder: Path) -> None:
        content = bytearray((folder / path).read_bytes())
        content[at] ^= 1
        (folder / path).write_bytes(content)

    return flip


def _tear(path: str, at: int) -> Callable[[Path], None]:
    def tear(folder: Path) -> None:
        (folder / path).write_bytes((folder / path).read_bytes()[:at])

    return tear


class TestBrokenFiles:
    @pytest.mark.parametrize(
        ("break_it", "answer"),
        [
            (_flip("tile/entries/000", 20), "leaf 0 is wrong"),
            (_tear("tile/entries/000", 20), "leaf 0 is wrong: its bytes are cut off"),
            (_flip("tile/0/000", 32 * 77 + 5), "leaf 77 is wrong: its bytes do not lead to its published hash"),
            (_tear("tile/0/000", 32 * 77 + 5), "leaf 77 is wrong"),
            (_flip("tile/1/000.p/1", 3), "leaf 0 is wrong: tile 0 of level 1"),
            (_flip("checkpoint", 22), "This log is wrong"),
            (_flip("log.vkey", 30), "This log is wrong"),
            (lambda folder: (folder / "tile/entries/000").unlink(), "leaf 0 is wrong: its bundle is missing"),
        ],
    )
    def test_are_found(self, tmp_path: Path, break_it: Callable[[Path], None], answer: str) -> None:
        publish(tmp_path / "log", [*declarations(), *(gives(n=n) for n in range(1, 300))])
        break_it(tmp_path / "log")
        code, said = look(tmp_path / "log", tmp_path / "kept")
        assert code == 1 and said.startswith(answer)

    def test_a_folder_that_is_no_log_cannot_be_read(self, tmp_path: Path) -> None:
        code, said = look(tmp_path, tmp_path / "kept")
        assert code == 2 and "is this a log?" in said


class TestAnotherPast:
    """Signed by the log's own key, over a tree in order: only who looked before can tell."""

    def test_is_found_by_whoever_looked_before_and_the_leaf_is_named(self, tmp_path: Path) -> None:
        leaves = [*declarations(), *(gives(str(n), n=n) for n in range(1, 400))]
        publish(tmp_path / "log", leaves)
        assert look(tmp_path / "log", tmp_path / "kept")[0] == 0
        leaves[300] = leaves[300].replace('"g"', '"bar"')
        publish(tmp_path / "log", [*leaves, gives(n=900)])
        assert look(tmp_path / "log", tmp_path / "elsewhere")[0] == 0
        code, said = look(tmp_path / "log", tmp_path / "kept")
        assert code == 1 and said.startswith("leaf 300 is wrong: it is not the leaf that was there")

    def test_that_is_shorter_is_found(self, tmp_path: Path) -> None:
        leaves = [*declarations(), gives()]
        publish(tmp_path / "log", leaves)
        assert look(tmp_path / "log", tmp_path / "kept")[0] == 0
        publish(tmp_path / "log", leaves[:-1])
        code, said = look(tmp_path / "log", tmp_path / "kept")
        assert code == 1 and said.startswith(f"leaf {len(leaves) - 1} is wrong: it is missing")

    def test_under_another_key_is_found(self, tmp_path: Path) -> None:
        publish(tmp_path / "log", declarations())
        assert look(tmp_path / "log", tmp_path / "kept")[0] == 0
        publish(tmp_path / "log", declarations(), SignerKey(KEY.name, bytes(32)))
        assert look(tmp_path / "log", tmp_path / "kept")[0] == 1
        assert look(tmp_path / "log", tmp_path / "new", "--vkey", str(KEY.verifier))[0] == 1


TILL, OWES, FREE = "coops/fern/till@bank/fern", "coops/fern/owes", "coops/fern/free"
UNDO = str(UUID(int=1))
BROKEN_LAWS = {
    "more was taken than is there": [gives(), entry((LOT, "nature/air/body", "g", "11"), n=2)],
    "more was taken back than was given": [entry((LOT, "members/ben/harvest", "g", "1"))],
    "a key was used twice": [gives(), gives(n=2, key="k/1")],
    "an id was used twice": [gives(), gives(key="k/2")],
    "an owner was never declared": [entry(("members/eve/harvest", LOT, "g", "1"))],
    "a unit was never declared": [entry(("members/ben/harvest", LOT, "kg", "1"))],
    "nobody can owe it": [entry(("coops/fern/owes", "coops/fern/free", "g@coops/fern", "1"))],
    "an account cannot hold the unit": [entry(("members/ben/harvest", LOT, "EUR", "1"))],
    "an account is none": [entry(("members/ben/harvests", LOT, "g", "1"))],
    "claims and money part": [entry(("orders/o1/pocket", TILL, "EUR", "5"), key="bank/1")],
    "a keeper's sum moved without a line": [
        entry(("orders/o1/pocket", TILL, "EUR", "5"), (OWES, FREE, "EUR@coops/fern", "5"))
    ],
    "custody moved, and ownership with it": [
        entry(("coops/fern/lots/a@hubs/fern", "coops/oak/lots/a@hubs/fern", "g", "1"), action="transfer-custody")
    ],
    "somebody has another's own claims": [entry((OWES, "coops/oak/free", "EUR@coops/fern", "5"))],
    "a quantity is none": [gives("0")],
    "a quantity begins with zero": [gives("01")],
    "a quantity is negative": [gives("-1")],
    "a quantity is too large": [gives(str(2**63))],
    "a balance is too large": [gives(str(2**63 - 1)), gives("1", n=2)],
    "somebody gives to itself": [entry((LOT, LOT, "g", "1"))],
    "it moves nothing": [entry()],
    "a lot was filled after it was drawn": [
        gives(), entry((LOT, "nature/air/body", "g", "1"), n=2), gives(n=3)
    ],
    "a process took goods after it produced": [
        gives(),
        entry((LOT, "coops/fern/processes/p", "g", "5"), n=2),
        entry(("coops/fern/processes/p", "coops/fern/lots/b@hubs/fern", "g", "4"), action="produce", n=3),
        entry((LOT, "coops/fern/processes/p", "g", "5"), n=4),
    ],
    "a process produced twice": [
        entry(("coops/fern/processes/p", "coops/fern/lots/b@hubs/fern", "bar", "4"), action="produce"),
        entry(("coops/fern/processes/p", "coops/fern/lots/c@hubs/fern", "bar", "4"), action="produce", n=2),
    ],
    "more parts than a whole": [
        entry(("coops/fern/processes/p", "coops/fern/lots/b@hubs/fern", "part", "10001"), action="produce")
    ],
    "more was undone than was done": [
        gives(), entry((LOT, "members/ben/harvest", "g", "6"), n=2, undoes=UNDO),
        gives(n=3), entry((LOT, "members/ben/harvest", "g", "6"), n=4, undoes=UNDO),
    ],
    "what undoes was undone": [
        gives(), entry((LOT, "members/ben/harvest", "g", "6"), n=2, undoes=UNDO),
        entry(("members/ben/harvest", LOT, "g", "6"), n=3, undoes=str(UUID(int=2))),
    ],
    "it undoes nothing": [gives(undoes=str(UUID(int=9)))],
    "its time is none": [gives(at="2026-11-23T12:00:00+00:00")],
    "its time does not exist": [gives(at="2026-02-30T12:00:00Z")],
    "its action is none": [gives(action="wish")],
    "its evidence is none": [gives(evidence="rumour")],
    "who recorded it is nobody": [gives(by=["somebody"])],
    "a word stands there that means nothing": [gives(note="x")],
    "its JSON is not canonical": [gives().replace(",", ", ", 1)],
    "a key stands there twice": ['{"at":"2026-11-23T12:00:00Z","at":"2026-11-23T12:00:00Z"}'],
    "it is no JSON": ["{"],
    "it is a number": ["7"],
    "it has a fraction": [gives(at=1.5)],
    "it is deeply nested": ["[" * 20_000 + "]" * 20_000],
    "it is of no type": ['{"type":"wish"}'],
    "it holds a control character": [owner_leaf("members/x", "fr", AT).replace("fr", "f\\u0007r")],
    "it is not in normal form": [owner_leaf("members/x", "fr", AT).replace("fr", "fe\u0301")],
    "a document skips a version": [document_leaf("place", "fr", 2, {}, "coops/fern", AT)],
    "a document's hash is another's": [
        document_leaf("place", "fr", 1, {"a": 1}, "coops/fern", AT).replace('"a":1', '"a":2')
    ],
    "a unit changed its meaning": [
        document_leaf("unit", "g", 2, {"family": "thing", "exponent": 1, "grams": None}, "coops/fern", AT)
    ],
    "it is dated into a closed period": [
        document_leaf("closed-period", "coops/fern g", 1, {"owner": "coops/fern", "unit": "g",
                      "before": "2026-11-23T12:00:00Z"}, "coops/fern", AT),
        gives(), gives(n=2, at="2026-11-23T11:59:59Z"),
    ],
    "a closed period was opened": [
        document_leaf("closed-period", "coops/fern", n, {"owner": "coops/fern", "unit": None,
                      "before": f"2026-11-2{3 - n}T12:00:00Z"}, "coops/fern", AT) for n in (1, 2)
    ],
    "a correction gives no reason": [
        gives(), entry((LOT, "members/ben/harvest", "g", "1"), n=2, undoes=UNDO, purpose="correction")
    ],
    "a correction is nobody's": [
        gives(), entry((LOT, "members/ben/harvest", "g", "1"), n=2, undoes=UNDO, purpose="correction",
                       reason="incorrect-data", by=[]),
    ],
    "a reason stands where nothing is corrected": [gives(reason="incorrect-data")],
    "an account is closed": [
        json.dumps({"type": "account", "address": LOT, "floors": {}, "about": None, "closed": True,
                    "at": "2026-11-23T12:00:00Z"}, sort_keys=True, separators=(",", ":")), gives(),
    ],
}  # fmt: skip


class TestBrokenLaws:
    """A server that signs what breaks a law: the last leaf of each list is the wrong one."""

    @pytest.mark.parametrize("why", BROKEN_LAWS)
    def test_are_found_and_the_leaf_is_named(self, tmp_path: Path, why: str) -> None:
        leaves = [*declarations(), *BROKEN_LAWS[why]]
        publish(tmp_path / "log", leaves)
        with pytest.raises(verifier.Wrong) as told:
            verifier.verify(str(tmp_path / "log"), tmp_path / "kept")
        assert told.value.index == len(leaves) - 1, str(told.value)
        publish(tmp_path / "log", leaves[:-1])
        verifier.verify(str(tmp_path / "log"), tmp_path / "again")


class TestWitnesses:
    ROSTER = document_leaf("roster", "members", 1, roster_body([witness(n) for n in range(4)]), "coops/fern", AT)

    def log(self, folder: Path, places: tuple[int, ...], bend: Callable[[bytes], bytes] = bytes) -> None:
        roster = read_roster(self.ROSTER)

        def signed(text: str) -> list[Any]:
            said = {n: sign(secret(n), cosignatures.message(roster, text)) for n in places}
            line = cosignatures.members_line(roster, KEY.name, text, said)
            return [type(line)(line.name, line.key_id, bend(line.payload))]

        publish(folder, [*declarations(), self.ROSTER], signed=signed if places else None)

    def test_are_counted(self, tmp_path: Path) -> None:
        self.log(tmp_path / "log", (0, 2, 3))
        code, said = look(tmp_path / "log", tmp_path / "kept")
        assert code == 0 and "3 of 4 witnesses signed the first 13; 3 must" in said

    def test_who_signed_a_while_ago_are_counted_for_what_they_signed(self, tmp_path: Path) -> None:
        self.log(tmp_path / "log", (0, 2, 3))
        witnessed = (tmp_path / "log/checkpoint").read_text()
        publish(tmp_path / "log", [*declarations(), self.ROSTER, gives()])
        (tmp_path / "log/witnessed").write_text(witnessed)
        code, said = look(tmp_path / "log", tmp_path / "kept")
        assert code == 0 and "All 14 leaves" in said and "signed the first 13; 3 must" in said
        publish(tmp_path / "log", [*declarations()[:-1], owner_leaf("tax/de", None, AT), self.ROSTER, gives()])
        (tmp_path / "log/witnessed").write_text(witnessed)
        code, said = look(tmp_path / "log", tmp_path / "elsewhere")
        assert code == 1 and "another root than the witnesses signed" in said

    def test_who_have_not_signed_are_missed(self, tmp_path: Path) -> None:
        self.log(tmp_path / "log", ())
        assert "No quorum signed yet; 3 must" in look(tmp_path / "log", tmp_path / "kept")[1]
        assert look(tmp_path / "log", tmp_path / "kept", "--require-quorum")[0] == 1

    @pytest.mark.parametrize(
        "bend",
        [lambda p: b"\x0f" + p[1:], lambda p: b"\x03" + p[1:], lambda p: b"\x1d" + p[1:], lambda p: p[:-1],
         lambda p: p[:40] + bytes([p[40] ^ 1]) + p[41:], lambda p: p[:1] + b"\xc0" + bytes(95)],
    )  # fmt: skip
    def test_whose_line_does_not_hold_are_refused(self, tmp_path: Path, bend: Callable[[bytes], bytes]) -> None:
        self.log(tmp_path / "log", (0, 2, 3), bend)
        code, said = look(tmp_path / "log", tmp_path / "kept")
        assert code == 1 and "the witnesses" in said

    def test_with_a_rogue_roster_are_refused(self, tmp_path: Path) -> None:
        rows = roster_body([witness(n) for n in range(4)])
        key = bytes.fromhex(rows["witnesses"][0][1])
        inverse = bytes([key[0] ^ 0x20]) + key[1:]
        for bad in (inverse.hex(), key.hex()):
            rows["witnesses"][1][1] = bad
            leaf = document_leaf("roster", "members", 1, rows, "coops/fern", AT)
            with pytest.raises(verifier.Wrong, match="stands in the roster twice"):
                verifier.read_roster(leaf.encode())


def test_base64_is_read_one_way() -> None:
    assert verifier.base64_of(base64.b64encode(sha256(b"x").digest()).decode()) == sha256(b"x").digest()
    for text in ("QQ", "QR==", "Q Q=", "é"):
        with pytest.raises(verifier.Wrong):
            verifier.base64_of(text)
