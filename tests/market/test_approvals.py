"""Two persons: what one alone wishes about money does not count until another one agrees."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from cooperatives.models import Approval, Letter
from cooperatives.services.approvals import (
    AnotherWishWaits,
    BelowNothing,
    NobodyElse,
    WishAnswered,
    YourOwnWish,
    ask_money_rules,
    ask_roles,
    decline,
)
from cooperatives.services.people import LastSteward, TwoPersonsGive, admit_member, give_roles, leave_cooperative
from ledger.queries import entries_by_key
from ledger.rules.refusal import NotAllowed
from ledger.services.evidence import is_evidence
from market.models import Payout, Stall
from market.rules.payouts import payout_days
from market.services.accounts import NotAgreedYet, ask_visit, open_account
from market.services.approvals import approve_wish
from market.services.catalogue import open_stall
from market.services.payouts import BelowMinimum, NotDueYet, SecondPersonNeeded, confirm_payout, prepare_payout
from market.services.settlements import divide_period
from tests.market.goods import STALL, bought, on_shelf, stall, treasurer
from tests.market.test_shop_pages import words
from tests.world import agreed, key, person, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

OTHER = {**STALL, "account_holder": "Ada", "iban": "GH00 0000 0000"}


def rules(w, by, **said):
    said = {"two_persons": "always", "minimum": 0, "schedule": "any"} | said
    return ask_money_rules(by=by, at=w.later(), key=key("rules"), **said)


def purse(w) -> None:
    """Ben's purse holds what a sale gave him."""
    agreed(w)
    bought(w, on_shelf(w), 10)
    divide_period(by=w.ada, cooperative=w.fern, upto=w.at.date(), at=w.later())


def prepared(w, by, amount=100) -> Payout:
    return prepare_payout(
        by=by, owner=w.ben.address, amount=amount, currency="EUR", keeper="cash/fern", at=w.later(), key=key()
    )


def confirmed(w, by, payout) -> Payout:
    return confirm_payout(by=by, payout=payout, statement_line=key("n"), evidence="Ben signed", at=w.later())


class TestBankData:
    def test_the_first_account_takes_nothing_from_anybody_and_is_marked_as_done_alone(self):
        w = world()
        stall(w)
        assert Stall.objects.get().iban == STALL["iban"] and Approval.objects.get().is_alone

    def test_another_account_waits_for_a_second_person_and_the_rest_does_not(self):
        w = world()
        stall(w)
        eve = treasurer(w)
        open_stall(by=w.ada, cooperative=w.fern, said={**OTHER, "seller": "Fern"}, at=w.later())
        found, wish = Stall.objects.get(), Approval.objects.get(state="waiting")
        assert (found.seller, found.iban) == ("Fern", STALL["iban"])
        with pytest.raises(YourOwnWish):
            approve_wish(by=w.ada, approval=wish, at=w.later())
        approve_wish(by=eve, approval=wish, at=w.later())
        assert Stall.objects.get().iban == OTHER["iban"]
        open_stall(by=w.ada, cooperative=w.fern, said=OTHER, at=w.later())
        assert Approval.objects.count() == 2, "nothing new was wished"

    def test_who_is_alone_cannot_change_it_and_is_told_why(self):
        w = world()
        stall(w)
        with pytest.raises(NobodyElse):
            open_stall(by=w.ada, cooperative=w.fern, said=OTHER, at=w.later())
        assert Stall.objects.get().iban == STALL["iban"]
        rules(w, w.ada, two_persons="from_second")
        open_stall(by=w.ada, cooperative=w.fern, said=OTHER, at=w.later())
        assert Stall.objects.get().iban == OTHER["iban"] and Approval.objects.filter(is_alone=True).count() == 3

    def test_one_wish_at_a_time(self):
        w = world()
        treasurer(w)
        stall(w)
        stall(w)
        assert Approval.objects.filter(kind="bank").count() == 1
        with pytest.raises(AnotherWishWaits):
            open_stall(by=w.ada, cooperative=w.fern, said=OTHER, at=w.later())


