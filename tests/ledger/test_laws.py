"""The database and the replay keep the same laws: whatever is tried, both accept or both refuse, and hold the same."""

from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger import queries
from ledger.rules.entries import Draft, Flow
from ledger.rules.laws import Books
from ledger.rules.records import uuid7
from ledger.rules.refusal import Refusal
from ledger.rules.replay import Replay
from ledger.services.journal import record_entries
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
quantities = st.one_of(st.integers(1, 20), st.sampled_from([2**62, 2**63 - 1]))
steps = st.tuples(
    st.sampled_from(MOVES), quantities, st.booleans(), st.integers(0, 9), st.sampled_from([None, None, None, 0, 1, 2])
)


def draft(
    n: int, step: tuple[tuple[str, str, str, str], int, bool, int, int | None], known: list[Draft], ids: list[UUID]
) -> Draft:
    (action, giver, taker, unit), quantity, is_two, key, undoes = step
    flows = [Flow(giver, taker, unit, quantity)]
    origin = None
    if undoes is not None and undoes < len(known):
        flows = [Flow(f.taker, f.giver, f.unit, min(quantity, f.quantity)) for f in known[undoes].flows]
        action, origin = "lower", ids[undoes]
    if is_two:
        flows.append(Flow("members/ada/work/care", "coops/fern/processes/p", "min", quantity % 100 + 1))
    return Draft(f"{'same' if key == 0 else n}", action, "test", tuple(flows), AT, ("members/ada",), undoes=origin)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(steps, min_size=1, max_size=5), min_size=1, max_size=8))
def test_database_and_replay_agree(
    calls: list[list[tuple[tuple[str, str, str, str], int, bool, int, int | None]]],
) -> None:
    from django.db import transaction

    with transaction.atomic():
        _agree(calls)
        transaction.set_rollback(True)


def _agree(calls: list[list[tuple[tuple[str, str, str, str], int, bool, int, int | None]]]) -> None:
    replay = _replayed()
    books, known, ids, n = replay.books, [], [], 0
    for steps in calls:
        drafts: dict[str, Draft] = {}
        for step in steps:
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


def _replayed() -> Replay:
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_sequence()")  # each example is rolled back, so nothing of it is published
    replay = Replay()
    for _ in replay.read(leaf.text for leaf in queries.leaves()):
        pass
    return replay


def _refused_by(books: Books, drafts: list[Draft]) -> str | None:
    """What the replay would say to these drafts, tried on a copy; a known key with the same body is no refusal."""
    import copy

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
    return all(getattr(known, name) == getattr(made, name) for name in ("action", "purpose", "flows", "undoes", "by"))
