"""Credit that sales bring reaches those who made the goods: by the division of the money, and back in any parts."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from cooperatives.rules.agreements import credit_going_on
from cooperatives.rules.steps import Credit, read_agreement, write_agreement
from cooperatives.services.agreements import adopt_agreement
from cooperatives.services.credit import ask_credit_payment, set_limits
from ledger.queries import balances, entries_by_key
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from market.models import CreditDivision, Division, Payment
from market.queries.credit import CreditWaiting, credit_of
from market.rules.credit import given_by, handed_on
from market.services.approvals import approve_wish
from market.services.cycles import close_cycle
from market.services.payments import CASH, receive_payment
from market.services.refunds_by_hand import refund_order
from market.services.settlements import divide_cycle, divide_period
from tests.cooperatives.circle import opened, paid
from tests.market.cycles import cycle, only
from tests.market.goods import on_shelf, ordered, treasurer
from tests.market.test_credit_parts import hours, in_credit
from tests.market.test_mixed import conserved
from tests.market.test_shop_pages import words
from tests.world import RULES, agreed, key, world

pytestmark = pytest.mark.quick
needs_db = pytest.mark.django_db
owners = st.dictionaries(st.sampled_from(["coops/fern", "members/a", "members/b", "members/c"]), st.integers(0, 500))


class TestRules:
    @given(st.integers(0, 10_000), owners, st.integers(0, 1000), st.integers(0, 400))
    def test_what_is_handed_on_is_all_there_was_and_nobody_gets_more_than_he_has_room_for(self, n, weights, of, room):
        inside = {owner: room for owner in weights if owner != "coops/fern"}
        parts = handed_on(n, weights, ours="coops/fern", room=inside, thousandths=of)
        assert sum(parts.values()) == n and all(0 <= part <= room for o, part in parts.items() if o != "coops/fern")
        assert n - parts["coops/fern"] <= n * of // 1000

    def test_it_is_in_proportion_to_the_money(self):
        parts = handed_on(60, {"members/a": 200, "members/b": 100, "coops/fern": 300}, ours="coops/fern",
                          room={"members/a": 99, "members/b": 99}, thousandths=1000)  # fmt: skip
        assert parts == {"members/a": 20, "members/b": 10, "coops/fern": 30}

    @given(owners, st.lists(st.integers(1, 300), max_size=8), st.integers(0, 300))
    def test_back_in_any_parts_nobody_gives_more_than_he_got(self, parts, wanted, room):
        parts = {"coops/fern": 0, **parts}
        left = dict(parts)
        for amount in wanted:
            amount = min(amount, sum(left.values()))
            given_back = given_by(amount, left, ours="coops/fern", room=dict.fromkeys(left, room))
            assert sum(given_back.values()) == amount
            left = {owner: n - given_back.get(owner, 0) for owner, n in left.items()}
            assert all(0 <= n <= parts[owner] for owner, n in left.items() if owner != "coops/fern")
            assert sum(left.values()) >= 0

    def test_an_agreement_may_keep_a_part_with_the_cooperative(self):
        said = [{"step": "reserve", "thousandths": 100}, {"step": "credit", "thousandths": 250}]
        steps = read_agreement(said)
        assert steps[1] == Credit(250) and write_agreement(steps) == said
        assert credit_going_on(steps) == 250 and credit_going_on(steps[:1]) == 1000


@pytest.fixture
def w(db):
    found = world()
    found.eve = treasurer(found)
    agreed(found)
    found.circle = opened(found, found.eve)
    found.shelf = on_shelf(found, credit_share=50)
    return found


def sold(w, quantity=25, pieces=2, by=None):
    order = ordered(w, w.shelf, pieces)
    in_credit(w, order, quantity, by=by or w.ada)
    receive_payment(by=w.tom, order=order, way=CASH, amount=order.total - quantity * 20, at=w.later())
    order.refresh_from_db()
    return order


def divided(w):
    return divide_period(by=w.eve, cooperative=w.fern, upto=w.later().date(), at=w.later())


def shares(row: Division) -> dict[str, int]:
    return {to.partition("/purse")[0]: n for to, n in row.parts["parts"].items() if to.startswith("members/")}


@needs_db
class TestDivideCredit:
    def test_the_hours_go_where_the_money_goes(self, w):
        sold(w)
        assert credit_of(w.fern)[0] == [CreditWaiting(w.shelf.lot_path.rpartition("/")[2], w.circle, 25)]
        (row,) = divided(w)
        made = CreditDivision.objects.get()
        money, hours_of = shares(row), {o: n for o, n in made.parts.items() if o.startswith("members/")}
        assert hours_of and set(hours_of) <= set(money)
        assert all(abs(n - 25 * money[o] / row.amount) < 1 for o, n in hours_of.items())
        assert all(hours(w, o) == n - (25 if o == w.ada.address else 0) for o, n in hours_of.items())
        assert hours(w, w.fern.address) == made.parts[w.fern.address] == 25 - sum(hours_of.values())
        (entry,) = entries_by_key([f"divide/{row.period}/{row.lot_path.rpartition('/')[2]}/HFERN"]).values()
        assert entry.id == made.entry and entry.purpose == "share"
        assert credit_of(w.fern)[0] == [] and sum(b.quantity for b in balances(unit="HFERN")) == 0
        conserved()
        publish_checkpoint()
        assert verify_log().agrees

    def test_it_is_handed_on_once(self, w):
        sold(w)
        divided(w)
        before = {b.address: b.quantity for b in balances(unit="HFERN")}
        assert divided(w) == [] and {b.address: b.quantity for b in balances(unit="HFERN")} == before
        sold(w, 5)
        divide_period(by=w.eve, cooperative=w.fern, upto=w.later(days=40).date(), at=w.later())
        assert [row.quantity for row in CreditDivision.objects.order_by("pk")] == [25, 5]

    def test_a_sale_whose_fee_is_not_known_keeps_its_hours_too(self, w):
        order = sold(w)
        Payment.objects.filter(order=order).update(is_fee_known=False)
        assert divided(w) == [] and not CreditDivision.objects.exists()
        Payment.objects.update(is_fee_known=True)
        divide_period(by=w.eve, cooperative=w.fern, upto=w.later(days=40).date(), at=w.later())
        assert CreditDivision.objects.get().quantity == 25

    def test_the_page_tells_what_waits_in_a_cycle(self, w, client):
        w.at = timezone.now() - timedelta(hours=2)
        row = cycle(w, **only(w.shelf))
        sold(w)
        client.force_login(w.eve.member)
        page = words(client.get(reverse("settlement", args=["fern"])))
        assert f"{row.name} order cycle, divided once it is closed €5.89 + 0:25 h" in page
        close_cycle(by=w.ada, cycle=row, at=timezone.now())
        assert "order cycle, divided by itself" in words(client.get(reverse("settlement", args=["fern"])))
        divide_cycle(by=w.ada, cooperative=w.fern, cycle=row, at=timezone.now())
        assert "Everything is divided" in words(client.get(reverse("settlement", args=["fern"])))

    def test_the_agreement_may_say_that_it_stays(self, w):
        rules = [*RULES, {"step": "credit", "thousandths": 0}]
        adopt_agreement(cooperative=w.fern, rules=rules, at=w.later(), by=None)
        sold(w)
        divided(w)
        assert CreditDivision.objects.get().parts == {w.fern.address: 25} and hours(w, w.fern.address) == 25

    def test_goods_that_brought_no_money_to_divide_are_divided_by_the_same_agreement(self, w):
        w.shelf = on_shelf(w, credit_share=100)
        order = ordered(w, w.shelf)  # 6.00: 0.31 of tax and 0.24 of commission stay in money
        in_credit(w, order, 27)
        receive_payment(by=w.tom, order=order, way=CASH, amount=60, at=w.later())
        w.shelf.product.cooperative.refresh_from_db()
        made = divided(w)
        assert sum(n for o, n in CreditDivision.objects.get().parts.items() if o != w.fern.address) > 0, made

    def test_who_has_no_room_leaves_it_with_the_cooperative(self, w):
        for owner in (w.ben.address, w.ada.address, w.tom.address):
            set_limits(by=w.eve, circle=w.circle, owner=owner, floor=600, ceiling=0, at=w.later())
        sold(w)
        divided(w)
        parts = CreditDivision.objects.get().parts
        assert parts.get(w.ben.address, 0) == 0 and parts[w.fern.address] > 0

    def test_what_the_cooperative_has_spent_meanwhile_waits(self, w):
        sold(w)
        set_limits(by=w.eve, circle=w.circle, owner=w.fern.address, floor=0, ceiling=600, at=w.later())
        wish = ask_credit_payment(by=w.eve, circle=w.circle, to=w.tom.address, quantity=25, at=w.later(), key=key())
        approve_wish(by=w.ada, approval=wish, at=w.later())
        assert len(divided(w)) == 1 and not CreditDivision.objects.exists() and len(credit_of(w.fern)[0]) == 1


@needs_db
class TestGivingItBack:
    def test_in_three_parts_each_gives_his_share_and_all_is_as_before(self, w):
        order = sold(w)
        start = {b.address: b.quantity for b in balances(unit="HFERN")}
        divided(w)
        for n, amount in enumerate((order.total - 500, 150, 220, 130)):  # the money first, then the credit
            said = {"amounts": {1: amount}, "statement_line": "all the cash" if n == 0 else "", "why": ""}
            refund_order(by=w.ada, order=order, at=w.later(), key=f"part-{n}", **said)
        assert {b.address: b.quantity for b in balances(unit="HFERN") if b.quantity} == {}, start
        assert set(CreditDivision.objects.get().left.values()) == {0}
        conserved()
        publish_checkpoint()
        assert verify_log().agrees

    def test_who_has_spent_his_part_gives_what_he_can_and_the_cooperative_the_rest(self, w):
        order = sold(w, 30)
        divided(w)
        got = hours(w, w.ben.address)
        assert got > 0
        paid(w, w.circle, w.ben, w.tom.address, got)
        set_limits(by=w.eve, circle=w.circle, owner=w.ben.address, floor=0, ceiling=600, at=w.later())
        refund_order(
            by=w.ada, order=order, amounts={1: order.total}, statement_line="cash", why="", at=w.later(), key=key()
        )
        assert hours(w, w.ben.address) == 0 and hours(w, w.ada.address) == 0
        assert sum(b.quantity for b in balances(unit="HFERN")) == 0
        conserved()


@needs_db
class TestPages:
    def test_the_treasurer_sees_what_waits_and_who_had_it_and_the_member_where_it_came_from(self, w, client: Client):
        sold(w)
        client.force_login(w.eve.member)
        page = words(client.get(reverse("settlement", args=["fern"])))
        assert "in members’ credit" in page and "0:25" in page
        client.post(reverse("divide_period", args=["fern"]))
        made = CreditDivision.objects.get()
        page = words(client.get(reverse("settlement", args=["fern"])))
        assert "Handed on in members’ credit" in page and "0:25" in page
        client.force_login(w.ben.member)
        lot = made.lot_path.rpartition("/")[2]
        for name in ("credit", "passbook"):
            page = words(client.get(reverse(name, args=["fern"] if name == "credit" else [])))
            assert f"Share of {lot}" in page, name
        client.force_login(w.ada.member)
        assert "Part of an order" in words(client.get(reverse("credit", args=["fern"])))

    def test_others_do_not_see_who_paid_whom(self, w, client: Client):
        sold(w)
        divided(w)
        client.force_login(w.ada.member)
        name = w.ben.address.partition("/")[2]
        page = words(client.get(reverse("member_passbook", args=["fern", name])))
        assert "Share of" not in page
        assert "Share" in page and "Your share" not in page and "for you" not in page
        client.force_login(w.ben.member)
        assert "Your share of a sale" in words(client.get(reverse("passbook")))

    def test_the_settlement_is_closed_to_strangers(self, w, client: Client):
        sold(w)
        client.force_login(world("oak", "Oak Mill", "fr/jura").ada.member)
        assert client.get(reverse("settlement", args=["fern"])).status_code == 404
