"""One order paid in several parts: what is open, what each part paid, and the ways back; conserved to the cent."""

from datetime import date
from itertools import pairwise

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.queries import balance_of, balances
from market.models import Order, Payment, Refund
from market.queries import came_of, open_of
from market.rules.cards import PLATFORM
from market.rules.parts import as_paid, rank, shared_out, taken_in_order, whole
from market.rules.sales import SoldLine
from market.rules.words import bank_reference
from market.services.cards import take_charge
from market.services.checkout import place_order
from market.services.orders import PaymentUnderWay, cancel_order
from market.services.payments import BANK, CASH, AlreadyPaid, AmountDiffers, receive_payment
from market.services.refunds import FeeNotKnown, TooMuch, left_of_lines
from market.services.refunds_by_hand import SayBothLines, SayWhichLine, give_back, refund_order
from market.services.settlements import divide_period
from market.services.stripe_answers import make_calls
from market.services.transfers import send_what_is_divided
from tests.market.cards import books_agree, by_card, come_back, now, page_of, reconciled
from tests.market.goods import CLEO, on_shelf, ordered
from tests.market.test_card_money import divided, onboarded
from tests.market.test_shop_pages import words
from tests.market.test_statements import taken
from tests.sandbox.desk import GOOD
from tests.world import agreed, key, world

pytestmark = pytest.mark.quick
needs_db = pytest.mark.django_db

FERN, OPERATOR, E_FERN = "coops/fern", "operators/market", "EUR@coops/fern"


def bar(number: int, price: int, vat: int, commission: int) -> SoldLine:
    return SoldLine(
        "orders/9q2c", number, FERN, "bars-31", "hubs/kumasi", "bar", 1, price, vat, commission, "tax/fr", "EUR"
    )


def part(w, order, amount: str) -> None:
    assert taken(w, (amount, bank_reference(order.name))) == ["part"]
    order.refresh_from_db()


def refund(w, order, amounts, line="", **more) -> list[Refund]:
    said = {"why": "A wish", "at": more.pop("at", None) or w.later(), "key": more.pop("key", None) or key("refund")}
    return refund_order(by=more.pop("by", w.ada), order=order, amounts=amounts, statement_line=line, **said)


def conserved() -> None:
    """The claims on each holder equal its money, and every cent that left a pocket lies somewhere."""
    held, claims, money = {}, {}, 0
    for row in balances():
        if row.unit == "EUR":
            money += row.quantity
            owner, word = row.address.split("/")[0] + "/" + row.address.split("/")[1], row.address.split("/")[2]
            if owner.startswith(("coops/", "operators/")) and word.partition("@")[0] in {"till", "float"}:
                held[owner] = held.get(owner, 0) + row.quantity
        if "@" in row.unit and row.address.endswith("/owes"):
            claims[row.address.removesuffix("/owes")] = -row.quantity
    assert money == 0 and {k: n for k, n in held.items() if n} == {k: n for k, n in claims.items() if n}


