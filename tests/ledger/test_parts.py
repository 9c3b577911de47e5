"""What divides claims among more people than a leaf has room for: parts of one entry, all or none, read as one."""

from pathlib import Path

import pytest

from ledger import queries
from ledger.rules import laws
from ledger.rules.entries import Draft, Flow, MalformedEntry
from ledger.rules.parts import parts_of, whole_key
from ledger.rules.readings import net_flows
from ledger.services.journal import record_account, record_entries, record_owners, undo_entry
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from tests.ledger.conftest import AT
from tests.ledger.test_verifier import look

pytestmark = pytest.mark.quick

UNIT, FREE, BY = "EUR@coops/fern", "coops/fern/free", ("members/ada",)
MANY = 3_000


def division(count: int, *, first: int = 0, key: str = "divide/fern-2026/bars-31/EUR") -> Draft:
    flows = tuple(Flow(FREE, f"members/m{n:04}/purse", UNIT, n + 1) for n in range(first, first + count))
    return Draft(key, "transfer-all-rights", "share", flows, AT, BY)


class TestPartsOf:
    def test_of_what_fits_is_itself(self) -> None:
        assert parts_of(division(600)) == [division(600)]

    def test_hold_all_flows_in_order_under_keys_that_say_whose_they_are(self) -> None:
        draft = division(MANY)
        parts = parts_of(draft)
        assert [flow for part in parts for flow in part.flows] == list(draft.flows)
        assert [part.key for part in parts] == [draft.key, *(f"{draft.key}/part/{n}" for n in range(2, len(parts) + 1))]
        assert {whole_key(part.key) for part in parts} == {draft.key}

    def test_are_not_made_where_a_part_could_not_stand_alone(self) -> None:
        rent = Flow("coops/fern/owes", FREE, UNIT, 1)
        draft = division(MANY)
        assert len(parts_of(Draft(draft.key, "transfer", "share", (*draft.flows, rent), AT, BY))) == 1


@pytest.mark.usefixtures("books")
class TestRecordEntries:
    @pytest.fixture(autouse=True)
    def members(self, books: None) -> None:
        record_owners([(f"members/m{n:04}", None) for n in range(MANY)], at=AT)
        record_account(address=FREE, floors={UNIT: None}, at=AT)

    def test_divides_among_three_thousand_and_reads_as_one(self, own_log: Path, tmp_path: Path) -> None:
        (found,) = record_entries([division(MANY)])
        assert queries.balance_of(FREE, UNIT) == -MANY * (MANY + 1) // 2
        assert queries.balance_of(f"members/m{MANY - 1:04}/purse", UNIT) == MANY
        assert found.is_new and found.key == division(1).key
        flows = net_flows(queries.entries_touching([FREE]))
        assert len(flows) == MANY and {(f.token, f.key) for f in flows} == {(found.token, found.key)}
        publish_checkpoint()
        assert verify_log().agrees
        code, said = look(own_log, tmp_path / "kept")
        assert code == 0 and "in order" in said

    def test_again_answers_the_same(self) -> None:
        first, again = (record_entries([division(MANY)])[0] for _ in range(2))
        assert (first.id, first.is_new, again.is_new) == (again.id, True, False)
        assert queries.balance_of("members/m0000/purse", UNIT) == 1

    @pytest.mark.parametrize("other", [division(MANY - 1), division(MANY, first=1)])
    def test_another_body_is_refused(self, other: Draft) -> None:
        record_entries([division(MANY - 1, first=1)])
        with pytest.raises(laws.KeyHasAnotherBody):
            record_entries([other])

    def test_a_body_that_ends_with_an_earlier_part_is_another(self) -> None:
        record_entries([division(MANY)])
        beginning = sum(len(part.flows) for part in parts_of(division(MANY))[:-1])
        with pytest.raises(laws.KeyHasAnotherBody) as no:
            record_entries([division(beginning)])
        assert no.value.facts == {"key": division(1).key, "field": "flows"}

    def test_all_or_none(self) -> None:
        record_account(address="members/m2999/purse", closed=True, at=AT)
        with pytest.raises(laws.AccountClosed):
            record_entries([division(MANY)])
        assert queries.balance_of(FREE, UNIT) == 0

    def test_a_part_is_undone_like_any_entry(self) -> None:
        record_entries([division(MANY)])
        last = queries.entries_by_prefix(f"{division(1).key}/part")[-1]
        undo_entry(entry=last.id, key="fix", at=AT, by=BY)
        whole = net_flows(queries.entries_touching([FREE]))
        assert len(whole) == MANY - len(last.flows)

    def test_refuses_what_cannot_be_parted(self) -> None:
        things = tuple(Flow("members/m0000/harvest", f"coops/fern/lots/l{n}@hubs/fern", "g", 1) for n in range(2_000))
        with pytest.raises(MalformedEntry, match="in parts"):
            record_entries([Draft("k", "transfer", "delivery", things, AT, BY)])
