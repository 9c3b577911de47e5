"""Recording through the database's one function: what it takes, what it refuses, and who may not go round it."""

import json
from collections.abc import Callable
from dataclasses import fields
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import Error, connection, transaction

from ledger import queries
from ledger.models import Account, Entry, Flow, Leaf
from ledger.rules import laws
from ledger.rules.entries import PURPOSES, ClaimsAndMoneyPart, Draft, MalformedEntry, Recorded
from ledger.rules.entries import Flow as Arrow
from ledger.rules.laws import Books
from ledger.rules.records import read_entry
from ledger.services.journal import (
    NoSuchEntry,
    NothingLeftToUndo,
    record_account,
    record_document,
    record_entries,
    record_entry,
    record_owner,
    record_unit,
    undo_entry,
)  # fmt: skip
from ledger.services.log import publish_checkpoint
from tests.ledger.conftest import AT

pytestmark = [pytest.mark.quick, pytest.mark.usefixtures("books")]

WET, DRY, DRYING = "coops/fern/lots/wet-1@hubs/fern", "coops/fern/lots/dry-1@hubs/fern", "coops/fern/processes/dry-1"
BY = ("members/ada",)
LEAF = (
    '{"type":"entry","id":"{id}","key":"k","action":"transfer","purpose":"p","at":"2026-11-23T00:00:00Z",'
    '"recorded":"2026-11-23T00:00:00Z","by":[],"evidence":"declared","undoes":null,"flows":{flows}}'
)


def draft(
    key: str, *flows: tuple[str, str, str, int], action: str = "transfer", purpose: str = "test", **more: Any
) -> Draft:
    return Draft(key, action, purpose, tuple(Arrow(*f) for f in flows), AT, BY, **more)


def record(key: str, *flows: tuple[str, str, str, int], **more: Any) -> Recorded:
    return record_entries([draft(key, *flows, **more)])[0]


def deliver(grams: int = 1000, key: str = "phone/1", lot: str = WET) -> Recorded:
    return record(key, ("members/ben/harvest", lot, "g", grams), purpose="delivery")


def dry() -> Recorded:
    """One delivery, put in and dried: 1,000 g wet to 700 g dry."""
    deliver()
    record("in/1", (WET, DRYING, "g", 1000), action="consume", purpose="making")
    flows = [(DRYING, DRY, "g", 700), (DRYING, "nature/air/body", "g", 300), (DRYING, DRY, "part", 10_000)]
    return record("out/1", *flows, action="produce", purpose="making")


def refuses(refusal: type[Exception], call: Callable[[], object]) -> None:
    before = (Leaf.objects.count(), Flow.objects.count(), queries.balances())
    with pytest.raises(refusal):
        call()
    assert (Leaf.objects.count(), Flow.objects.count(), queries.balances()) == before


class TestRecordEntry:
    def test_moves_what_its_flows_say(self) -> None:
        entry = deliver(1000)
        assert entry.is_new
        assert queries.balance_of(WET, "g") == 1000
        assert queries.balance_of("members/ben/harvest", "g") == -1000
        assert queries.entry(entry.id) == queries.entries_by_key(["phone/1"])["phone/1"]

    def test_same_key_and_body_answers_the_same(self) -> None:
        first, again = deliver(), deliver()
        assert (first.id, first.token) == (again.id, again.token)
        assert not again.is_new
        assert queries.balance_of(WET, "g") == 1000

    def test_is_parsed_and_planned_once_a_connection(self) -> None:
        def prepared() -> list[str]:
            with connection.cursor() as cursor:
                cursor.execute("SELECT statement FROM pg_prepared_statements")
                return [statement for (statement,) in cursor.fetchall()]

        deliver(key="phone/1")
        once = prepared()
        deliver(key="phone/2")
        assert prepared() == once
        assert "SELECT leaf, token, is_new FROM ledger_record(ARRAY[$1::text])" in once

    def test_same_key_and_another_body_is_refused_naming_the_field(self) -> None:
        deliver(1000)
        with pytest.raises(laws.KeyHasAnotherBody) as no:
            deliver(1001)
        assert no.value.facts == {"key": "phone/1", "field": "flows"}

    def test_refuses_who_and_what_was_never_declared(self) -> None:
        refuses(laws.UnknownOwner, lambda: record("x", ("members/zed/harvest", WET, "g", 1)))
        refuses(laws.UnknownUnit, lambda: record("x", ("members/ben/harvest", WET, "oz", 1)))
        refuses(laws.UnknownUnit, lambda: record("x", ("coops/fern/free", "members/ben/purse", "USD@coops/fern", 1)))

    def test_refuses_a_sum_larger_than_can_be_counted(self) -> None:
        deliver(2**63 - 1)
        refuses(laws.BalanceTooLarge, lambda: deliver(1, "phone/2"))

    def test_nobody_takes_back_more_than_was_given(self) -> None:
        refuses(laws.MoreThanWasGiven, lambda: record("x", ("nature/air/body", "members/ben/harvest", "g", 1)))

    def test_claims_and_money_stay_equal(self) -> None:
        refuses(
            ClaimsAndMoneyPart,
            lambda: record("bank/1", ("funders/region/pocket", "coops/fern/till@bank/fern", "EUR", 1)),
        )


