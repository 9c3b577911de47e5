"""What was promised for a contribution reaches its giver, once, from the money it brought back."""

import pytest

from cooperatives.queries import owed_by_divisions, passbook
from cooperatives.services.promises import NothingToKeep, keep_promise
from ledger import queries as ledger
from ledger.rules.refusal import NotAllowed
from ledger.services.journal import record_entry, record_owner
from tests.world import NOON, beans, key, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]
UNIT = "EUR@coops/fern"


def grant(amount):
    """Working money from outside."""
    record_owner(owner="funders/region", place=None, at=NOON)
    flows = [
        ("funders/region/pocket", "coops/fern/till@bank/fern", "EUR", amount),
        ("coops/fern/owes", "coops/fern/free", UNIT, amount),
    ]
    record_entry(key=key("bank"), action="transfer", purpose="grant", flows=flows, at=NOON, by=())


class TestKeepPromise:
    def keep(self, w, **more):
        said = dict(cooperative=w.fern, owner=w.ben.address, at=w.later(), key="promise/1", by=w.ada)
        return keep_promise(**said | more)

    def test_moves_what_was_promised_from_free_to_the_purse_as_far_as_it_goes(self):
        w = world()
        beans(w, price=10_000)
        grant(6_000)
        assert self.keep(w) == 6_000
        assert self.keep(w) == 6_000  # the same key again
        grant(9_000)
        assert self.keep(w, key="promise/2") == 4_000
        assert ledger.balance_of(f"{w.ben.address}/purse", UNIT) == 10_000
        assert ledger.balance_of(f"{w.ben.address}/debt", UNIT) == 0
        book = passbook(w.ben)
        assert (book.balance, book.promised) == (10_000, 0)

    def test_refuses_where_nothing_is_promised_or_there_is_no_money(self):
        w = world()
        with pytest.raises(NothingToKeep):
            self.keep(w)
        beans(w, price=10_000)
        with pytest.raises(NothingToKeep):
            self.keep(w)

    def test_refuses_who_has_no_office(self):
        w, other = world(), world("oak", "Oak")
        beans(w, price=10_000)
        grant(10_000)
        for by in (w.ben, w.tom, other.ada):
            with pytest.raises(NotAllowed):
                self.keep(w, by=by)


def test_what_divisions_owe_is_told_apart_from_what_was_promised():
    w = world()
    beans(w, price=10_000)
    debts = [("coops/fern/debts", f"{w.ben.address}/debt", UNIT, 700)]
    record_entry(key="divide/x/owed", action="raise", purpose="debt", flows=debts, at=NOON, by=())
    assert ledger.balance_of(f"{w.ben.address}/debt", UNIT) == 10_700
    assert owed_by_divisions(w.fern) == {f"{w.ben.address}/debt": 700}
    repaid = [(f"{w.ben.address}/debt", "coops/fern/debts", UNIT, 700)]
    record_entry(key="divide/x/repaid", action="lower", purpose="debt", flows=repaid, at=NOON, by=())
    assert owed_by_divisions(w.fern) == {}