class TestRoles:
    def test_a_second_treasurer_needs_two_and_a_clerk_does_not(self):
        w = world()
        assert ask_roles(membership=w.ben, roles=["treasurer"], by=w.ada, at=w.later(), key="r1") is None
        assert ask_roles(membership=w.tom, roles=["clerk", "member"], by=w.ada, at=w.later(), key="r2") is None
        wish = ask_roles(membership=w.tom, roles=["treasurer"], by=w.ada, at=w.later(), key="r3")
        assert wish and not w.tom.has_role("treasurer")
        w.ben.refresh_from_db()
        approve_wish(by=w.ben, approval=wish, at=w.later())
        w.tom.refresh_from_db()
        assert w.tom.has_role("treasurer")

    def test_no_other_door_gives_them(self):
        w = world()
        treasurer(w)
        with pytest.raises(TwoPersonsGive):
            give_roles(membership=w.ben, roles=["treasurer"], by=w.ada)
        with pytest.raises(TwoPersonsGive):
            admit_member(cooperative=w.fern, member=person("Mia"), roles=["steward"], at=w.later(), by=w.ada)

    def test_a_wish_that_would_leave_nobody_is_refused_when_it_is_agreed_to(self):
        w = world()
        eve = treasurer(w)
        wish = ask_roles(membership=w.ada, roles=["member"], by=w.ada, at=w.later(), key="r1")
        with pytest.raises(LastSteward):
            approve_wish(by=eve, approval=wish, at=w.later())
        assert Approval.objects.get(pk=wish.pk).state == "waiting"


class TestApproveWish:
    def test_is_for_treasurers_and_stewards_of_this_cooperative(self):
        w, other = world(), world("oak", "Oak")
        eve = treasurer(w)
        wish = rules(w, w.ada, minimum=500)
        for by in (w.tom, w.ben, other.ada):
            with pytest.raises(NotAllowed):
                approve_wish(by=by, approval=wish, at=w.later())
        approve_wish(by=eve, approval=wish, at=w.later())
        assert approve_wish(by=eve, approval=wish, at=w.later()).state == "approved"

    def test_what_was_declined_stays_so(self):
        w = world()
        eve = treasurer(w)
        wish = rules(w, w.ada, minimum=500)
        assert decline(by=eve, approval=wish, at=w.later()).state == "declined"
        with pytest.raises(WishAnswered):
            approve_wish(by=eve, approval=wish, at=w.later())
        again = rules(w, w.ada, minimum=500)
        assert decline(by=w.ada, approval=again, at=w.later()).state == "withdrawn"

    def test_a_person_with_two_memberships_is_one_person_for_the_database_too(self):
        w = world()
        treasurer(w)
        wish = rules(w, w.ada, minimum=500)
        with pytest.raises(IntegrityError), transaction.atomic():
            Approval.objects.filter(pk=wish.pk).update(state="approved", answered_by=w.ada, answered_at=w.later())

    def test_the_way_to_stripe_is_open_for_a_day_after_a_second_person_agreed(self):
        w = world()
        eve = treasurer(w)
        asked = ask_visit(by=w.ada, at=w.later())
        with pytest.raises(NotAgreedYet):
            open_account(by=w.ada, at=w.later())
        approve_wish(by=eve, approval=asked, at=w.later())
        assert open_account(by=w.ada, at=w.later()).cooperative == w.fern
        with pytest.raises(NotAgreedYet):
            open_account(by=w.ada, at=w.later(days=2))