class TestRecordEntries:
    def test_keeps_the_floor_after_each_entry_not_only_at_the_end(self) -> None:
        out = draft("out", ("members/ada/purse", "members/cleo/purse", "HOUR", 5))
        into = draft("in", ("unknown/count/count", "members/ada/purse", "HOUR", 5))
        refuses(laws.BelowFloor, lambda: record_entries([out, into]))
        assert len(record_entries([into, out])) == 2

    def test_two_bodies_name_the_field_also_within_one_call(self) -> None:
        one, two = (draft("a", ("members/ben/harvest", WET, "g", 5), evidence=e) for e in ("declared", "invoice"))
        with pytest.raises(laws.KeyHasAnotherBody) as no:
            record_entries([one, two])
        assert no.value.facts == {"key": "a", "field": "evidence"}

    def test_all_or_none(self) -> None:
        good, bad = draft("a", ("members/ben/harvest", WET, "g", 5)), draft("b", (DRY, "nature/air/body", "g", 5))
        refuses(laws.BelowFloor, lambda: record_entries([good, bad]))

    def test_answers_each_draft_in_order_new_and_known(self) -> None:
        deliver(10, "b")
        drafts = [draft(k, ("members/ben/harvest", WET, "g", 10), purpose="delivery") for k in ("a", "b", "c", "a")]
        answers = record_entries(drafts)
        assert [(e.key, e.is_new) for e in answers] == [("a", True), ("b", False), ("c", True), ("a", True)]
        assert queries.balance_of(WET, "g") == 30

    def test_two_bodies_under_one_key_in_one_call_are_refused(self) -> None:
        drafts = [draft("a", ("members/ben/harvest", WET, "g", n)) for n in (1, 2)]
        refuses(laws.KeyHasAnotherBody, lambda: record_entries(drafts))

    def test_nothing_is_nothing(self) -> None:
        assert record_entries([]) == []


class TestLotsAndProcesses:
    def test_a_drawn_lot_takes_nothing_more(self) -> None:
        dry()
        refuses(laws.LotAlreadyDrawn, lambda: deliver(1, "phone/2"))

    def test_also_inside_one_call(self) -> None:
        deliver()
        draw = draft("draw", (WET, DRYING, "g", 1), action="consume")
        refuses(
            laws.LotAlreadyDrawn, lambda: record_entries([draw, draft("fill", ("members/ben/harvest", WET, "g", 1))])
        )

    def test_a_finished_process_takes_no_goods_but_hours(self) -> None:
        dry()
        deliver(5, "phone/3", "coops/fern/lots/wet-2@hubs/fern")
        more = lambda: record("x", ("coops/fern/lots/wet-2@hubs/fern", DRYING, "g", 5), action="consume")  # noqa: E731
        refuses(laws.ProcessFinished, more)
        assert record("work", ("members/ada/work/care", DRYING, "min", 60), action="work").is_new

    def test_a_process_produces_once(self) -> None:
        dry()
        refuses(laws.ProcessFinished, lambda: record("out/2", (DRYING, DRY, "g", 1), action="produce"))

    def test_a_lot_moves_between_hubs_after_it_was_drawn(self) -> None:
        deliver()
        record("a", (WET, DRYING, "g", 1), action="consume")
        assert record("b", (WET, "coops/fern/lots/wet-1@hubs/port", "g", 5), action="transfer-custody").is_new

    def test_never_below_zero(self) -> None:
        deliver(10)
        with pytest.raises(laws.BelowFloor) as no:
            record("a", (WET, DRYING, "g", 11), action="consume")
        assert no.value.facts["short"] == "1"


