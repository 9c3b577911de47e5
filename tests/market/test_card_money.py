"""After a card payment: onboarding, transfers, refunds in any parts, disputes; with Stripe's books as witness."""

import random
from datetime import timedelta

import pytest
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from cooperatives.queries import others_who_agree
from cooperatives.rules.shares import apportion
from ledger.queries import balance_of, balances, entries_by_prefix
from ledger.rules.refusal import NotAllowed
from market.models import BankPayout, Refund, Reversal, StripeAccount, Transfer
from market.queries import given_back as back_to_buyer
from market.rules.cards import sendable
from market.rules.refunds import left_of, take_from
from market.services.accounts import ask_visit, open_account
from market.services.approvals import approve_wish
from market.services.bank_payouts import TooLittleAtStripe, ask_bank_payout, receive_bank_payout
from market.services.orders import NotYourOrder
from market.services.payouts import pay_purse
from market.services.receivables import owed_by
from market.services.refunds import InDispute, TooMuch, ask_refund
from market.services.settlements import divide_period
from market.services.stripe_answers import make_calls
from market.services.stripe_events import read_events
from market.services.stripe_facts import take_fact
from market.services.transfers import send_what_is_divided
from tests.market.cards import books_agree, now, paid_by_card, reconciled
from tests.market.goods import on_shelf, treasurer
from tests.market.test_shop_pages import words
from tests.sandbox.desk import DISPUTED
from tests.world import agreed, key, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

FERN, OPERATOR, E_FERN, PLATFORM = "coops/fern", "operators/market", "EUR@coops/fern", "stripe/market"


def onboarded(stripe, w) -> StripeAccount:
    """Fern's account at Stripe, with everything that Stripe wants."""
    visit(w)
    row = open_account(by=w.ada, at=now())
    make_calls(at=now())
    row.refresh_from_db()
    stripe.press(f"/desk/ready/{row.account}")
    take_fact(kind="account", identity=row.account or "", account=row.account or "", at=now())
    row.refresh_from_db()
    return row


def visit(w) -> None:
    """Ada may go to Stripe's page, and whoever else could say so agrees."""
    asked = ask_visit(by=w.ada, at=now())
    for second in others_who_agree(w.ada):
        approve_wish(by=second, approval=asked, at=now())


def to_the_bank(w, treasurer, amount: int) -> BankPayout:
    """A treasurer wishes it, Ada agrees."""
    asked = ask_bank_payout(by=treasurer, amount=amount, at=now(), key="p")
    assert asked.state == "waiting" and not BankPayout.objects.exists()
    approve_wish(by=w.ada, approval=asked, at=now())
    return BankPayout.objects.get()


def divided(w) -> None:
    later = now() + timedelta(seconds=1)
    divide_period(by=w.ada, cooperative=w.fern, upto=later.date() + timedelta(days=random.randint(1, 9_999)), at=later)


def sent(stripe, w) -> None:
    """What is divided is sent to Fern's account."""
    divided(w)
    send_what_is_divided(at=now())
    make_calls(at=now())


def refunded(w, order, amount: int, line: int = 1) -> Refund:
    asked = ask_refund(by=w.ada, order=order, amounts={line: amount}, why="A wish", at=now(), key=key("refund"))
    make_calls(at=now())  # the refund
    make_calls(at=now())  # and what it asks back
    asked.refresh_from_db()
    return asked


class TestOnboarding:
    def test_an_account_is_opened_once_and_known_as_stripe_tells_it(self, stripe):
        w = world()
        row = onboarded(stripe, w)
        assert open_account(by=w.ada, at=now()).pk == row.pk and len(stripe.objects("account")) == 1
        assert row.is_ready and row.can_pay_out and row.needs == []
        stripe.press(f"/desk/restricted/{row.account}")
        take_fact(kind="account", identity=row.account or "", account=row.account or "", at=now())
        row.refresh_from_db()
        assert not row.is_ready and row.needs == ["individual.verification.document"]

    def test_a_member_may_not(self, stripe):
        w = world()
        with pytest.raises(NotAllowed):
            open_account(by=w.ben, at=now())