class TestPayouts:
    def test_nobody_pays_out_alone_unless_the_founders_chose_it_and_only_until_there_is_a_second(self):
        w = world()
        purse(w)
        give_roles(membership=w.ada, roles=["steward", "treasurer"], by=w.ada)
        payout = prepared(w, w.ada)
        with pytest.raises(NobodyElse):
            confirmed(w, w.ada, payout)
        rules(w, w.ada, two_persons="from_second")
        assert confirmed(w, w.ada, payout).is_alone
        eve = treasurer(w)
        payout = prepared(w, w.ada)
        with pytest.raises(SecondPersonNeeded):
            confirmed(w, w.ada, payout)
        assert not confirmed(w, eve, payout).is_alone

    def test_the_least_and_the_days_that_were_agreed_are_kept(self):
        w = world()
        purse(w)
        eve = treasurer(w)
        approve_wish(by=w.ada, approval=rules(w, eve, minimum=50, schedule="monthly"), at=w.later())
        with pytest.raises(BelowMinimum):
            prepared(w, eve, 49)
        confirmed(w, w.ada, prepared(w, eve, 50))
        with pytest.raises(NotDueYet):
            prepared(w, eve, 50)
        w.later(days=31)
        assert prepared(w, eve, 50).pk
        with pytest.raises(BelowNothing):
            rules(w, eve, minimum=-1)

    def test_who_has_left_is_paid_the_rest(self):
        w = world()
        purse(w)
        eve = treasurer(w)
        approve_wish(by=w.ada, approval=rules(w, eve, minimum=10_000), at=w.later())
        leave_cooperative(membership=w.ben, at=w.later(), by=w.ben)
        assert prepared(w, eve, 1).pk

    def test_the_evidence_can_be_shown_and_the_statement_sums_to_the_cent(self, client):
        w = world()
        purse(w)
        eve = treasurer(w)
        first = confirmed(w, w.ada, prepared(w, eve, 100))
        entry = entries_by_key([first.statement_line])[first.statement_line]
        assert is_evidence(key=first.statement_line, content=b"Ben signed", evidence_hash=entry.evidence_hash)
        second = confirmed(w, w.ada, prepared(w, eve, 150))
        assert "1.50" in Letter.objects.get(key=f"payouts/{second.pk}").subject
        client.force_login(w.people["ben"])
        page = client.get(reverse("payout", args=["fern", second.pk]))
        statement = page.context["statement"]
        assert [row.quantity for row in statement.movements] == [-150]
        assert statement.opening - 150 == statement.closing
        made = client.get(reverse("payout", args=["fern", first.pk])).context["statement"]
        assert made.opening == 0 and made.closing == statement.opening and len(made.movements) > 1
        client.force_login(w.people["cleo"])
        assert client.get(reverse("payout", args=["fern", second.pk])).status_code == 404


class TestPage:
    def test_shows_each_what_waits_for_them(self, client):
        w = world()
        eve = treasurer(w)
        purse(w)
        rules(w, w.ada, minimum=500)
        prepared(w, eve)
        client.force_login(w.people["ada"])
        page = client.get(reverse("approvals", args=["fern"]))
        assert not page.context["mine"] and len(page.context["others"]) == len(page.context["payouts"]) == 1
        client.force_login(eve.member)
        page = client.get(reverse("approvals", args=["fern"]))
        assert "the least paid out is 5.00 EUR" in words(page) and not page.context["payouts"]
        client.post(reverse("approve_wish", args=["fern", page.context["mine"][0]["row"].pk]))
        assert Approval.objects.get().state == "approved"

    def test_says_plainly_that_one_is_alone(self, client):
        w = world()
        client.force_login(w.people["ada"])
        page = client.get(reverse("approvals", args=["fern"]))
        assert "You are the only person here who could agree" in words(page)


class TestPayoutDays:
    @pytest.mark.parametrize(
        ("schedule", "last", "following"),
        [
            ("any", date(2026, 12, 31), date(2027, 1, 1)),
            ("weekly", date(2026, 12, 28), date(2027, 1, 4)),
            ("monthly", date(2026, 12, 1), date(2027, 1, 1)),
            ("quarterly", date(2026, 10, 1), date(2027, 1, 1)),
        ],
    )
    def test_are_the_same_for_everybody(self, schedule, last, following):
        assert payout_days(schedule, date(2026, 12, 31)) == (last, following)
