"""Fern's beans in Oak's bars: the share is paid on and divided again, and a refund runs back up through both books."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from cooperatives.services.agreements import adopt_agreement
from cooperatives.services.lots import move_lot
from cooperatives.services.making import Output, declare_piece, finish_process, put_in, start_process
from cooperatives.services.money import pay_in_capital
from ledger.queries import balance_of
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from market.models import Listing, Payout
from market.queries import claims_between, purses_to_pay, where_money_went
from market.services.payouts import pay_purse
from market.services.refunds import ask_refund
from market.services.settlements import divide_period
from market.services.stripe_answers import make_calls
from tests.market.cards import now, paid_by_card, reconciled
from tests.market.goods import on_shelf, treasurer
from tests.market.test_card_money import refunded
from tests.market.test_shop_pages import words
from tests.world import NOON, World, agreed, beans, key, work, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

E_FERN, E_OAK = "EUR@coops/fern", "EUR@coops/oak"
OAKS_RULES = [
    {"step": "floors", "is_owed": False, "rates": [{"of": "lots", "unit": "g", "per": 1000, "pays": 900}]},
    {"step": "reserve", "thousandths": 100},
    {"step": "residual", "rates": [{"of": "work", "unit": "min", "per": 60, "pays": 550}]},
]  # fmt: skip


@dataclass
class Two:
    """Fern, whose beans lie at Oak's hub; Oak, which made bars of them, on the shelf."""

    fern: World
    oak: World
    listing: Listing
    treasurers: dict[str, object]

    @property
    def shares(self) -> str:
        return "coops/fern/earned/beans-1"

    def divided(self, w: World) -> None:
        at = now() + timedelta(seconds=1)
        divide_period(by=w.ada, cooperative=w.fern, upto=date(2026, 1, 1) + timedelta(days=next(_days)), at=at)

    def paid_on(self, amount: int | None = None) -> int:
        """Oak pays Fern's share on, from its cash box."""
        amount = amount or balance_of(self.shares, E_OAK)
        line = key("line").replace("/", "-")
        pay_purse(
            by=self.treasurers["oak"], approved_by=self.oak.ada, owner="coops/fern", lot="beans-1", amount=amount,
            currency="EUR", keeper="cash/oak", statement_line=line, evidence="signed", at=now(),
        )  # fmt: skip
        return amount


_days = iter(range(1, 5_000))


def two() -> Two:
    fern, oak = world(), world("oak", "Oak", place="fr/jura")
    agreed(fern)
    adopt_agreement(cooperative=oak.fern, rules=OAKS_RULES, at=oak.later(), by=oak.ada)
    lot = beans(fern, 40_000, code="beans-1")
    lot = move_lot(by=fern.ada, lot=lot, hub=oak.hub, at=fern.later(), key=key("move"))
    declare_piece(by=oak.ada, code="bar", grams=100, at=NOON)
    oak.at = fern.at
    process = start_process(by=oak.ben, cooperative=oak.fern, name="Roast", at=oak.later())
    put_in(by=oak.ben, process=process, lot=lot, quantity=40_000, at=oak.later(), key=key())
    work(oak, process)
    (made,) = finish_process(
        by=oak.ben, process=process, outputs=[Output(None, "Dark 72", "bar", 350, oak.hub, 10_000)],
        rest_to="nature/soil", at=oak.later(), key=key("finish"),
    )  # fmt: skip
    return Two(fern, oak, on_shelf(oak, made), {"oak": treasurer(oak, "Olga"), "fern": treasurer(fern)})


def cash_at_oak(t: Two, amount: int) -> None:
    """Oak has money in its box to pay on with, beside what lies at Stripe: a member's capital."""
    pay_in_capital(
        by=t.oak.ada, giver=t.oak.ben, amount=amount, keeper="cash/oak", statement_line=key("c").replace("/", "-"),
        at=t.oak.later(),
    )  # fmt: skip


