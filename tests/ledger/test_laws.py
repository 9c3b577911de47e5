"""The database and the replay keep the same laws: whatever is tried, both accept or both refuse, and hold the same."""

import copy
import json
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger import queries
from ledger.rules.entries import Draft, Flow
from ledger.rules.laws import CLOSED_PERIOD, Books, closing_name
from ledger.rules.records import account_leaf, document_leaf, moment, owner_leaf, uuid7
from ledger.rules.refusal import Refusal
from ledger.rules.replay import Replay
from ledger.services.journal import close_period, record_account, record_document, record_entries, record_owner
from tests.ledger.conftest import AT

pytestmark = [pytest.mark.quick, pytest.mark.usefixtures("books")]

FERN, LOTS = "EUR@coops/fern", [f"coops/fern/lots/{name}@hubs/fern" for name in ("a", "b")]
MOVES = [
    ("transfer", "members/ben/harvest", LOTS[0], "g"),
    ("transfer", "members/ada/harvest", LOTS[1], "g"),
    ("consume", LOTS[0], "coops/fern/processes/p", "g"),
    ("consume", LOTS[1], "coops/fern/processes/p", "g"),
    ("produce", "coops/fern/processes/p", "coops/fern/lots/c@hubs/fern", "g"),
    ("transfer-custody", LOTS[0], "coops/fern/lots/a@hubs/port", "g"),
    ("transfer-all-rights", "coops/fern/free", "members/ben/purse", FERN),
    ("transfer-all-rights", "members/ben/purse", "members/ada/purse", FERN),
    ("transfer-all-rights", "members/ada/purse", "coops/fern/free", FERN),
    ("transfer", "unknown/count/count", "members/cleo/purse", "HOUR"),
    ("transfer", "members/cleo/purse", "members/ada/purse", "HOUR"),
    ("lower", LOTS[0], "members/ben/harvest", "g"),
]
OTHERS = {"g": LOTS[1], FERN: "members/ada/purse", "HOUR": "members/cleo/purse"}  # who else may give something back
EARLIER = AT - timedelta(days=40)


class Step(NamedTuple):
    """One entry that is tried."""

    move: tuple[str, str, str, str]
    quantity: int
    is_two: bool
    key: int
    undoes: int | None
    is_earlier: bool


quantities = st.one_of(*[st.integers(1, 20)] * 6, st.sampled_from([2**62, 2**63 - 1]))
steps = st.builds(
    Step, st.sampled_from(MOVES), quantities, st.booleans(), st.integers(0, 9),
    st.sampled_from([None, None, 0, 1, 2, 3]), st.sampled_from([False, False, True]),
)  # fmt: skip
owned = st.sampled_from(["", "coops/fern", "members/ben", "members/nobody"])
declarations = st.one_of(
    st.tuples(st.just("owner"), st.sampled_from(["members/ben", "members/new"]), st.sampled_from(["gh", None])),
    st.tuples(
        st.just("account"), st.sampled_from([*LOTS, "members/ben/purse", "members/nobody/purse"]),
        st.sampled_from(["g", FERN, "HOUR", "EUR@coops/nobody"]), st.sampled_from([0, 3, -5, None]), st.booleans(),
    ),
    st.tuples(
        st.just("period"), owned, st.sampled_from(["", "g", "EUR", "XOF"]), st.sampled_from([-60, -30, -20, 1])
    ),
    st.tuples(st.just("document"), st.integers(1, 3)),
)  # fmt: skip


def draft(n: int, step: Step, known: list[Draft], ids: list[UUID]) -> Draft:
    action, giver, taker, unit = step.move
    flows, origin = [Flow(giver, taker, unit, step.quantity)], None
    if step.undoes is not None and step.undoes < len(known):
        flows = [
            Flow(OTHERS[f.unit] if step.is_two and f.unit in OTHERS and OTHERS[f.unit] != f.giver else f.taker,
                 f.giver, f.unit, min(step.quantity, f.quantity + 1))
            for f in known[step.undoes].flows
        ]  # fmt: skip
        action, origin = "lower", ids[step.undoes]
    elif step.is_two:
        flows.append(Flow("members/ada/work/care", "coops/fern/processes/p", "min", step.quantity % 100 + 1))
    at, key = EARLIER if step.is_earlier else AT, f"{'same' if step.key == 0 else n}"
    return Draft(key, action, "test", tuple(flows), at, ("members/ada",), undoes=origin)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.lists(steps, min_size=1, max_size=5), declarations), min_size=1, max_size=12))
def test_database_and_replay_agree(calls: list[Any]) -> None:
    with transaction.atomic():
        _agree(calls)
        transaction.set_rollback(True)


