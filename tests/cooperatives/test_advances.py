"""Advances: a purse below zero, down to what was agreed, which the next share fills."""

import re
from datetime import date

import pytest

from cooperatives.models import Approval
from cooperatives.queries import passbook
from cooperatives.queries.advances import advance_room, advances_of, own_money
from cooperatives.services.advances import (
    BeyondTheLimit,
    LimitUnreadable,
    TwoPersonsNeeded,
    agree_advances,
    ask_advance,
    give_advance,
)
from cooperatives.services.approvals import YourOwnWish
from cooperatives.services.money import NoSuchKeeper, pay_in_capital
from ledger.queries import balance_of, entries_by_key, log_size
from ledger.rules.laws import KeyHasAnotherBody
from ledger.rules.refusal import NotAllowed
from market.services.approvals import approve_wish
from market.services.settlements import divide_period
from tests.market.goods import bought, on_shelf, treasurer
from tests.world import agreed, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]
E_FERN = "EUR@coops/fern"


@pytest.fixture
def w():
    """Fern with 400.00 of capital in its cash box, and Eve, its treasurer."""
    found = world()
    found.eve = treasurer(found)
    pay_in_capital(
        by=found.ada, giver=found.ada, amount=40_000, keeper="cash/fern", statement_line="1", at=found.later()
    )
    return found


def given(w, amount=5_000, line="7", **more):
    said = {"by": w.eve, "approved_by": w.ada} | more
    give_advance(membership=w.ben, amount=amount, keeper="cash/fern", statement_line=line, at=w.later(), **said)


class TestGiveAdvance:
    def test_the_purse_falls_below_zero_and_the_next_share_fills_it(self, w):
        agreed(w)
        agree_advances(membership=w.ben, limit=10_000, at=w.later(), by=w.ada)
        given(w)
        assert advances_of(w.fern) == {w.ben.address: 5_000} and advance_room(w.ben) == 5_000
        assert balance_of(f"{w.ben.address}/pocket", "EUR") == 5_000
        bought(w, on_shelf(w), 10)
        (division,) = divide_period(by=w.ada, cooperative=w.fern, upto=date(2026, 12, 1), at=w.later())
        share = division.parts["parts"][f"{w.ben.address}/purse"]
        assert balance_of(f"{w.ben.address}/purse", E_FERN) == share - 5_000
        book = passbook(w.ben)
        assert {line.entry.purpose: line.balance for line in book.lines}["advance"] == -5_000
        assert book.balance == share - 5_000 and own_money(w.fern) > 0

    def test_refuses_beyond_the_limit_and_without_one(self, w):
        with pytest.raises(BeyondTheLimit):
            given(w, 1)
        agree_advances(membership=w.ben, limit=100, at=w.later(), by=w.ada)
        for amount in (0, 101):
            with pytest.raises(BeyondTheLimit):
                given(w, amount)

    def test_needs_two_persons_with_the_right_roles(self, w):
        agree_advances(membership=w.ben, limit=10_000, at=w.later(), by=w.ada)
        with pytest.raises(TwoPersonsNeeded):
            given(w, approved_by=w.eve)
        for wrong in ({"by": w.ada}, {"by": w.ben}, {"approved_by": w.tom}, {"approved_by": world("oak", "Oak").ada}):
            with pytest.raises(NotAllowed):
                given(w, **wrong)

    def test_the_same_line_again_is_the_same_advance(self, w):
        agree_advances(membership=w.ben, limit=10_000, at=w.later(), by=w.ada)
        given(w)
        size = log_size()
        given(w)
        assert log_size() == size
        with pytest.raises(KeyHasAnotherBody):
            given(w, 4_000)


class TestAskAdvance:
    def asked(self, w, amount=5_000, **more):
        said = {"membership": w.ben, "keeper": "cash/fern", "statement_line": "9", "by": w.eve} | more
        return ask_advance(amount=amount, at=w.later(), **said)

    def test_it_is_given_once_a_second_person_agrees(self, w):
        agree_advances(membership=w.ben, limit=10_000, at=w.later(), by=w.ada)
        asked = self.asked(w)
        assert not advances_of(w.fern)
        with pytest.raises(YourOwnWish):
            approve_wish(by=w.eve, approval=asked, at=w.later())
        approve_wish(by=w.ada, approval=asked, at=w.later())
        approve_wish(by=w.ada, approval=asked, at=w.later())
        assert advances_of(w.fern) == {w.ben.address: 5_000}
        assert entry_by(w).by == (w.eve.address, w.ada.address)

    def test_refuses_a_steward_to_ask_a_keeper_nobody_knows_and_what_is_beyond_the_limit(self, w):
        for by in (w.ada, w.ben, w.tom):
            with pytest.raises(NotAllowed):
                self.asked(w, by=by)
        with pytest.raises(NoSuchKeeper):
            self.asked(w, keeper="sock/fern")
        with pytest.raises(BeyondTheLimit):
            self.asked(w)

    def test_by_the_doors(self, client, w):
        client.force_login(w.people["ada"])
        where = "/stall/fern/advances/"
        page = client.post(f"{where}limit", {"limit-member": w.ben.address, "limit-limit": "100.00"}, follow=True)
        assert "Recorded." in page.content.decode() and advance_room(w.ben) == 10_000
        client.force_login(w.eve.member)
        said = {"advance-member": w.ben.address, "advance-amount": "50", "advance-keeper": "cash/fern",
                "advance-statement_line": "12"}  # fmt: skip
        assert "A second person must agree" in client.post(f"{where}ask", said, follow=True).content.decode()
        more = client.post(f"{where}ask", said | {"advance-amount": "100.01", "advance-statement_line": "13"})
        assert more.status_code == 409 and "more than the limit" in more.content.decode()
        client.force_login(w.people["ada"])
        page = client.get("/stall/fern/approvals/").content.decode()
        assert re.search(r"Ben is paid \S*50\.00.{0,4} ?from the cash box before earning it", page)
        client.post(f"/stall/fern/approvals/{Approval.objects.get().pk}/agree")
        assert advances_of(w.fern) == {w.ben.address: 5_000}
        assert "was advanced" in client.get(where).content.decode()
        assert "−€50.00" in client.get("/stall/fern/settlement/").content.decode()


def entry_by(w):
    """The advance of line 9."""
    return entries_by_key(["cash/fern/9"])["cash/fern/9"]


class TestAgreeAdvances:
    def test_a_steward_agrees_and_nobody_else(self, w):
        for by in (w.eve, w.ben, w.tom):
            with pytest.raises(NotAllowed):
                agree_advances(membership=w.ben, limit=1, at=w.later(), by=by)
        with pytest.raises(LimitUnreadable):
            agree_advances(membership=w.ben, limit=-1, at=w.later(), by=w.ada)