class TestPayOn:
    def test_a_share_of_anothers_lot_is_paid_on_and_divided_by_its_own_agreement(self, stripe):
        t = two()
        order = paid_by_card(stripe, t.listing, 35)
        t.divided(t.oak)
        share = balance_of(t.shares, E_OAK)
        assert share == 3600  # a tenth of 40 kg at 9.00 a kilo: the floor of Oak's agreement
        assert [(c.owner, c.lot, c.quantity) for c in purses_to_pay(t.oak.fern) if c.lot] == [
            ("coops/fern", "beans-1", share)
        ]
        assert claims_between(t.fern.fern)[0][0].quantity == share
        assert where_money_went(order=order).waiting == share
        cash_at_oak(t, 10_000)
        t.paid_on()
        assert balance_of(t.shares, E_OAK) == 0
        assert balance_of(t.shares, E_FERN) == share
        assert where_money_went(order=order).waiting == share  # Fern has not divided it yet
        t.divided(t.fern)
        found = where_money_went(order=order)
        assert not found.waiting
        assert sum(found.by_owner().values()) == order.total
        # 4 kg of beans went into what was sold, at 2.00 a kilo by Fern's agreement, and the rest by its rates.
        assert balance_of(f"{t.fern.ben.address}/purse", E_FERN) > 800
        assert found.by_owner()[t.fern.ben.address] == balance_of(f"{t.fern.ben.address}/purse", E_FERN)

    def test_paid_in_parts_the_goods_behind_it_count_once(self, stripe):
        t = two()
        paid_by_card(stripe, t.listing, 35)
        t.divided(t.oak)
        cash_at_oak(t, 10_000)
        for amount in (1000, 2600):
            t.paid_on(amount)
            t.divided(t.fern)
        assert balance_of(t.shares, E_FERN) == 0
        assert balance_of(f"{t.fern.ben.address}/debt", E_FERN) == 0  # 8.00 of floors in all, never 16.00


