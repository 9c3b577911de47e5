"""Holds: promised once, kept whatever comes, resolved once."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from time import sleep

import pytest
from django.db import Error, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger import queries
from ledger.models import Hold, Leaf
from ledger.rules import laws
from ledger.rules.entries import Draft, Flow, MalformedEntry
from ledger.rules.refusal import Refusal
from ledger.services.holds import Wanted, place_holds, release_ended_holds, release_holds
from ledger.services.journal import record_account, record_entries, record_entry
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from tests.conftest import _owner as as_owner
from tests.ledger.conftest import AT, declare

pytestmark = pytest.mark.quick

LOT, OTHER, AIR = "coops/fern/lots/wet-1@hubs/fern", "coops/fern/lots/wet-2@hubs/fern", "nature/air/body"


def deliver(grams: int, lot: str = LOT) -> None:
    flows = [("members/ben/harvest", lot, "g", grams)]
    record_entry(key=f"phone/{lot}", action="transfer", purpose="delivery", flows=flows, at=AT, by=["members/ada"])


def take(grams: int, key: str = "take", *, captures: tuple[str, ...] = (), lot: str = LOT) -> None:
    flows = [(lot, AIR, "g", grams)]
    record_entry(
        key=key, action="lower", purpose="test", flows=flows, at=AT, by=["members/ada"], captures=captures
    )  # fmt: skip


def hold(key: str, grams: int, lot: str = LOT) -> None:
    place_holds([Wanted(key, lot, "g", grams)])


def held() -> int:
    return queries.held([LOT]).get((LOT, "g"), 0)


@pytest.mark.usefixtures("books")
class TestPlaceHolds:
    def test_keeps_what_it_holds_and_is_no_record(self) -> None:
        deliver(10)
        before = Leaf.objects.count()
        hold("order/1", 7)
        assert (held(), queries.balance_of(LOT, "g"), Leaf.objects.count()) == (7, 10, before)
        with pytest.raises(laws.BelowFloor) as no:
            take(4)
        assert no.value.facts["short"] == "1"
        take(3)

    def test_never_holds_twice_what_is_there_once(self) -> None:
        deliver(10)
        hold("order/1", 7)
        with pytest.raises(laws.BelowFloor) as no:
            hold("order/2", 4)
        assert no.value.facts["short"] == "1"
        hold("order/3", 3)

    def test_all_or_none(self) -> None:
        deliver(10)
        with pytest.raises(laws.BelowFloor):
            place_holds([Wanted("a", LOT, "g", 5), Wanted("b", LOT, "g", 6)])
        assert (held(), Hold.objects.count()) == (0, 0)

    def test_down_to_the_floor_a_record_gave(self) -> None:
        purse = "members/ben/purse"  # may fall to −500
        place_holds([Wanted("a", purse, "EUR@coops/fern", 500)])
        with pytest.raises(laws.BelowFloor):
            place_holds([Wanted("b", purse, "EUR@coops/fern", 1)])

    def test_the_same_key_holds_once_and_another_hold_under_it_is_refused_naming_the_field(self) -> None:
        deliver(10)
        hold("order/1", 7)
        hold("order/1", 7)
        assert held() == 7
        for other, field in (
            (Wanted("order/1", LOT, "g", 6), "quantity"),
            (Wanted("order/1", OTHER, "g", 7), "address"),
        ):
            with pytest.raises(laws.KeyHasAnotherBody) as no:
                place_holds([other])
            assert no.value.facts == {"key": "order/1", "field": field}

    def test_refuses_a_closed_account_and_what_is_no_quantity(self) -> None:
        deliver(10)
        for amount in (0, -1, 2**63, 1.0, "3"):
            with pytest.raises(MalformedEntry):
                hold("a", amount)  # type: ignore[arg-type]
        with pytest.raises(laws.BelowFloor):
            hold("a", 2**63 - 1)
        record_account(address=LOT, closed=True, at=AT)
        with pytest.raises(laws.AccountClosed):
            hold("a", 1)


@pytest.mark.usefixtures("books")
class TestResolving:
    def test_the_entry_that_uses_it_captures_it(self) -> None:
        deliver(10)
        hold("order/1", 10)
        take(10, captures=("order/1",))
        assert (held(), queries.balance_of(LOT, "g")) == (0, 0)
        take(10, captures=("order/1",))  # the same again answers the same

    def test_once(self) -> None:
        deliver(20)
        hold("order/1", 5)
        take(5, captures=("order/1",))
        for again in (lambda: take(5, "take/2", captures=("order/1",)), lambda: release_holds(["order/1"])):
            with pytest.raises(laws.HoldResolved):
                again()
        hold("order/2", 5)
        release_holds(["order/2"])
        release_holds(["order/2"])
        with pytest.raises(laws.HoldResolved):
            take(5, "take/2", captures=("order/2",))
        assert held() == 0

    def test_not_by_two_entries_of_one_call(self) -> None:
        deliver(20)
        hold("order/1", 5)
        drafts = [Draft(k, "lower", "test", (Flow(LOT, AIR, "g", 5),), AT, ("members/ada",)) for k in ("a", "b")]
        with pytest.raises(laws.HoldResolved):
            record_entries(drafts, captures={"a": ["order/1"], "b": ["order/1"]})
        assert held() == 5

    def test_not_by_an_entry_that_takes_something_else(self) -> None:
        deliver(10)
        deliver(10, OTHER)
        hold("order/1", 5)
        with pytest.raises(laws.HoldOfSomethingElse):
            take(5, captures=("order/1",), lot=OTHER)
        with pytest.raises(laws.NoSuchHold):
            take(5, captures=("order/9",))
        with pytest.raises(laws.NoSuchHold):
            release_holds(["order/9"])

    def test_a_refused_entry_leaves_it_open(self) -> None:
        deliver(10)
        hold("order/1", 5)
        with pytest.raises(laws.BelowFloor):
            take(11, captures=("order/1",))
        assert held() == 5

    def test_ends_with_its_time(self) -> None:
        deliver(10)
        place_holds([Wanted("soon", LOT, "g", 5, AT), Wanted("late", LOT, "g", 5, AT + timedelta(hours=1))])
        assert release_ended_holds(at=AT) == 1
        assert (held(), release_ended_holds(at=AT)) == (5, 0)


@pytest.mark.usefixtures("books")
class TestNoWayRound:
    @pytest.mark.parametrize(
        "statement",
        ["UPDATE ledger_hold SET quantity = 1", "DELETE FROM ledger_hold", "SELECT ledger_let_go(ARRAY['order/1'])"],
    )
    def test_the_web_role_cannot(self, statement: str) -> None:
        with pytest.raises(Error, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def _at_once(calls: list[Callable[[], object]]) -> list[str]:
    """Each call on a connection of its own, all at once; the name of the refusal, or "" where there was none."""

    def one(call: Callable[[], object]) -> str:
        try:
            call()
        except Refusal as no:
            return no.code
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


class TestAtOnce:
    def test_of_twelve_that_want_all_one_holds_it(self, own_database: str) -> None:
        declare()
        deliver(10)
        answers = _at_once([lambda n=n: hold(f"order/{n}", 6) for n in range(12)])  # type: ignore[misc]
        assert sorted(answers) == ["", *["BelowFloor"] * 11]

    def test_a_hold_is_captured_or_released_never_both(self, own_database: str) -> None:
        declare()
        deliver(100)
        for n in range(8):
            key = f"order/{n}"
            hold(key, 5)
            capture = [lambda i=i, k=key: take(5, f"{k}/{i}", captures=(k,)) for i in range(3)]  # type: ignore[misc]
            answers = _at_once([*capture, lambda k=key: release_holds([k])])  # type: ignore[misc]
            assert sorted(answers) == ["", *["HoldResolved"] * 3]
        assert held() == 0

    def test_holders_takers_and_releasers_never_meet_below_the_floor(self, own_database: str) -> None:
        declare()
        deliver(60)
        deliver(60, OTHER)

        def some(seed: int) -> None:
            chance = random.Random(seed)
            for n in range(25):
                key, lot, grams = f"{seed}/{n}", chance.choice([LOT, OTHER]), chance.randint(1, 8)
                place_holds([Wanted(f"{key}/{lo}", lo, "g", grams) for lo in chance.sample([LOT, OTHER], 2)])
                take(grams, key, captures=(f"{key}/{lot}",), lot=lot)

        _at_once([lambda s=s: some(s) for s in range(6)])  # type: ignore[misc]
        assert Hold.objects.filter(captured_by__isnull=False).count() > 3
        for lot in (LOT, OTHER):
            assert 0 <= queries.held([lot]).get((lot, "g"), 0) <= queries.balance_of(lot, "g")
        publish_checkpoint()
        assert verify_log().agrees

    @pytest.mark.parametrize("is_locked", [True, False])
    def test_the_lock_is_what_makes_the_second_wait(self, own_database: str, is_locked: bool) -> None:
        """The first has not committed when the second asks: it waits and is refused; unlocked, both hold it."""
        declare()
        deliver(10)
        if not is_locked:
            with as_owner(own_database) as link:
                link.execute(
                    "CREATE OR REPLACE FUNCTION ledger_lock_balances(accounts bigint[], units bigint[]) RETURNS void "
                    "LANGUAGE sql AS 'SELECT ledger_open_balances(accounts, units)'"
                )
        first_holds = Event()

        def first() -> None:
            with transaction.atomic():
                hold("order/1", 6)
                first_holds.set()
                sleep(0.5)

        def second() -> None:
            first_holds.wait()
            hold("order/2", 6)

        assert _at_once([first, second]) == ["", "BelowFloor" if is_locked else ""]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("hold take capture release".split()), st.integers(0, 4), st.integers(1, 9))))
@pytest.mark.usefixtures("books")
def test_what_is_free_is_the_balance_less_the_open_holds(steps: list[tuple[str, int, int]]) -> None:
    with transaction.atomic():
        deliver(20)
        balance, is_open, quantity = 20, {}, {}  # type: ignore[var-annotated]
        for n, (step, number, grams) in enumerate(steps):
            key, free = f"h/{number}", balance - sum(quantity[k] for k, o in is_open.items() if o)
            grams = quantity.setdefault(key, grams) if step != "take" else grams
            call, may = {
                "hold": (lambda k=key, g=grams: hold(k, g), key in is_open or grams <= free),
                "take": (lambda g=grams, n=n: take(g, f"t/{n}"), grams <= free),
                "capture": (lambda k=key, g=grams, n=n: take(g, f"t/{n}", captures=(k,)), is_open.get(key, False)),
                "release": (lambda k=key: release_holds([k]), key in is_open and is_open[key] is not None),
            }[step]
            try:
                call()  # type: ignore[operator]
                done = True
            except Refusal:
                done = False
            assert done == bool(may), (step, key, grams, free)
            if done and step == "hold":
                is_open.setdefault(key, True)
            elif done and step == "capture":
                is_open[key] = None
            elif done and step == "release":
                is_open[key] = False
            balance -= grams if done and step in {"take", "capture"} else 0
            assert queries.balance_of(LOT, "g") == balance
            assert held() == sum(quantity[k] for k, o in is_open.items() if o)
        transaction.set_rollback(True)
