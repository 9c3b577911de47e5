"""Capital and buying from outside: money and claims stay equal, and a lot knows what it cost."""

from typing import Any

import pytest

from cooperatives.models import Lot
from cooperatives.rules.lineage import costs, facts
from cooperatives.services.money import AmountMissing, NoSuchKeeper, buy_goods, move_money, pay_in_capital
from cooperatives.services.people import UnknownPlace
from ledger import queries as ledger
from ledger.rules.laws import BelowFloor
from ledger.rules.readings import net_flows
from ledger.rules.refusal import NotAllowed
from ledger.services.journal import record_owner
from tests.world import World, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

FERN = "EUR@coops/fern"


def pay_in(w: World, amount: int = 50_000, **more: Any) -> None:
    pay_in_capital(**{
        "by": w.ada, "giver": w.ben, "amount": amount, "keeper": "bank/fern", "statement_line": "1",
        "at": w.later(), **more,
    })  # fmt: skip


def buy(w: World, **more: Any) -> Lot:
    record_owner(owner="tax/gh", place="gh", at=w.at)
    return buy_goods(**{
        "by": w.ada, "supplier": "suppliers/sugar", "place": None, "goods": "Cane sugar", "unit": "g",
        "quantity": 11_300, "hub": w.hub, "net": 2_000,
        "taxes": {"tax/gh": 300}, "keeper": "bank/fern", "statement_line": "2",
        "at": w.later(), **more,
    })  # fmt: skip


class TestPayInCapital:
    def test_is_working_money_and_a_promise(self) -> None:
        w = world()
        pay_in(w)
        assert ledger.balance_of("coops/fern/free", FERN) == 50_000
        assert ledger.balance_of("coops/fern/till@bank/fern", "EUR") == 50_000
        assert ledger.balance_of(f"{w.ben.address}/capital", FERN) == 50_000

    def test_is_refused(self) -> None:
        w = world()
        with pytest.raises(NotAllowed):
            pay_in(w, by=w.ben)
        with pytest.raises(NoSuchKeeper):
            pay_in(w, keeper="sock/fern")
        with pytest.raises(AmountMissing):
            pay_in(w, amount=0)


class TestBuyGoods:
    def test_is_a_lot_whose_cost_is_known_and_whose_seller_is(self) -> None:
        w = world()
        pay_in(w)
        lot = buy(w)
        assert ledger.balance_of(lot.address, "g") == 11_300
        assert ledger.balance_of("coops/fern/free", FERN) == 48_000
        assert ledger.balance_of("coops/fern/till@bank/fern", "EUR") == 47_700
        flows = net_flows(ledger.entries_touching(paths=[lot.path]))
        assert costs(lot.path, facts(flows)) == {"suppliers/sugar": 2_000}
        assert ledger.places_of(["suppliers/sugar"]) == {"suppliers/sugar": None}

    def test_again_is_the_same(self) -> None:
        w = world()
        pay_in(w)
        assert buy(w).pk == buy(w).pk
        assert Lot.objects.count() == 1

    def test_is_refused(self) -> None:
        w = world()
        pay_in(w, amount=1_000)
        for refusal, wrong in (
            (NotAllowed, {"by": w.ben}), (BelowFloor, {}), (UnknownPlace, {"place": "mars"}),
            (AmountMissing, {"net": 0}),
        ):  # fmt: skip
            with pytest.raises(refusal):
                buy(w, **wrong)
        assert Lot.objects.count() == 0


class TestMoveMoney:
    def test_changes_keepers_and_nobody_else(self) -> None:
        w = world()
        pay_in(w)
        move_money(by=w.ada, source="bank/fern", target="cash/fern", amount=7_000, statement_line="1", at=w.later())
        assert ledger.balance_of("coops/fern/till@cash/fern", "EUR") == 7_000
        assert ledger.balance_of("coops/fern/till@bank/fern", "EUR") == 43_000
        assert ledger.balance_of("coops/fern/free", FERN) == 50_000

    def test_is_refused(self) -> None:
        w = world()
        pay_in(w)
        line = {"statement_line": "2", "at": w.later()}
        with pytest.raises(BelowFloor):
            move_money(by=w.ada, source="cash/fern", target="bank/fern", amount=1, **line)
        with pytest.raises(NoSuchKeeper):
            move_money(by=w.ada, source="bank/fern", target="sock/fern", amount=1, **line)
        with pytest.raises(NotAllowed):
            move_money(by=w.ben, source="bank/fern", target="cash/fern", amount=1, **line)