class TestUndoEntry:
    def test_takes_back_what_is_left_and_both_stay(self) -> None:
        entry = deliver(1000)
        part = undo_entry(entry=entry.id, key="fix/1", at=AT, by=BY, flows=[(WET, "members/ben/harvest", "g", 400)])
        rest = undo_entry(entry=entry.id, key="fix/2", at=AT, by=BY)
        assert [f.quantity for e in (part, rest) for f in e.flows] == [400, 600]
        assert queries.balance_of(WET, "g") == 0
        assert [e.key for e in queries.undone_by(entry.id)] == ["fix/1", "fix/2"]
        with pytest.raises(NothingLeftToUndo):
            undo_entry(entry=entry.id, key="fix/3", at=AT, by=BY)

    def test_never_more_than_was_done(self) -> None:
        entry = deliver(1000)
        deliver(500, "phone/2")
        refuses(laws.UndoesTooMuch, lambda: undo_entry(
            entry=entry.id, key="fix", at=AT, by=BY, flows=[(WET, "members/ben/harvest", "g", 1001)]))  # fmt: skip

    def test_nobody_gets_back_more_than_they_gave_whoever_gives_it(self) -> None:
        entry = deliver(1000)
        deliver(5000, "phone/2", DRY)
        back = lambda grams: [(DRY, "members/ben/harvest", "g", grams)]  # noqa: E731  # from a lot it never went to
        refuses(laws.UndoesTooMuch, lambda: undo_entry(entry=entry.id, key="fix", at=AT, by=BY, flows=back(1001)))
        undo_entry(entry=entry.id, key="fix/1", at=AT, by=BY, flows=back(600))
        refuses(laws.UndoesTooMuch, lambda: undo_entry(entry=entry.id, key="fix/2", at=AT, by=BY, flows=back(401)))
        books = Books()
        publish_checkpoint()
        for leaf in queries.leaves():
            body = json.loads(leaf.text)
            if body["type"] == "entry":
                e = read_entry(leaf.text, 0)
                books.record_entry(Draft(*(getattr(e, f.name) for f in fields(Draft))), e.id)
            else:
                books.record(body)
        with pytest.raises(laws.UndoesTooMuch):
            books.record_entry(draft("fix/2", *back(401), action="lower", undoes=entry.id), uuid4())

    def test_an_error_is_declared_with_a_reason_and_signed(self) -> None:
        entry = deliver(1000)
        part = undo_entry(entry=entry.id, key="a", at=AT, by=BY, flows=[(WET, "members/ben/harvest", "g", 1)])
        rest = undo_entry(entry=entry.id, key="b", at=AT, by=BY)
        assert [(e.reason, e.by) for e in (part, rest)] == [("incorrect-data", BY), ("did-not-occur", BY)]
        assert queries.entry(rest.id).reason == "did-not-occur"  # type: ignore[union-attr]
        more = deliver(5, "phone/2")
        for by, reason in (((), "incorrect-data"), (BY, "Ben told me")):
            refuses(MalformedEntry, lambda b=by, r=reason: undo_entry(entry=more.id, key="c", at=AT, by=b, reason=r))  # type: ignore[misc]
        flows = [("members/ben/harvest", WET, "g", 5)]
        refuses(MalformedEntry, lambda: record("d", *flows, reason="did-not-occur"))

    def test_goes_from_downstream_up(self) -> None:
        entry = deliver(1000)
        record("in/1", (WET, DRYING, "g", 1000), action="consume")
        refuses(laws.BelowFloor, lambda: undo_entry(entry=entry.id, key="fix", at=AT, by=BY))

    def test_comes_back_into_a_drawn_lot(self) -> None:
        deliver(1000)
        consumed = record("in/1", (WET, DRYING, "g", 1000), action="consume")
        undo_entry(entry=consumed.id, key="fix", at=AT, by=BY)
        assert queries.balance_of(WET, "g") == 1000

    def test_an_undoing_is_not_undone(self) -> None:
        undoing = undo_entry(entry=deliver().id, key="fix", at=AT, by=BY)
        flows = [("members/ben/harvest", WET, "g", 1000)]
        refuses(laws.NothingToUndo, lambda: record("again", *flows, undoes=undoing.id))

    def test_the_same_key_answers_the_same(self) -> None:
        entry = deliver()
        assert (
            undo_entry(entry=entry.id, key="fix", at=AT, by=BY).id
            == undo_entry(entry=entry.id, key="fix", at=AT, by=BY).id
        )

    def test_refuses_what_is_not_there(self) -> None:
        refuses(NoSuchEntry, lambda: undo_entry(entry=uuid4(), key="fix", at=AT, by=BY))