class TestClimbs:
    def test_what_is_not_paid_on_yet_comes_back_from_the_share(self, stripe):
        t = two()
        order = paid_by_card(stripe, t.listing, 35)
        t.divided(t.oak)
        refunded(t.oak, order, order.total)
        assert balance_of(t.shares, E_OAK) == 0
        assert balance_of("coops/oak/purse", E_FERN) == 0
        reconciled(stripe)

    def test_what_was_paid_on_comes_back_through_the_others_division(self, stripe):
        t = two()
        order = paid_by_card(stripe, t.listing, 35)
        t.divided(t.oak)
        cash_at_oak(t, 10_000)
        share = t.paid_on()
        t.divided(t.fern)
        ben = balance_of(f"{t.fern.ben.address}/purse", E_FERN)
        refunded(t.oak, order, order.total // 2)
        halved = balance_of(f"{t.fern.ben.address}/purse", E_FERN)
        assert abs(halved * 2 - ben) <= 2
        assert balance_of("coops/oak/purse", E_FERN) == -balance_of("coops/oak/losses", E_OAK) == share // 2
        refunded(t.oak, order, order.total - order.total // 2)
        assert balance_of(f"{t.fern.ben.address}/purse", E_FERN) == 0
        assert balance_of("commons/shade/purse", E_FERN) == 0
        assert balance_of("coops/oak/purse", E_FERN) == share  # Fern owes Oak all that Oak paid on
        assert claims_between(t.oak.fern)[1][0].quantity == share
        reconciled(stripe)
        publish_checkpoint()
        assert verify_log().agrees

    def test_what_is_owed_since_is_settled_with_the_next_share_and_the_rest_in_money(self, stripe):
        t = two()
        first = paid_by_card(stripe, t.listing, 35)
        cash_at_oak(t, 10_000)
        t.divided(t.oak)
        share = t.paid_on()
        t.divided(t.fern)
        refunded(t.oak, first, first.total)
        carried = balance_of("coops/oak/losses", E_OAK)
        assert carried == -share - first.lines.get().fee  # and what Stripe kept
        paid_by_card(stripe, t.listing, 14)
        t.divided(t.oak)
        settled = share * 14 // 35
        assert balance_of(t.shares, E_OAK) == 0
        assert balance_of(t.shares, E_FERN) == settled  # to be divided by Fern, though no money came
        assert balance_of("coops/oak/purse", E_FERN) == share - settled
        assert balance_of("coops/oak/losses", E_OAK) == carried + settled
        pay_purse(
            by=t.treasurers["fern"], approved_by=t.fern.ada, owner="coops/oak", amount=share - settled, currency="EUR",
            keeper="cash/fern", statement_line="back-1", evidence="signed", at=now(),
        )  # fmt: skip
        assert balance_of("coops/oak/purse", E_FERN) == 0
        assert balance_of("coops/oak/losses", E_OAK) == carried + share
        reconciled(stripe)

    def test_two_lines_of_one_lot_take_no_unit_twice(self, stripe):
        """Both lines go back in one refund, out of one division: the second takes of what the first left."""
        t = two()
        other = on_shelf(t.oak, t.oak.fern.lots.get(goods="Dark 72"), price=711)
        order = paid_by_card(stripe, t.listing, 3, cart={str(t.listing.pk): 3, str(other.pk): 4})
        t.divided(t.oak)
        prices = {line.number: line.price for line in order.lines.all()}
        ask_refund(by=t.oak.ada, order=order, amounts=prices, why="", at=now(), key=key("refund"))
        make_calls(at=now())
        make_calls(at=now())
        assert balance_of(t.shares, E_OAK) == 0
        assert balance_of(f"{t.oak.ben.address}/purse", E_OAK) == 0
        reconciled(stripe)


class TestPages:
    def test_the_treasurer_pays_a_share_on_and_the_other_cooperative_sees_it_coming(self, stripe, client):
        t = two()
        paid_by_card(stripe, t.listing, 35)
        t.divided(t.oak)
        cash_at_oak(t, 10_000)
        client.force_login(t.fern.people["ada"])
        assert "Oak sold goods that hold your lot beans-1" in words(client.get(reverse("settlement", args=["fern"])))
        client.force_login(t.treasurers["oak"].member)
        assert "Fern Cooperative share of its lot beans-1" in words(client.get(reverse("purses", args=["oak"])))
        said = {"owner": "coops/fern", "lot": "beans-1", "key": "k" * 20, "amount": "36.00", "keeper": "cash/oak"}
        assert client.post(reverse("prepare_payout", args=["oak"]), said).status_code == 302
        payout = Payout.objects.get()
        client.force_login(t.oak.people["ada"])
        evidence = {f"payout-{payout.pk}-statement_line": "17", f"payout-{payout.pk}-evidence": "signed"}
        client.post(reverse("confirm_payout", args=["oak", payout.pk]), evidence)
        assert balance_of(t.shares, E_FERN) == 3600
        assert "beans-1" in words(client.get(reverse("payout", args=["oak", payout.pk])))
        client.force_login(t.fern.people["ada"])
        assert "beans-1" in words(client.get(reverse("settlement", args=["fern"])))

    def test_a_maker_is_offered_what_others_brought_and_nobody_else_s(self, client):
        fern, oak = world(), world("oak", "Oak", place="fr/jura")
        here, there = beans(fern, 40_000, code="beans-1"), beans(fern, 10_000, code="beans-2")
        move_lot(by=fern.ada, lot=here, hub=oak.hub, at=fern.later(), key=key("move"))
        process = start_process(by=oak.ben, cooperative=oak.fern, name="Roast", at=oak.later())
        client.force_login(oak.people["ben"])
        page = words(client.get(reverse("process", args=["oak", process.code])))
        assert "beans-1: 40 kg (Fern Cooperative)" in page
        assert "beans-2" not in page
        door = reverse("put_in", args=["oak", process.code])
        for path, told in ((here.path, 302), (there.path, 400)):
            said = {"lot": path, "quantity": "5", "key": f"page/{uuid4()}"}
            assert client.post(door, said).status_code == told
        assert balance_of(process.address, "g") == 5_000