class TestTransfers:
    def test_what_is_divided_goes_to_the_seller_once(self, stripe):
        w = world()
        agreed(w)
        order = paid_by_card(stripe, on_shelf(w))
        assert send_what_is_divided(at=now()) == 0  # no account yet
        account = onboarded(stripe, w)
        assert send_what_is_divided(at=now()) == 0  # not divided yet
        sent(stripe, w)
        assert send_what_is_divided(at=now()) == 0
        assert stripe.balances() == {("", "eur"): 24, (account.account, "eur"): 542}
        assert balance_of(f"{FERN}/till@stripe/fern", "EUR") == 542 and order.state == "paid"
        reconciled(stripe)

    def test_a_restricted_account_waits_and_is_sent_its_part_later(self, stripe):
        w = world()
        agreed(w)
        paid_by_card(stripe, on_shelf(w))
        account = onboarded(stripe, w)
        stripe.press(f"/desk/restricted/{account.account}")  # and no webhook told us
        sent(stripe, w)
        assert not Transfer.objects.exists() and not StripeAccount.objects.get().is_ready
        stripe.press(f"/desk/ready/{account.account}")
        take_fact(kind="account", identity=account.account or "", account=account.account or "", at=now())
        send_what_is_divided(at=now())
        make_calls(at=now())
        assert balance_of(f"{FERN}/till@stripe/fern", "EUR") == 542
        reconciled(stripe)

    def test_to_the_bank_and_into_a_members_hand(self, stripe):
        w = world()
        agreed(w)
        eve = treasurer(w)
        paid_by_card(stripe, on_shelf(w))
        onboarded(stripe, w)
        sent(stripe, w)
        with pytest.raises(TooLittleAtStripe):
            ask_bank_payout(by=eve, amount=543, at=now(), key="p")
        payout = to_the_bank(w, eve, 542)
        make_calls(at=now())
        payout.refresh_from_db()
        assert payout.state == "on_its_way" and balance_of(f"{FERN}/till@way/fern", "EUR") == 542
        receive_bank_payout(by=eve, payout=payout, statement_line="77", at=now())
        owed = balance_of(f"{w.ben.address}/purse", E_FERN)
        pay_purse(
            by=eve, approved_by=w.ada, owner=w.ben.address, amount=owed, currency="EUR", keeper="bank/fern",
            statement_line="78", evidence="The statement", at=now(),
        )  # fmt: skip
        assert balance_of(f"{w.ben.address}/pocket", "EUR") == owed > 0
        reconciled(stripe)

    def test_a_payout_that_the_bank_sends_back(self, stripe):
        w = world()
        agreed(w)
        eve = treasurer(w)
        paid_by_card(stripe, on_shelf(w))
        account = onboarded(stripe, w)
        sent(stripe, w)
        payout = to_the_bank(w, eve, 500)
        make_calls(at=now())
        payout.refresh_from_db()
        stripe.press(f"/desk/fail/{payout.payout}")
        for _ in "ab":
            take_fact(kind="payout", identity=payout.payout or "", account=account.account or "", at=now())
        assert BankPayout.objects.get().state == "failed"
        assert balance_of(f"{FERN}/till@stripe/fern", "EUR") == 542
        reconciled(stripe)


def claims() -> dict[tuple[str, str], int]:
    return {(row.address, row.unit): row.quantity for row in balances() if "@" in row.unit or "/till" in row.address}