def _agree(calls: list[Any]) -> None:
    known = [
        Draft(f"first/{unit}", "transfer", "test", (Flow(giver, taker, unit, 30),), AT, ("members/ada",))
        for giver, taker, unit in (
            ("members/ben/harvest", LOTS[0], "g"),
            ("unknown/count/count", "members/cleo/purse", "HOUR"),
            ("members/ben/purse", "members/ada/purse", FERN),
        )
    ]
    more = Draft("more", "transfer", "test", (Flow("members/ada/harvest", LOTS[1], "g", 99),), AT, ("members/ada",))
    ids = [entry.id for entry in record_entries([*known, more])][:-1]
    books, n = _replayed().books, 0
    for call in calls:
        if isinstance(call, tuple):
            _agree_on_declaration(books, call)
            continue
        drafts: dict[str, Draft] = {}
        for step in call:
            made = draft(n, step, known, ids)
            n += 1
            drafts.setdefault(made.key, made)
        wanted = list(drafts.values())
        expected = _refused_by(books, wanted)
        try:
            recorded = record_entries(wanted)
            refused = None
        except Refusal as no:
            refused = type(no).__name__
        assert (refused is None) == (expected is None), (refused, expected)
        if refused is None:
            for made, entry in zip(wanted, recorded, strict=True):
                if entry.is_new:
                    books.record_entry(made, entry.id)
                    if made.undoes is None:
                        known.append(made)
                        ids.append(entry.id)
    held = {(h.address, h.unit): h.quantity for h in queries.balances()}
    assert held == {account: q for account, q in books.balance.items() if q}
    for code in {unit for _, unit in books.balance}:
        assert sum(q for (_, unit), q in books.balance.items() if unit == code) == 0
    assert _replayed().fault is None


def _agree_on_declaration(books: Books, call: tuple[Any, ...]) -> None:
    """What was declared is declared the same in both, or refused by both."""
    trial = copy.deepcopy(books)
    version = lambda kind, name: books.versions.get((kind, name), 0) + 1  # noqa: E731
    match call:
        case "owner", owner, place:
            leaf = owner_leaf(owner, place, AT)
            declare = lambda: record_owner(owner=owner, place=place, at=AT)  # noqa: E731
        case "account", address, unit, floor, closed:
            leaf = account_leaf(address, {unit: floor}, closed=closed, about=None, at=AT)
            declare = lambda: record_account(address=address, floors={unit: floor}, closed=closed, at=AT)  # noqa: E731
        case "period", owner, unit, days:
            before, name = AT + timedelta(days=days), closing_name(owner, unit)
            if not name:
                return
            if (last := queries.document(CLOSED_PERIOD, name)) and last.body["before"] == moment(before):
                return
            said = {"owner": owner or None, "unit": unit or None, "before": moment(before), "size": queries.log_size()}
            leaf = document_leaf(CLOSED_PERIOD, name, version(CLOSED_PERIOD, name), said, "members/ada", AT)
            declare = lambda: close_period(owner=owner, unit=unit, before=before, by="members/ada", at=AT)  # noqa: E731
        case _, number:
            if (last := queries.document("method", "fair")) and last.body == {"n": number}:
                return
            leaf = document_leaf("method", "fair", version("method", "fair"), {"n": number}, "members/ada", AT)
            declare = lambda: record_document(  # noqa: E731
                kind="method", name="fair", body={"n": number}, by="members/ada", at=AT
            )
    try:
        trial.record(json.loads(leaf))
        expected = None
    except Refusal as no:
        expected = no.code
    try:
        declare()
        refused = None
    except Refusal as no:
        refused = no.code
    assert refused == expected
    if refused is None:
        books.record(json.loads(leaf))


def _replayed() -> Replay:
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_sequence()")  # each example is rolled back, so nothing of it is published
    replay = Replay()
    for _ in replay.read(leaf.text for leaf in queries.leaves()):
        pass
    return replay


def _refused_by(books: Books, drafts: list[Draft]) -> str | None:
    """What the replay would say to these drafts, tried on a copy; a known key with the same body is no refusal."""
    trial = copy.deepcopy(books)
    for made in drafts:
        if (known := queries.entries_by_key([made.key]).get(made.key)) and _same(known, made):
            continue
        try:
            trial.record_entry(made, uuid7())
        except Refusal as no:
            return type(no).__name__
    return None


def _same(known: object, made: Draft) -> bool:
    return all(
        getattr(known, name) == getattr(made, name) for name in ("action", "purpose", "flows", "undoes", "by", "at")
    )