class TestDeclarations:
    def test_again_creates_nothing(self) -> None:
        before = Leaf.objects.count()
        record_owner(owner="members/ben", place="gh/ashanti", at=AT)
        record_unit(code="EUR", family="money", exponent=2, by="members/ada", at=AT)
        record_account(address="members/ben/purse", floors={"EUR@coops/fern": -500}, at=AT)
        assert Leaf.objects.count() == before

    def test_an_owner_moves(self) -> None:
        record_owner(owner="members/ben", place="fr/jura", at=AT)
        assert queries.places_of(["members/ben", "members/zed"]) == {"members/ben": "fr/jura"}

    def test_a_unit_never_changes_its_meaning(self) -> None:
        refuses(
            laws.UnitHasAnotherMeaning,
            lambda: record_unit(code="EUR", family="money", exponent=3, by="members/ada", at=AT),
        )

    def test_a_document_has_versions(self) -> None:
        versions = [
            record_document(kind="agreement", name="fern", body={"beta": b}, by="members/ada", at=AT) for b in (1, 2, 2)
        ]
        assert versions == [1, 2, 2]
        assert queries.document("agreement", "fern").body == {"beta": 2}  # type: ignore[union-attr]

    def test_an_advance_goes_down_to_its_limit(self) -> None:
        give = lambda key, cents: record(key, ("members/ben/purse", "members/ada/purse", "EUR@coops/fern", cents))  # noqa: E731
        give("a", 500)
        refuses(laws.BelowFloor, lambda: give("b", 1))

    def test_a_closed_account_moves_no_more(self) -> None:
        deliver()
        record_account(address=WET, closed=True, at=AT)
        refuses(laws.AccountClosed, lambda: deliver(1, "phone/2"))


class TestNoWayRound:
    """The web role writes the journal by the function alone; the owner, too, is stopped by triggers."""

    @pytest.mark.parametrize(
        "table", "unit owner account batch balance hold closing entry flow leaf document log checkpoint purpose".split()
    )
    @pytest.mark.parametrize(
        "verb",
        [
            "DELETE FROM {}",
            "TRUNCATE {} CASCADE",
            "UPDATE {} SET {column} = {column}",
            "INSERT INTO {} SELECT * FROM {}",
        ],
    )
    def test_the_web_role_cannot(self, table: str, verb: str) -> None:
        name = f"ledger_{table}"
        with connection.cursor() as cursor:
            cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s LIMIT 1", [name])
            (column,) = cursor.fetchone()
        with pytest.raises(Error, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(verb.replace("{column}", f'"{column}"').replace("{}", name))

    def test_nor_call_an_inner_function(self) -> None:
        with pytest.raises(Error, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT ledger_write_leaves(ARRAY[1::bigint], ARRAY['{}'])")

    @pytest.mark.parametrize(
        "quantity",
        ['"0"', '"-0"', '"-1"', '"03"', '"+3"', '" 3"', '"1.0"', '"1e3"', '"NaN"', '"٣"', '"0x10"', '"1_000"',
         "3", "3.0", '"9223372036854775808"', '"99999999999999999999999999"', "null", '""'],
    )  # fmt: skip
    def test_the_database_takes_a_quantity_as_it_is_written_or_not_at_all(self, quantity: str) -> None:
        leaf = LEAF.replace("{id}", str(uuid4())).replace(
            "{flows}", f'[["members/ben/harvest","{WET}","g",{quantity}]]'
        )
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM ledger_record(%s)", [[leaf]])
        assert queries.balances() == []

    @pytest.mark.parametrize("quantity", [2**53 + 1, 2**63 - 1])
    def test_the_largest_stand_exactly(self, quantity: int) -> None:
        deliver(quantity)
        assert queries.balance_of(WET, "g") == quantity
        assert f'"{quantity}"]]' in queries.place_in_log(queries.all_entries()[0].token).text

    @pytest.mark.parametrize(
        ("flows", "refusal"),
        [
            ("[]", "MalformedEntry"),
            ('[["funders/region/pocket","coops/fern/till@bank/fern","EUR","1"]]', "ClaimsAndMoneyPart"),
            ('[["coops/fern/owes","members/ben/purse","EUR@coops/fern","1"]]', "ClaimsAndMoneyPart"),
        ],
    )
    def test_the_database_itself_refuses_an_entry(self, flows: str, refusal: str) -> None:
        leaf = LEAF.replace("{id}", str(uuid4())).replace("{flows}", flows)
        with pytest.raises(Error, match=refusal) as no, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM ledger_record(%s)", [[leaf]])
        assert isinstance(no.value.__cause__, psycopg.Error) and no.value.__cause__.sqlstate == "RN001"

    def test_the_purposes_of_the_database_are_those_of_the_rules(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT word, floor, ceiling FROM ledger_purpose")
            assert set(cursor.fetchall()) == {(word, p.floor, p.ceiling) for word, p in PURPOSES.items()}


def test_accounts_are_opened_by_their_first_use() -> None:
    deliver()
    assert Account.objects.filter(address=WET, word="lots", path="coops/fern/lots/wet-1").exists()
    assert Entry.objects.get(key="phone/1").flow_count == 1


def test_record_entry_takes_plain_tuples() -> None:
    entry = record_entry(
        key="k", action="work", purpose="making", flows=[("members/ada/work/care", DRYING, "min", 5)], at=AT, by=BY
    )
    assert entry.flows == (Arrow("members/ada/work/care", DRYING, "min", 5),)