class TestRefunds:
    def test_before_a_division_it_comes_out_of_what_was_earned(self, stripe):
        w = world()
        listing = on_shelf(w)
        order = paid_by_card(stripe, listing)
        refunded(w, order, 300)
        assert balance_of(f"{order.owner}/pocket", "EUR") == -300
        assert owed_by(FERN, "EUR") == 0  # made good at once, from what lay at the platform
        reconciled(stripe)

    def test_after_everyone_was_sent_his_part_it_runs_back_through_the_shares(self, stripe):
        w = world()
        agreed(w)
        order = paid_by_card(stripe, on_shelf(w), 10)
        account = onboarded(stripe, w)
        sent(stripe, w)
        ben = balance_of(f"{w.ben.address}/purse", E_FERN)
        refunded(w, order, 3000)
        assert balance_of(f"{w.ben.address}/purse", E_FERN) < ben
        row = Reversal.objects.get()
        assert row.reversal and stripe.balances()[account.account, "eur"] == 6000 - 240 - 115 - row.amount
        assert owed_by(FERN, "EUR") == 0 and balance_of(f"{OPERATOR}/float@{PLATFORM}", "EUR") == 0
        reconciled(stripe)

    @pytest.mark.parametrize("seed", range(3))
    def test_in_any_sequence_of_parts_everyone_ends_where_he_began(self, stripe, seed):
        w = world()
        agreed(w)
        chance = random.Random(seed)
        listing = on_shelf(w)
        before = claims()
        orders = [paid_by_card(stripe, listing, chance.randint(1, 9)) for _ in range(3)]
        onboarded(stripe, w)
        refunded(w, orders[0], chance.randint(1, 300))
        sent(stripe, w)
        fees = sum(order.lines.get().fee for order in orders)
        while orders:
            order = chance.choice(orders)
            left = order.total - sum(r.amount for r in order.refunds.all())
            if not left:
                orders.remove(order)
                continue
            refunded(w, order, chance.randint(1, left))
            books_agree(stripe)
        after = claims()
        purses = {a for a in {*before, *after} if "/purse" in a[0] or a[0].endswith("/free")}
        assert {a: after.get(a, 0) for a in purses if not a[0].startswith(OPERATOR)} == {
            a: before.get(a, 0) for a in purses if not a[0].startswith(OPERATOR)
        }
        own = sum(q for (a, u), q in after.items() if u == E_FERN and a in {f"{FERN}/reserve", f"{FERN}/losses"})
        assert own == -fees  # the seller is short of exactly what Stripe kept
        reconciled(stripe)

    def test_refuses_more_than_is_left_and_what_others_sold(self, stripe):
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        order = paid_by_card(stripe, on_shelf(w))
        with pytest.raises(TooMuch):
            ask_refund(by=w.ada, order=order, amounts={1: 601}, why="", at=now(), key="a")
        with pytest.raises(NotYourOrder):
            ask_refund(by=oak.ada, order=order, amounts={1: 1}, why="", at=now(), key="b")
        with pytest.raises(NotAllowed):
            ask_refund(by=w.tom, order=order, amounts={1: 1}, why="", at=now(), key="c")

    def test_the_same_key_gives_back_once(self, stripe):
        w = world()
        order = paid_by_card(stripe, on_shelf(w))
        for _ in range(3):
            ask_refund(by=w.ada, order=order, amounts={1: 100}, why="", at=now(), key="again")
            make_calls(at=now())
        assert [r["amount"] for r in stripe.objects("refund")] == [100]
        reconciled(stripe)

    @pytest.mark.parametrize("fault", ["500 after effect", "hang up after effect", "429"])
    def test_whatever_stripe_answers_it_is_given_back_once(self, stripe, fault):
        w = world()
        order = paid_by_card(stripe, on_shelf(w))
        stripe.fault(fault, "/v1/refunds")
        ask_refund(by=w.ada, order=order, amounts={1: 100}, why="", at=now(), key="once")
        for minutes in range(4):
            make_calls(at=now() + timedelta(minutes=minutes))
        assert [r["amount"] for r in stripe.objects("refund")] == [100]
        reconciled(stripe)

    def test_with_an_empty_account_the_buyer_is_refunded_and_the_next_sale_makes_it_good(self, stripe):
        w = world()
        agreed(w)
        eve = treasurer(w)
        listing = on_shelf(w)
        order = paid_by_card(stripe, listing, 5)
        onboarded(stripe, w)
        sent(stripe, w)
        held = balance_of(f"{FERN}/till@stripe/fern", "EUR")
        to_the_bank(w, eve, held)
        make_calls(at=now())
        refunded(w, order, 1000)
        assert Reversal.objects.get().is_refused and stripe.balances()["", "eur"] < 0
        owed = owed_by(FERN, "EUR")
        assert owed == 1000 - 40  # all but the commission
        paid_by_card(stripe, listing, 5)
        assert owed_by(FERN, "EUR") == 0
        reconciled(stripe)

    def test_a_refund_that_the_bank_cannot_take(self, stripe):
        w = world()
        order = paid_by_card(stripe, on_shelf(w))
        given_back = refunded(w, order, 600)
        assert [(row.keeper, row.quantity) for row in back_to_buyer(order)] == [(PLATFORM, 600)]
        stripe.press(f"/desk/fail-refund/{given_back.refund}")
        take_fact(kind="refund", identity=given_back.refund or "", at=now())
        assert back_to_buyer(order) == [], "what the bank could not take did not go back"
        assert balance_of(f"{order.owner}/prepaid@{PLATFORM}", "EUR") == 600
        assert Refund.objects.get().state == "failed"
        reconciled(stripe)

    def test_its_buyer_reads_first_that_it_is_on_its_way(self, stripe, client):
        w = world()
        order = paid_by_card(stripe, on_shelf(w))
        ask_refund(by=w.ada, order=order, amounts={1: 250}, why="", at=now(), key="back")
        page = reverse("order", args=[order.token])
        assert "Given back €2.50, on its way, to the card" in words(client.get(page))
        make_calls(at=now())
        told = words(client.get(page))
        assert "on its way" not in told and "to the card" in told
        reconciled(stripe)


