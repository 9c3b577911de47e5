"""Witnesses hand over to others: nobody else can put others in their place, whoever tells the rule."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger import verifier
from ledger.rules.merkle import Frontier, leaf_hash
from ledger.rules.notes import Head, Line
from ledger.rules.records import document_leaf, owner_leaf
from ledger.rules.replay import Replay
from ledger.rules.witnesses.bls import sign
from ledger.rules.witnesses.cosignatures import key_id, line_name, members_line, message
from ledger.rules.witnesses.rosters import Roster, read_roster, roster_body
from ledger.rules.witnesses.succession import hand_over_body
from ledger.witness import LogIsWrong, WitnessMachine
from tests.ledger.conftest import AT
from tests.ledger.test_verifier import publish
from tests.ledger.witnesses.people import secret, witness
from tests.ledger.witnesses.test_machine import KEY, home, log  # noqa: F401  # two fixtures

pytestmark = pytest.mark.quick

OLD = document_leaf("roster", "members", 1, roster_body([witness(n) for n in range(4)]), "coops/fern", AT)
NEW = document_leaf("roster", "members", 2, roster_body([witness(n) for n in (0, 1, 2, 3, 4)]), "coops/fern", AT)
OURS = document_leaf("roster", "members", 3, roster_body([witness(n) for n in (7, 8)]), "coops/fern", AT)
PLACE = owner_leaf("members/ada", "gh", AT)
BEFORE = [OLD, PLACE, NEW]


def head(leaves: list[str], root: bytes | None = None) -> Head:
    found = Frontier().append(leaf_hash(leaf.encode()) for leaf in leaves).root()
    return Head(KEY.name, len(leaves), root or found)


def signed(by: str, numbers: tuple[int, ...], at: Head, *, quorum: int | None = None) -> Line:
    """The line of these witnesses of a roster, by their numbers in it and outside the tests."""
    roster = read_roster(by)
    weak = Roster(roster.digest, roster.witnesses, 0, quorum or roster.quorum)
    numbered = {w.owner: n for n, w in enumerate(roster.witnesses)}
    said = {numbered[f"members/w{n}"]: sign(secret(n), message(roster, at.text)) for n in numbers}
    return members_line(weak, KEY.name, at.text, said)


def hand_over(line: Line, at: Head, *, roster: Any = 2, version: int = 1, **changes: Any) -> str:
    body = hand_over_body(roster, at, line) | changes
    return document_leaf("hand-over", "members", version, body, "coops/fern", AT)


def true_one() -> str:
    return hand_over(signed(OLD, (0, 1, 3), head(BEFORE)), head(BEFORE))


def tell(folder: Path, leaves: list[str]) -> list[int | None]:
    """Where each telling of the rules finds the log wrong: the replay, and the stand-alone verifier."""
    replay = Replay()
    list(replay.read(leaves))
    found: list[int | None] = [replay.fault.index if replay.fault else None]
    publish(folder / "log", leaves)
    try:
        verifier.verify(str(folder / "log"), folder / "kept")
        found.append(None)
    except verifier.Wrong as wrong:
        found.append(wrong.index)
    return found


class TestHandOver:
    def test_by_a_quorum_of_those_before_is_taken(self, tmp_path: Path) -> None:
        leaves = [*BEFORE, PLACE, true_one()]
        assert tell(tmp_path, leaves) == [None, None]
        replay = Replay()
        list(replay.read(leaves[:-1]))
        assert replay.succession.roster == read_roster(OLD) and replay.succession.is_waiting
        list(replay.read(leaves[-1:]))
        assert replay.succession.roster == read_roster(NEW) and not replay.succession.is_waiting

    FALSE: dict[str, Callable[[], str]] = {
        "too few": lambda: hand_over(signed(OLD, (0, 1), head(BEFORE), quorum=2), head(BEFORE)),
        "the new ones alone": lambda: hand_over(signed(NEW, (0, 1, 2, 4), head(BEFORE)), head(BEFORE)),
        "another past": lambda: hand_over(signed(OLD, (0, 1, 3), head(BEFORE, bytes(32))), head(BEFORE, bytes(32))),
        "before it stood there": lambda: hand_over(signed(OLD, (0, 1, 3), head(BEFORE[:2])), head(BEFORE[:2])),
        "the future": lambda: hand_over(signed(OLD, (0, 1, 3), head([*BEFORE, PLACE])), head([*BEFORE, PLACE])),
        "another size": lambda: true_one().replace(f'"{KEY.name}",3', f'"{KEY.name}",4'),
        "no such roster": lambda: hand_over(signed(OLD, (0, 1, 3), head(BEFORE)), head(BEFORE), roster=3),
        "the first again": lambda: hand_over(signed(OLD, (0, 1, 3), head(BEFORE)), head(BEFORE), roster=1),
        "more beside": lambda: hand_over(signed(OLD, (0, 1, 3), head(BEFORE)), head(BEFORE), more=1),
        "no signature": lambda: hand_over(
            Line(line_name(KEY.name), key_id(read_roster(OLD), KEY.name), b"\x07" + b"\xc0" + bytes(95)), head(BEFORE)
        ),
        "no version": lambda: hand_over(signed(OLD, (0, 1, 3), head(BEFORE)), head(BEFORE), roster=[2]),
    }

    @pytest.mark.parametrize("how", FALSE)
    def test_that_is_false_is_named(self, tmp_path: Path, how: str) -> None:
        leaf = self.FALSE[how]()
        assert tell(tmp_path, [*BEFORE, leaf]) == [len(BEFORE)] * 2

    def test_twice_is_refused(self, tmp_path: Path) -> None:
        again = hand_over(signed(OLD, (0, 1, 3), head(BEFORE)), head(BEFORE), version=2)
        assert tell(tmp_path, [*BEFORE, true_one(), again]) == [4, 4]

    def test_may_leave_out_one_that_waited_and_its_turn_is_over(self, tmp_path: Path) -> None:
        before = [*BEFORE, OURS]
        over = hand_over(signed(OLD, (0, 1, 3), head(before)), head(before), roster=3)
        assert tell(tmp_path, [*before, over]) == [None, None]
        late = hand_over(signed(OLD, (0, 1, 3), head(before)), head(before), version=2)
        assert tell(tmp_path / "late", [*before, over, late]) == [5, 5]

    def test_one_that_waits_on_is_handed_over_to_by_the_next(self, tmp_path: Path) -> None:
        before = [*BEFORE, OURS, true_one()]
        by_old = hand_over(signed(OLD, (0, 1, 3), head(before)), head(before), roster=3, version=2)
        by_new = hand_over(signed(NEW, (0, 1, 2, 4), head(before)), head(before), roster=3, version=2)
        assert tell(tmp_path / "old", [*before, by_old]) == [5, 5]
        assert tell(tmp_path / "new", [*before, by_new]) == [None, None]

    def test_a_roster_that_could_cheat_does_not_even_wait(self, tmp_path: Path) -> None:
        twice = roster_body([witness(1), witness(1)])
        leaf = document_leaf("roster", "members", 2, twice, "coops/fern", AT)
        assert tell(tmp_path, [OLD, leaf]) == [1, 1]


class TestMachine:
    def test_signs_nothing_of_a_log_that_changed_its_witnesses_by_itself(self, home: Path, log: Path) -> None:  # noqa: F811
        ours = document_leaf("roster", "members", 2, roster_body([witness(7), witness(8)]), "coops/fern", AT)
        at = head([OLD, ours])
        publish(log, [OLD, ours, hand_over(signed(ours, (7, 8), at), at)], KEY)
        with pytest.raises(LogIsWrong) as error:
            WitnessMachine(home, "words").sign()
        assert error.value.facts["index"] == 2