class TestSharedOut:
    @given(
        prices=st.lists(st.tuples(st.integers(1, 5_000), st.integers(0, 200), st.integers(0, 100)), min_size=1,
                        max_size=6),
        cuts=st.lists(st.integers(0, 10_000), max_size=3),
    )  # fmt: skip
    def test_the_parts_sum_to_each_line_and_to_each_payment(self, prices, cuts):
        lines = [
            bar(number=n, price=price, vat=price * vat // 1_000, commission=price * rate // 1_000)
            for n, (price, vat, rate) in enumerate(prices, start=1)
        ]
        total = sum(line.price for line in lines)
        edges = [0, *sorted(min(cut * total // 10_000, total) for cut in cuts), total]
        amounts = {f"bank/b{n}": high - low for n, (low, high) in enumerate(pairwise(edges))}
        out = shared_out(lines, amounts)
        for keeper, amount in amounts.items():
            assert sum(sum(parts.values()) for parts in out[keeper].values()) == amount
            assert all(quantity >= 0 for parts in out[keeper].values() for quantity in parts.values())
        for line in lines:
            together = {word: sum(out[keeper][line.number][word] for keeper in amounts) for word in whole(line)}
            assert together == whole(line)

    def test_a_payment_sees_its_part_of_each_line(self):
        line = bar(number=1, price=600, vat=31, commission=24)
        paid = shared_out([line], {"bank/fern": 200, "cash/fern": 400})["bank/fern"]
        (seen,) = as_paid([line], {"1": paid[1]})
        assert (seen.price, seen.price - seen.vat - seen.commission) == (200, paid[1]["rest"])
        assert as_paid([line], {}) == [line]

    def test_the_card_comes_first_then_the_bank_then_cash(self):
        assert sorted(["cash/fern", "bank/fern", PLATFORM], key=rank) == [PLATFORM, "bank/fern", "cash/fern"]
        assert taken_in_order(500, {"a": 300, "b": 100, "c": 200}) == {"a": 300, "b": 100, "c": 100}


@needs_db
class TestBankAndCash:
    def test_the_rest_is_paid_at_pick_up_and_each_keeper_has_its_part(self):
        w = world()
        listing = on_shelf(w)
        order = ordered(w, listing, 2, way="bank")
        part(w, order, "5.00")
        assert (came_of(order), open_of(order)) == ({"bank/fern": 500}, 700)
        with pytest.raises(AmountDiffers) as no:
            receive_payment(by=w.tom, order=order, way=CASH, amount=1_200, at=w.later())
        assert "7.00" in str(no.value)
        receive_payment(by=w.tom, order=order, way=CASH, amount=700, at=w.later())
        order.refresh_from_db()
        paid = {row.keeper: row.amount for row in order.payments.all()}
        assert paid == {"bank/fern": 500, "cash/fern": 700} and open_of(order) == 0
        for keeper, amount in paid.items():
            lies = balance_of(f"{FERN}/till@{keeper}", "EUR") + balance_of(f"{OPERATOR}/till@{keeper}", "EUR")
            assert lies == amount and balance_of(f"{order.owner}/prepaid@{keeper}", "EUR") == 0
        assert balance_of(listing.earned_path, E_FERN) == 1_089 and balance_of("tax/gh/purse", E_FERN) == 63
        assert order.invoices.get().total == 1_200
        conserved()

    def test_a_part_holds_the_goods_for_a_week_more(self):
        w = world()
        order = ordered(w, on_shelf(w), way="bank")
        w.later(days=6)
        until = order.expires_at
        part(w, order, "1.00")
        assert order.expires_at > until

    def test_the_same_payment_again_is_the_same_and_another_is_refused(self):
        w = world()
        order = ordered(w, on_shelf(w), way="bank")
        part(w, order, "1.00")
        said = {"by": w.tom, "order": order, "way": BANK, "amount": 500, "statement_line": "n-7"}
        first = receive_payment(at=w.later(), **said)
        assert receive_payment(at=w.later(), **said) == first and first.amount == 600
        with pytest.raises(AlreadyPaid):
            receive_payment(by=w.tom, order=order, way=CASH, amount=600, at=w.later())

    def test_a_part_that_went_back_is_open_again(self):
        w = world()
        order = ordered(w, on_shelf(w), way="bank")
        says = bank_reference(order.name)
        assert taken(w, ("5.00", says)) == ["part"]
        assert taken(w, ("5.00", says), ("-2.00", says)) == ["returned"]
        assert open_of(order) == 300

    def test_goes_back_from_the_bank_and_in_cash_by_one_wish(self):
        w = world()
        agreed(w)
        order = ordered(w, on_shelf(w), 2, way="bank")
        part(w, order, "5.00")
        receive_payment(by=w.tom, order=order, way=CASH, amount=700, at=w.later())
        divide_period(by=w.ada, cooperative=w.fern, upto=date(2026, 11, 30), at=w.later())
        said = {"key": "one-wish", "line": {"bank/fern": "out-1", "cash/fern": "box-1"}}
        made = refund(w, order, {1: 1_100}, **said)
        assert [(row.refund, row.amount) for row in made] == [("bank/fern/out-1", 500), ("cash/fern/box-1", 600)]
        assert refund(w, order, {1: 1_100}, **said) == made and Refund.objects.count() == 2
        assert balance_of(f"{order.owner}/pocket", "EUR") == -100
        conserved()

    def test_the_page_asks_for_both_lines_and_says_how_much_each_gives(self, client, django_assert_max_num_queries):
        w = world()
        order = ordered(w, on_shelf(w), 2, way="bank")
        part(w, order, "5.00")
        receive_payment(by=w.tom, order=order, way=CASH, amount=700, at=w.later())
        client.force_login(w.ada.member)
        where = reverse("stall_order", args=["fern", order.name])
        with django_assert_max_num_queries(12):
            page = client.get(where).content.decode()
        assert "Line of the bank statement" in page and "Line of the cash book" in page
        said = {"key": "k" * 16, "line-1": "11.00", "statement_line_bank": "out-1"}
        to = reverse("ask_refund", args=["fern", order.name])
        answer = client.post(to, said)
        assert answer.status_code == 422 and "6.00" in words(answer) and not Refund.objects.exists()
        assert client.post(to, said | {"statement_line_cash": "box-1"}).status_code == 302
        assert Refund.objects.count() == 2

    def test_goes_back_from_the_bank_first_and_then_in_cash(self):
        w = world()
        agreed(w)
        order = ordered(w, on_shelf(w), 2, way="bank")
        part(w, order, "5.00")
        receive_payment(by=w.tom, order=order, way=CASH, amount=700, at=w.later())
        divide_period(by=w.ada, cooperative=w.fern, upto=date(2026, 11, 30), at=w.later())
        for lines in ("out-1", {"bank/fern": "out-1"}, {"bank/fern": "out-1", "cash/fern": " "}):
            with pytest.raises(SayBothLines):  # two keepers give, and each writes a line
                refund(w, order, {1: 501}, lines)
        assert not Refund.objects.exists()
        refund(w, order, {1: 500}, "out-1")
        assert [row.payment.keeper for row in Refund.objects.all()] == ["bank/fern"]
        refund(w, order, {1: 700}, "out-2")
        assert balance_of(f"{order.owner}/pocket", "EUR") == 0
        with pytest.raises(TooMuch):
            refund(w, order, {1: 1}, "out-3")
        conserved()

    @settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
    @given(
        parts=st.lists(st.integers(1, 1_700), max_size=3, unique=True),  # twins in two statements would be one line
        backs=st.lists(st.tuples(st.integers(1, 2), st.integers(1, 900)), max_size=6),
        is_divided=st.booleans(),
    )
    def test_in_any_sequence_of_parts_and_refunds_nothing_is_lost(self, db, parts, backs, is_divided):
        if not Order.objects.exists():
            TestBankAndCash.w = w = world()
            agreed(w)
            TestBankAndCash.shelf = on_shelf(w), on_shelf(w, price=317, number=400, vat_rate=200)
        w, shelf = TestBankAndCash.w, TestBankAndCash.shelf
        order = order_of(w, shelf)
        for amount in parts:
            if amount < open_of(order):
                part(w, order, f"{amount // 100}.{amount % 100:02}")
        assert open_of(order) == order.total - sum(came_of(order).values())
        receive_payment(by=w.tom, order=order, way=CASH, amount=open_of(order), at=w.later())
        if is_divided:
            divide_period(
                by=w.ada,
                cooperative=w.fern,
                upto=date(2026, 11, 30),
                at=w.later(),
            )
        given_back = 0
        for number, amount in backs:
            try:
                lines = {f"{way}/fern": key("b").replace("/", "-") for way in (CASH, BANK)}  # each says so
                refund(w, order, {number: amount}, lines)
                given_back += amount
            except TooMuch:
                pass
            conserved()
        assert -balance_of(f"{order.owner}/pocket", "EUR") == order.total - given_back
        left = sum(sum(p.values()) for row in order.payments.all() for p in left_of_lines(row).values())
        assert left == order.total - given_back


def order_of(w, shelf) -> Order:
    return place_order(
        cart={str(listing.pk): n for n, listing in enumerate(shelf, start=1)}, buyer=CLEO, way="bank", at=w.later(),
        key=key("checkout-of-a-mixed-test"),
    )  # fmt: skip


@needs_db
class TestBankAndCard:
    def test_the_card_pays_what_is_open_and_the_fee_falls_on_its_part(self, stripe):
        w = world()
        agreed(w)
        listing = on_shelf(w)
        order = by_card(listing, 2)
        assert taken(w, ("5.00", bank_reference(order.name))) == ["part"]
        page = page_of(order)
        assert page.amount == 700
        assert stripe.pay(page.url, GOOD)[0] == 303
        order = come_back(order)
        assert order.state == "paid"
        paid = {row.keeper: row.amount for row in order.payments.all()}
        assert paid == {"bank/fern": 500, PLATFORM: 700}
        assert 0 < order.lines.get().fee < 100
        conserved()
        reconciled(stripe)

    def test_nothing_goes_back_by_hand_while_the_fee_of_its_card_is_not_known(self, stripe):
        w = world()
        agreed(w)
        order = by_card(on_shelf(w), 2)
        taken(w, ("5.00", bank_reference(order.name)))
        assert stripe.pay(page_of(order).url, GOOD)[0] == 303
        (charge,) = stripe.objects("charge")
        take_charge(charge=charge, at=now())
        divided(w)
        assert balance_of(f"{FERN}/disputed/{order.name}", E_FERN) == order.lines.get().rest
        bank = order.payments.get(keeper="bank/fern")
        back = {"amounts": {1: 100}, "statement_line": "out-1", "why": "", "key": "early", "payment": bank}
        with pytest.raises(FeeNotKnown):
            give_back(by=w.ada, order=order, at=now(), **back)
        come_back(order)
        give_back(by=w.ada, order=order, at=now(), **back)
        conserved()
        reconciled(stripe)

    def test_it_goes_back_to_the_card_first_and_what_was_sent_comes_back(self, stripe):
        w = world()
        agreed(w)
        onboarded(stripe, w)
        order = by_card(on_shelf(w), 2)
        taken(w, ("5.00", bank_reference(order.name)))
        stripe.pay(page_of(order).url, GOOD)
        order = come_back(order)
        divided(w)
        assert send_what_is_divided(at=now()) == 1
        make_calls(at=now())
        row = order.transfers.get()
        card = order.payments.get(keeper=PLATFORM)
        own = sum(p["rest"] + p["tax"] for p in card.lines.values()) - order.lines.get().fee
        assert row.amount == own
        reconciled(stripe)
        (first,) = refund(w, order, {1: 300}, at=now())
        make_calls(at=now())
        make_calls(at=now())
        with pytest.raises(SayWhichLine):
            refund(w, order, {1: 500}, at=now())
        second = refund(w, order, {1: 500}, "out-9", at=now(), key="twice")
        assert [(one.payment.keeper, one.amount) for one in second] == [(PLATFORM, 400), ("bank/fern", 100)]
        assert refund(w, order, {1: 500}, "out-9", at=now(), key="twice") == second
        for _ in range(3):
            make_calls(at=now())
        first.refresh_from_db()
        assert first.state == "given"
        refund(w, order, {1: 400}, "out-10", at=now())
        with pytest.raises(TooMuch):
            refund(w, order, {1: 1}, "out-11", at=now())
        assert balance_of(f"{order.owner}/pocket", "EUR") == 0
        conserved()
        reconciled(stripe)

    def test_a_page_that_would_take_too_much_is_closed_first(self, stripe):
        w = world()
        order = by_card(on_shelf(w), 2)
        page_of(order)
        taken(w, ("5.00", bank_reference(order.name)))
        with pytest.raises(PaymentUnderWay):
            page_of(order)

    def test_what_the_old_page_took_all_the_same_goes_back_whole(self, stripe):
        w = world()
        order = by_card(on_shelf(w), 2)
        page = page_of(order)
        taken(w, ("5.00", bank_reference(order.name)))
        assert stripe.pay(page.url, GOOD)[0] == 303
        order = come_back(order)
        make_calls(at=now())
        assert order.state == "placed" and open_of(order) == 700 and not Payment.objects.exists()
        books_agree(stripe)
        receive_payment(by=w.tom, order=order, way=CASH, amount=700, at=now())
        conserved()
        reconciled(stripe)


@needs_db
class TestPages:
    def test_buyer_and_clerk_see_what_came_by_what_and_what_is_open(self, client):
        w = world()
        order = ordered(w, on_shelf(w), 2, way="bank")
        part(w, order, "5.00")
        page = words(client.get(reverse("order", args=[order.token])))
        assert "€5.00 by bank transfer" in page and "Still open" in page and "€7.00" in page
        client.force_login(w.people["tom"])
        desk = reverse("stall_order", args=["fern", order.name])
        page = words(client.get(desk))
        assert "€5.00 came: the bank" in page and "Take €7.00 in cash" in page
        paying = reverse("receive_payment", args=["fern", order.name])
        assert client.post(paying, {"way": "cash", "amount": "12.00"}).status_code == 409
        assert client.post(paying, {"way": "cash", "amount": "7.00"}).status_code == 302
        page = words(client.get(reverse("order", args=[order.token])))
        assert "in cash" in page and "by bank transfer" in page and "Still open" not in page
        client.force_login(w.dov)
        assert client.get(desk).status_code == 404

    def test_a_cancelled_order_keeps_what_came_for_its_buyer(self):
        w = world()
        order = ordered(w, on_shelf(w), 2, way="bank")
        part(w, order, "5.00")
        cancel_order(order=order, at=w.later())
        assert taken(w, ("-5.00", bank_reference(order.name))) in (["returned"], ["unmatched"])

    def test_the_api_tells_the_parts(self, client):
        w = world()
        order = ordered(w, on_shelf(w), 2, way="bank")
        part(w, order, "5.00")
        path = f"/api/1/stalls/fern/orders/{order.name}/payments/"
        assert client.get(path).status_code == 401
        client.force_login(w.people["tom"])
        said = client.get(path).json()
        assert said == {
            "currency": "EUR", "total": "1200", "open": "700", "is_sold": False,
            "payments": [{"keeper": "bank/fern", "amount": "500"}], "credit": None,
        }  # fmt: skip
        receive_payment(by=w.tom, order=order, way=CASH, amount=700, at=w.later())
        said = client.get(path).json()
        assert said["is_sold"] and said["open"] == "0" and len(said["payments"]) == 2
        client.force_login(w.dov)
        assert client.get(path).status_code == 404