class TestDisputes:
    def test_one_that_is_won_costs_its_fee(self, stripe):
        w = world()
        listing = on_shelf(w)
        order = paid_by_card(stripe, listing, card=DISPUTED)
        (dispute,) = stripe.objects("dispute")
        take_fact(kind="dispute", identity=dispute["id"], at=now())
        assert balance_of(f"{FERN}/disputed/{order.name}", E_FERN) == 511
        assert balance_of(f"{OPERATOR}/float@{PLATFORM}", "EUR") == -2600
        with pytest.raises(InDispute):
            ask_refund(by=w.ada, order=order, amounts={1: 1}, why="", at=now(), key="a")
        reconciled(stripe)
        stripe.press(f"/desk/win/{dispute['id']}")
        take_fact(kind="dispute", identity=dispute["id"], at=now())
        assert balance_of(listing.earned_path, E_FERN) == 511
        assert owed_by(FERN, "EUR") == 2000 - 542 and balance_of(f"{FERN}/losses", E_FERN) == -2000
        reconciled(stripe)

    @pytest.mark.parametrize("is_divided", [False, True])
    def test_one_that_is_lost_undoes_the_sale(self, stripe, is_divided):
        w = world()
        agreed(w)
        listing = on_shelf(w)
        order = paid_by_card(stripe, listing, card=DISPUTED)
        onboarded(stripe, w)
        if is_divided:
            sent(stripe, w)
        (dispute,) = stripe.objects("dispute")
        take_fact(kind="dispute", identity=dispute["id"], at=now())
        stripe.press(f"/desk/lose/{dispute['id']}")
        for _ in "ab":
            take_fact(kind="dispute", identity=dispute["id"], at=now())
        make_calls(at=now())
        assert balance_of(listing.earned_path, E_FERN) == 0
        assert balance_of(f"{OPERATOR}/free", f"EUR@{OPERATOR}") == 0
        assert balance_of(f"{w.ben.address}/purse", E_FERN) == 0
        assert order.disputes.get().state == "lost" and balance_of("tax/gh/purse", E_FERN) == 0
        reconciled(stripe)

    def test_told_in_any_order_and_late_it_ends_the_same(self, stripe):
        w = world()
        paid_by_card(stripe, on_shelf(w), card=DISPUTED)
        (dispute,) = stripe.objects("dispute")
        stripe.press(f"/desk/win/{dispute['id']}")  # before we ever heard of it
        assert read_events(at=now()) == 0
        reconciled(stripe)
        assert len(entries_by_prefix(f"stripe/market/{dispute['id']}")) == 2


class TestSplits:
    @settings(max_examples=500)
    @given(
        st.lists(st.integers(0, 9_000), min_size=4, max_size=4).filter(any),
        st.lists(st.integers(1, 36_000), max_size=12),
    )
    def test_parts_of_any_sequence_sum_to_the_line(self, amounts, refunds):
        """The largest remainder of what is left never asks anybody for more than he has, and ends at nought."""
        left = dict(zip(("commission", "processor", "rest", "tax"), amounts, strict=True))
        for amount in (*refunds, sum(amounts)):
            taken = take_from(min(amount, sum(left.values())), left)
            left = left_of(left, [taken])
            assert all(quantity >= 0 for quantity in left.values())
        assert left == dict.fromkeys(left, 0)

    def test_splitting_the_line_anew_each_time_would_be_wrong(self):
        parts = {"a": 333, "b": 333, "c": 334}
        again = [apportion(amount, parts) for amount in (1, 1, 998)]
        assert any(sum(part[name] for part in again) != parts[name] for name in parts)


class TestThreeDecimals:
    def test_what_stripe_would_not_move_goes_with_the_next_and_nothing_is_lost(self, stripe):
        w = world(currency="KWD", exponent=3)
        agreed(w)
        listing, dues = on_shelf(w, price=6050, currency="KWD"), []
        onboarded(stripe, w)
        for number in range(1, 6):
            order = paid_by_card(stripe, listing)
            line = order.lines.get()
            dues.append(line.price - line.commission - line.fee)
            sent(stripe, w)
            moved = [row["amount"] for row in stripe.objects("transfer")]
            left = Transfer.objects.order_by("pk").last().left
            assert len(moved) == number and all(amount % 10 == 0 for amount in moved)
            assert sum(moved) + left == sum(dues) and 0 <= left < 10
            assert balance_of(f"{FERN}/till@{PLATFORM}", "KWD") == left
        assert any(due % 10 for due in dues), "else it would prove nothing"
        reconciled(stripe)

    @given(st.integers(0, 10**9), st.sampled_from(["KWD", "EUR", "XOF"]))
    @settings(max_examples=50)
    def test_only_the_last_of_three_decimals_waits(self, amount, money):
        assert sendable(amount, money) == (amount // 10 * 10 if money == "KWD" else amount)
