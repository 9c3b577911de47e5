"""Mutual credit: balances that sum to zero, floors that the ledger keeps, ceilings that the service keeps."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cooperatives.models import Circle, CreditLimit, CreditPayment
from cooperatives.queries.credit import (
    circle_of,
    cooperatives_in,
    credit_account,
    own_and_health,
    partners_of,
    takes_part,
)
from cooperatives.rules.credit import credit_for, health, read_credit, worth_of, write_credit
from cooperatives.services import credit as services
from cooperatives.services.credit import (
    AlreadyReturned,
    BeyondTheirLimit,
    BeyondTheRule,
    BeyondYourLimit,
    CircleThere,
    CodeTaken,
    CodeUnreadable,
    LimitsUnreadable,
    NothingPaid,
    NotInTheCircle,
    NotYoursToReturn,
    ToOneself,
    ask_credit_payment,
    return_credit,
    set_limits,
)
from cooperatives.services.people import CreditStillOpen, admit_member, leave_cooperative
from cooperatives.services.proposals import (
    AnotherVoteIsOpen,
    NotADraft,
    SaysNothingNew,
    cast_vote,
    change_proposal,
    close_vote,
    open_vote,
    propose_rule,
)
from ledger.queries import balance_of, balances, document, entries_by_key, entry
from ledger.rules.amounts import NotANumber
from ledger.rules.laws import BelowFloor, KeyHasAnotherBody
from ledger.rules.refusal import NotAllowed
from ledger.services.journal import record_account, record_entry
from market.services.approvals import approve_wish
from tests.cooperatives.circle import RULE, decided, opened, paid, proposed
from tests.market.goods import treasurer
from tests.market.test_shop_pages import words
from tests.world import person, world

pytestmark = pytest.mark.quick
needs_db = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def w(db):
    """Fern, its treasurer Eve, and a circle of hours."""
    return _fern()


def _fern():
    found = world()
    found.eve = treasurer(found)
    found.circle = opened(found, found.eve)
    return found


def purse(w, owner) -> int:
    return balance_of(f"{owner}/purse", "HFERN")


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


class TestProposeRule:
    @needs_db
    def test_members_open_it_by_a_vote_and_the_log_has_its_rule(self):
        w = world()
        eve = treasurer(w)
        draft = proposed(w)
        assert draft.state == "draft" and not Circle.objects.exists()
        done = decided(w, draft, w.ada, eve)
        assert done.state == "adopted" and done.agreement is None
        rule = document("credit", "HFERN")
        assert rule and rule.body["lowest"] == "1800" and document("unit", "HFERN").body["family"] == "money"
        assert rule.body["vote"]["yes"] == 2 and rule.body["vote"]["electorate"] == 4

    @needs_db
    def test_nobody_opens_it_without_a_quorum_or_against_the_others(self):
        w = world()
        draft = propose_rule(by=w.ada, said=RULE, why="", quorum=75, majority="half", at=w.later())
        assert decided(w, draft, w.ada).state == "rejected" and not Circle.objects.exists()
        assert decided(w, proposed(w), w.ben, w.tom, choice="no").state == "rejected" and not Circle.objects.exists()

    def test_its_rule_changes_the_same_way_and_its_unit_stays(self, w):
        decided(w, proposed(w, code="OTHER", kind="local", floor=60), w.ada)
        w.circle.refresh_from_db()
        assert (w.circle.code, w.circle.kind, w.circle.floor) == ("HFERN", "hours", 60)
        assert document("credit", "HFERN").version == 2
        with pytest.raises(SaysNothingNew):
            proposed(w, floor=60)

    def test_a_draft_is_changed_by_drafting_again_and_never_while_it_is_voted_on(self, w):
        first = proposed(w, floor=60)
        again = proposed(w, floor=120)
        assert (again.pk, again.edition, again.rule["floor"]) == (first.pk, 2, 120)
        open_vote(proposal=again, closes_at=w.later(days=2), at=w.at - timedelta(days=1), by=w.ada)
        with pytest.raises(AnotherVoteIsOpen):
            proposed(w, floor=180)
        with pytest.raises(NotADraft):
            change_proposal(proposal=again, rules=[], why="", quorum=1, majority="half", at=w.later(), by=w.ada)

    @needs_db
    def test_a_name_that_another_took_during_the_vote_is_not_opened_twice(self):
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        closes_at = w.later(days=2)
        draft = open_vote(proposal=proposed(w), closes_at=closes_at + timedelta(days=1), at=w.at, by=w.ada)
        cast_vote(proposal=draft, edition=draft.edition, choice="yes", at=w.at, by=w.ada)
        decided(oak, proposed(oak), oak.ada)
        assert close_vote(proposal=draft, at=closes_at + timedelta(days=1), by=None).state == "rejected"
        assert [circle.cooperative for circle in Circle.objects.all()] == [oak.fern]

    @needs_db
    @pytest.mark.parametrize(
        ("said", "no"),
        [
            ({"code": "hfern"}, CodeUnreadable), ({"code": "EUR"}, CodeTaken), ({"kind": "gold"}, CodeTaken),
            ({"floor": 1_801}, LimitsUnreadable), ({"worth": 0}, LimitsUnreadable), ({"ceiling": -1}, LimitsUnreadable),
            ({"name": " "}, LimitsUnreadable),
        ],
    )  # fmt: skip
    def test_refuses_what_makes_no_sense(self, said, no):
        w = world()
        treasurer(w)
        with pytest.raises(no):
            proposed(w, **said)

    def test_a_member_asks_for_nothing(self, w):
        with pytest.raises(NotAllowed):
            proposed(w, by=w.ben)


class TestFederation:
    def test_members_of_member_cooperatives_pay_in_it_but_open_none_beside(self, w):
        oak = world("oak", "Oak Mill", "fr/jura")
        admit_member(cooperative=w.fern, society=oak.fern, name="Oak", at=w.later(), by=w.ada)
        assert circle_of(oak.fern) == w.circle and cooperatives_in(w.circle) == [w.fern, oak.fern]
        paid(w, w.circle, oak.ben, w.ben.address, 60)
        assert (purse(w, oak.ben.address), purse(w, w.ben.address)) == (-60, 60)
        with pytest.raises(CircleThere):
            proposed(w, by=oak.ada, code="HOAK")
        named = dict(partners_of(w.circle, w.ben))
        assert oak.fern.address in named and oak.ben.address in named and w.ben.address not in named

    def test_a_cooperative_with_its_own_stays_out(self, w):
        oak = world("oak", "Oak Mill", "fr/jura")
        oak.eve = admit_member(
            cooperative=oak.fern, member=person("Fay"), name="Fay", roles=["treasurer"], at=oak.later(), by=None
        )
        opened(oak, oak.eve, code="HOAK")
        admit_member(cooperative=w.fern, society=oak.fern, name="Oak", at=w.later(), by=w.ada)
        assert circle_of(oak.fern).code == "HOAK" and cooperatives_in(w.circle) == [w.fern]
        with pytest.raises(NotInTheCircle):
            paid(w, w.circle, oak.ben, w.ben.address, 60)


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


class TestAtOnce:
    """Two payments in the same moment, against real rows and locks."""

    def at_once(self, *acts: Callable[[], object]) -> list[object]:
        start, answers = threading.Barrier(len(acts)), []

        def run(act: Callable[[], object]) -> None:
            start.wait()
            try:
                answers.append(act())
            except (BeyondYourLimit, BeyondTheirLimit) as no:
                answers.append(no)
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def test_the_floor_is_not_crossed(self, own_database):
        w = _fern()
        takers = [w.ada, w.tom, w.eve, w.ada]
        answers = self.at_once(*(lambda to=to: paid(w, w.circle, w.ben, to.address, 250) for to in takers))
        assert sum(isinstance(one, BeyondYourLimit) for one in answers) == 2
        assert purse(w, w.ben.address) == -500

    def test_without_the_floor_of_the_ledger_it_is(self, own_database):
        w = _fern()
        paid(w, w.circle, w.ben, w.ada.address, 1)
        record_account(address=f"{w.ben.address}/purse", floors={"HFERN": None}, at=w.later())
        takers = [w.ada, w.tom, w.eve, w.ada]
        self.at_once(*(lambda to=to: paid(w, w.circle, w.ben, to.address, 250) for to in takers))
        assert purse(w, w.ben.address) == -1_001

    def test_the_ceiling_is_not_crossed(self, own_database):
        w = _fern()
        set_limits(by=w.eve, circle=w.circle, owner=w.ada.address, floor=0, ceiling=400, at=w.later())
        givers = [w.ben, w.tom, w.eve]
        answers = self.at_once(*(lambda by=by: paid(w, w.circle, by, w.ada.address, 250) for by in givers))
        assert sum(isinstance(one, BeyondTheirLimit) for one in answers) == 2
        assert purse(w, w.ada.address) == 250

    def test_without_the_lock_it_is(self, own_database, monkeypatch):
        w = _fern()
        set_limits(by=w.eve, circle=w.circle, owner=w.ada.address, floor=0, ceiling=400, at=w.later())
        givers = [w.ben, w.tom]
        for by in givers:
            paid(w, w.circle, by, w.eve.address, 1)
        looked = threading.Barrier(len(givers))
        refuse = services.refuse_above

        def look_then_wait(*args):
            refuse(*args)
            looked.wait(timeout=20)  # all have looked before any has paid

        monkeypatch.setattr(services, "lock_limits", lambda *_args, **_kwargs: [])
        monkeypatch.setattr(services, "refuse_above", look_then_wait)
        self.at_once(*(lambda by=by: paid(w, w.circle, by, w.ada.address, 250) for by in givers))
        assert purse(w, w.ada.address) == 500

    def leaving(self, w, monkeypatch) -> tuple[list[object], object]:
        """Ben pays Tom for the first time, who leaves after Ben has looked whether he is there."""
        looked, answers = threading.Event(), []
        refuse = services.refuse_above

        def look_then_wait(*args):
            refuse(*args)
            looked.set()
            time.sleep(1)  # he presses the button meanwhile

        monkeypatch.setattr(services, "refuse_above", look_then_wait)

        def leave():
            looked.wait(timeout=20)
            return leave_cooperative(membership=w.tom, at=w.at, by=w.tom)

        def run(act):
            try:
                answers.append(act())
            except (NotInTheCircle, CreditStillOpen) as no:
                answers.append(no)
            finally:
                connection.close()

        acts = (lambda: paid(w, w.circle, w.ben, w.tom.address, 5), leave)
        threads = [threading.Thread(target=run, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        w.tom.refresh_from_db()
        return answers, w.tom.left_at

    def test_who_is_paid_for_the_first_time_does_not_leave_with_it(self, own_database, monkeypatch):
        w = _fern()
        answers, left_at = self.leaving(w, monkeypatch)
        assert any(isinstance(one, CreditStillOpen) for one in answers)
        assert left_at is None and purse(w, w.tom.address) == 5

    def test_without_the_lock_somebody_leaves_with_a_balance(self, own_database, monkeypatch):
        w = _fern()
        monkeypatch.setattr(services, "lock_members", lambda _owners: None)
        _answers, left_at = self.leaving(w, monkeypatch)
        assert left_at is not None and purse(w, w.tom.address) == 5

    def test_first_payments_of_one_account_open_it_once(self, own_database):
        w = _fern()
        self.at_once(*(lambda by=by: paid(w, w.circle, by, w.ada.address, 5) for by in (w.ben, w.tom, w.eve)))
        assert CreditLimit.objects.filter(owner=w.ada.address).count() == 1 and purse(w, w.ada.address) == 15


class TestPages:
    def to(self, name, **more):
        return reverse(name, args=["fern", *more.values()])

    def test_a_member_pays_in_two_taps_and_sees_it(self, w, client):
        client.force_login(w.people["ben"], backend="allauth.account.auth_backends.AuthenticationBackend")
        page = client.get(self.to("credit"))
        assert page.status_code == 200
        said = {"key": "a-key-from-the-page", "to": w.ada.address, "quantity": "1:30", "words": "Pruning"}
        sure = client.post(self.to("pay_credit"), said)
        assert "1:30" in sure.content.decode() and not CreditPayment.objects.exists()
        assert client.post(self.to("pay_credit"), said | {"sure": "yes"}).status_code == 302
        assert client.post(self.to("pay_credit"), said | {"sure": "yes"}).status_code == 302
        assert purse(w, w.ada.address) == 90
        page = client.get(self.to("credit")).content.decode()
        assert "−1:30" in page and "Pruning" in page and "0:00" in page
        assert "−1:30" in client.get(reverse("passbook")).content.decode()

    def test_a_refusal_stands_on_the_page_with_what_was_typed(self, w, client):
        client.force_login(w.people["ben"], backend="allauth.account.auth_backends.AuthenticationBackend")
        said = {"key": "a-key-from-the-page", "to": w.ada.address, "quantity": "99:00", "sure": "yes"}
        page = client.post(self.to("pay_credit"), said)
        assert page.status_code == 409 and "99:00" in page.content.decode() and "10:00" in page.content.decode()
        page = client.post(self.to("pay_credit"), said | {"quantity": "lots"})
        assert page.status_code == 422

    def test_nobodys_balance_is_on_anothers_page(self, w, client):
        paid(w, w.circle, w.ben, w.ada.address, 77)
        client.force_login(w.people["tom"], backend="allauth.account.auth_backends.AuthenticationBackend")
        page = client.get(self.to("credit")).content.decode()
        assert "−1:17" not in page and client.get(self.to("credit_desk")).status_code == 403

    def test_who_received_gives_it_back(self, w, client):
        made = paid(w, w.circle, w.ben, w.ada.address, 77)
        client.force_login(w.people["ben"], backend="allauth.account.auth_backends.AuthenticationBackend")
        assert client.post(self.to("return_credit", pk=made.pk)).status_code == 404
        client.force_login(w.people["ada"], backend="allauth.account.auth_backends.AuthenticationBackend")
        assert client.post(self.to("return_credit", pk=made.pk)).status_code == 302
        assert purse(w, w.ben.address) == 0

    def test_a_treasurer_sets_limits_and_pays_for_the_cooperative(self, w, client):
        client.force_login(w.eve.member, backend="allauth.account.auth_backends.AuthenticationBackend")
        said = {"limits-owner": w.ben.address, "limits-floor": "5:00", "limits-ceiling": "6:00"}
        assert client.post(self.to("set_credit_limits"), said).status_code == 302
        found = credit_account(w.circle, w.ben.address)
        assert (found.floor, found.ceiling) == (300, 360)
        assert client.post(self.to("set_credit_limits"), said | {"limits-floor": "500:00"}).status_code == 409
        said = {"pay-key": "a-key-from-the-page", "pay-to": w.ben.address, "pay-quantity": "2:00", "pay-words": "Work"}
        assert client.post(self.to("ask_credit_payment"), said).status_code == 302
        client.force_login(w.people["ada"], backend="allauth.account.auth_backends.AuthenticationBackend")
        page = client.get(reverse("approvals", args=["fern"])).content.decode()
        assert "2:00" in page and "Ben" in page

    @needs_db
    def test_a_steward_proposes_it_and_members_open_it(self, client):
        w = world()
        w.eve = treasurer(w)
        client.force_login(w.people["ada"], backend="allauth.account.auth_backends.AuthenticationBackend")
        assert "HFERN" in client.get(self.to("credit_desk")).content.decode()
        said = {
            "kind": "hours", "code": "HFERN", "name": "Fern hours", "floor": "10:00", "ceiling": "20:00",
            "lowest": "30:00", "highest": "60:00", "worth": "12.00",
        }  # fmt: skip
        said |= {"quorum": "50", "majority": "half", "why": "We help each other."}
        assert client.post(self.to("propose_rule"), said | {"floor": "31:00"}).status_code == 422
        answer = client.post(self.to("propose_rule"), said)
        assert answer.status_code == 302
        page = words(client.get(answer.url))
        assert "−30:00" in page and "We help each other." in page and "Open the vote" in page
        assert "Try it on past sales" not in page
        client.post(reverse("open_vote", args=["fern", 1]), {"closes_on": "2099-01-01"})
        for name in ("ada", "ben", "tom", "eve"):
            client.force_login(w.people.get(name) or w.eve.member, backend=BACKEND)
            client.post(reverse("cast_vote", args=["fern", 1]), {"edition": 1, "choice": "yes"})
        client.force_login(w.people["ada"], backend=BACKEND)
        client.post(reverse("close_vote", args=["fern", 1]))
        assert "It is the rule" in words(client.get(answer.url)) and Circle.objects.get().code == "HFERN"
        assert client.get(reverse("tried", args=["fern", 1])).status_code == 404
        assert client.get(reverse("change_proposal", args=["fern", 1])).status_code == 404


def test_the_sum_over_all_accounts_is_zero(w):
    paid(w, w.circle, w.ben, w.ada.address, 77)
    paid(w, w.circle, w.ada, w.fern.address, 60)
    assert sum(row.quantity for row in balances(unit="HFERN")) == 0
    assert takes_part(w.circle, w.fern.address)
