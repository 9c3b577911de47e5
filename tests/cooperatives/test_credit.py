"""Mutual credit: balances that sum to zero, floors that the ledger keeps, ceilings that the service keeps."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cooperatives.models import CreditPayment
from cooperatives.queries.credit import (
    own_and_health,
    takes_part,
)
from cooperatives.rules.credit import credit_for, health, read_credit, worth_of, write_credit
from cooperatives.services.credit import (
    AlreadyReturned,
    BeyondTheirLimit,
    BeyondTheRule,
    BeyondYourLimit,
    NothingPaid,
    NotInTheCircle,
    NotYoursToReturn,
    ToOneself,
    ask_credit_payment,
    return_credit,
    set_limits,
)
from cooperatives.services.people import CreditStillOpen, leave_cooperative
from ledger.queries import balances, document, entries_by_key, entry
from ledger.rules.amounts import NotANumber
from ledger.rules.laws import BelowFloor, KeyHasAnotherBody
from ledger.rules.refusal import NotAllowed
from ledger.services.journal import record_entry
from market.services.approvals import approve_wish
from tests.cooperatives.circle import fern_with_hours, paid, purse
from tests.world import world

pytestmark = pytest.mark.quick


@pytest.fixture
def w(db):
    """Fern, its treasurer Eve, and a circle of hours."""
    return fern_with_hours()


class TestHowItIsWritten:
    @pytest.mark.parametrize(
        ("said", "kind", "means"),
        [("2:30", "hours", 150), ("2.5", "hours", 150), ("0:05", "hours", 5), ("12.5", "local", 1_250)],
    )
    def test_people_write_hours_as_a_clock_or_as_a_number(self, said, kind, means):
        assert read_credit(said, kind) == means

    @pytest.mark.parametrize("said", ["2:60", "0.01", "two", "2:5"])
    def test_what_is_no_whole_minute_is_refused(self, said):
        with pytest.raises(NotANumber):
            read_credit(said, "hours")

    def test_a_comma_is_read_where_it_is_the_mark(self):
        assert read_credit("1,5", "hours", ",") == 90

    @given(st.integers(-(10**7), 10**7), st.sampled_from(["hours", "local"]))
    def test_what_is_written_is_read_back(self, quantity, kind):
        assert read_credit(write_credit(abs(quantity), kind), kind) == abs(quantity)

    @given(st.integers(1, 10**7), st.integers(1, 10**6), st.sampled_from(["hours", "local"]))
    def test_the_most_credit_for_an_amount_pays_no_more_than_it_and_one_more_would(self, amount, worth, kind):
        most = credit_for(amount, worth=worth, kind=kind)
        assert worth_of(most, worth=worth, kind=kind) <= amount < worth_of(most + 1, worth=worth, kind=kind)


class TestHealth:
    def test_few_accounts_are_not_counted(self):
        found = health([(60, 600, 600), (-60, 600, 600)])
        assert (found.total, found.in_use, found.near_floor, found.room) == (0, 60, None, None)

    def test_near_is_a_tenth_of_the_span(self):
        rows = [(-600, 600, 600), (590, 600, 600), (10, 600, 600), (0, 600, 600), (0, 0, 600)]
        found = health(rows)
        assert (found.near_floor, found.near_ceiling) == (2, 1)
        assert found.room == 0 + 1_190 + 610 + 600 + 0


class TestSetLimits:
    def test_the_ledger_keeps_the_floor_and_a_document_says_both(self, w):
        set_limits(by=w.eve, circle=w.circle, owner=w.ben.address, floor=30, ceiling=90, at=w.later())
        said = document("credit-limit", f"{w.ben.address} HFERN")
        assert said.body == {"floor": "-30", "ceiling": "90"} and said.version == 2
        with pytest.raises(BelowFloor):  # whoever records, service or not
            record_entry(
                key="by-hand/1", action="transfer", purpose="credit", at=w.later(), by=(w.ben.address,),
                flows=[(f"{w.ben.address}/purse", f"{w.ada.address}/purse", "HFERN", 31)],
            )  # fmt: skip
        with pytest.raises(BeyondYourLimit) as no:
            paid(w, w.circle, w.ben, w.ada.address, 31)
        assert "0:30" in str(no.value)
        paid(w, w.circle, w.ben, w.ada.address, 30)

    def test_refuses_what_the_rule_does_not_allow_and_who_is_no_treasurer(self, w):
        said = {"circle": w.circle, "owner": w.ben.address, "floor": 60, "ceiling": 60, "at": w.later()}
        with pytest.raises(BeyondTheRule):
            set_limits(by=w.eve, **said | {"floor": 1_801})
        with pytest.raises(BeyondTheRule):
            set_limits(by=w.eve, **said | {"ceiling": 3_601})
        with pytest.raises(NotAllowed):
            set_limits(by=w.ada, **said)
        with pytest.raises(NotInTheCircle):
            set_limits(by=w.eve, **said | {"owner": "members/nobody"})


class TestPayCredit:
    def test_what_one_has_more_the_other_has_less(self, w):
        made = paid(w, w.circle, w.ben, w.ada.address, 90)
        assert (purse(w, w.ben.address), purse(w, w.ada.address)) == (-90, 90)
        said = entry(made.entry)
        assert (said.action, said.purpose, said.by) == ("transfer", "credit", (w.ben.address,))
        assert "Pruning" not in str(said), "what it was for stays out of the journal"
        assert own_and_health(w.circle, w.ben.address)[1].total == 0

    def test_the_same_key_pays_once_and_another_body_is_refused(self, w):
        first = paid(w, w.circle, w.ben, w.ada.address, 90, key="one-key-of-ours-1")
        assert paid(w, w.circle, w.ben, w.ada.address, 90, key="one-key-of-ours-1") == first
        with pytest.raises(KeyHasAnotherBody):
            paid(w, w.circle, w.ben, w.ada.address, 91, key="one-key-of-ours-1")
        assert purse(w, w.ada.address) == 90

    def test_refuses_beyond_either_limit(self, w):
        with pytest.raises(BeyondYourLimit):
            paid(w, w.circle, w.ben, w.ada.address, 601)
        paid(w, w.circle, w.ben, w.ada.address, 600)
        paid(w, w.circle, w.tom, w.ada.address, 600)
        with pytest.raises(BeyondTheirLimit):
            paid(w, w.circle, w.eve, w.ada.address, 1)
        assert not CreditPayment.objects.filter(giver=w.eve.address).exists()

    @pytest.mark.parametrize(("quantity", "no"), [(0, NothingPaid), (-5, NothingPaid)])
    def test_refuses_nothing(self, w, quantity, no):
        with pytest.raises(no):
            paid(w, w.circle, w.ben, w.ada.address, quantity)

    def test_refuses_oneself_and_those_outside(self, w):
        oak = world("oak", "Oak Mill", "fr/jura")
        with pytest.raises(ToOneself):
            paid(w, w.circle, w.ben, w.ben.address, 5)
        for by, to in ((w.ben, oak.ben.address), (oak.ben, w.ben.address), (w.ben, oak.fern.address)):
            with pytest.raises(NotInTheCircle):
                paid(w, w.circle, by, to, 5)

    def test_the_cooperative_is_paid_and_pays_with_two_persons(self, w):
        paid(w, w.circle, w.ben, w.fern.address, 120)
        said = {"circle": w.circle, "to": w.tom.address, "quantity": 300, "words": "Sorting", "at": w.later()}
        with pytest.raises(NotAllowed):
            ask_credit_payment(by=w.ada, key="credit/coop-1", **said)
        wish = ask_credit_payment(by=w.eve, key="credit/coop-1", **said)
        assert purse(w, w.tom.address) == 0
        approve_wish(by=w.ada, approval=wish, at=w.later())
        assert (purse(w, w.tom.address), purse(w, w.fern.address)) == (300, -180)
        approve_wish(by=w.ada, approval=wish, at=w.later())
        assert purse(w, w.tom.address) == 300, "agreed to again, it is paid once"

    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 700), st.booleans()), max_size=25))
    def test_in_any_sequence_the_sum_is_zero_and_no_limit_is_crossed(self, w, moves):
        people = [w.ada, w.ben, w.tom, w.eve]
        for giver, taker, quantity, is_returned in moves:
            try:
                made = paid(w, w.circle, people[giver], people[taker].address, quantity)
                if is_returned:
                    return_credit(by=people[taker], payment=made, at=w.later())
            except (ToOneself, BeyondYourLimit, BeyondTheirLimit):
                pass
            held = [purse(w, one.address) for one in people]
            assert sum(held) == 0 and all(-600 <= one <= 1_200 for one in held)


class TestReturnCredit:
    def test_who_was_paid_gives_it_back_and_both_entries_stay(self, w):
        made = paid(w, w.circle, w.ben, w.ada.address, 90)
        return_credit(by=w.ada, payment=made, at=w.later())
        assert purse(w, w.ben.address) == purse(w, w.ada.address) == 0
        assert entries_by_key([f"{made.key}/returned"])[f"{made.key}/returned"].undoes == made.entry
        with pytest.raises(AlreadyReturned):
            return_credit(by=w.ada, payment=made, at=w.later())

    def test_nobody_else_gives_it_back_and_not_what_is_spent(self, w):
        made = paid(w, w.circle, w.ben, w.ada.address, 90)
        for by in (w.ben, w.tom):
            with pytest.raises(NotYoursToReturn):
                return_credit(by=by, payment=made, at=w.later())
        set_limits(by=w.eve, circle=w.circle, owner=w.ada.address, floor=0, ceiling=600, at=w.later())
        paid(w, w.circle, w.ada, w.tom.address, 60)
        with pytest.raises(BeyondYourLimit):
            return_credit(by=w.ada, payment=made, at=w.later())


class TestLeaving:
    def test_who_has_or_owes_something_stays_until_it_is_zero(self, w):
        paid(w, w.circle, w.ben, w.tom.address, 90)
        for one in (w.ben, w.tom):
            with pytest.raises(CreditStillOpen):
                leave_cooperative(membership=one, at=w.later(), by=one)
        paid(w, w.circle, w.tom, w.ben.address, 90)
        leave_cooperative(membership=w.ben, at=w.later(), by=w.ben)
        with pytest.raises(NotInTheCircle):
            paid(w, w.circle, w.tom, w.ben.address, 5)


def test_the_sum_over_all_accounts_is_zero(w):
    paid(w, w.circle, w.ben, w.ada.address, 77)
    paid(w, w.circle, w.ada, w.fern.address, 60)
    assert sum(row.quantity for row in balances(unit="HFERN")) == 0
    assert takes_part(w.circle, w.fern.address)
