"""Money as people meet it: an account at Stripe, a purse paid out by two, a refund and a lost dispute that run back to
those who had a part, and a bank statement that pays an order."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from ledger.queries import balance_of
from market.models import BankPayout, Order, Payout, StripeAccount
from market.rules.words import bank_reference
from market.services.settlements import divide_period
from market.services.statements import take_statement
from market.services.stripe_answers import make_calls
from market.services.stripe_facts import take_fact
from market.services.transfers import send_what_is_divided
from tests.browser.axe import violations
from tests.browser.conftest import DESK, PHONE
from tests.market.cards import now, paid_by_card, reconciled
from tests.market.goods import bought, on_shelf, ordered, stall, treasurer
from tests.sandbox.desk import DISPUTED
from tests.world import agreed, world

pytestmark = pytest.mark.browser


def agreed_to(page: Page) -> None:
    """The second person opens the page of what waits, and agrees."""
    page.goto("/stall/fern/approvals/")
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_text("Agreed, and done.")).to_be_visible()


class TestTwoPersons:
    def test_settle_and_pay_out_and_the_member_sees_each_cent(self, open_page, site, settings):
        settings.PUBLIC_ADDRESS = site
        w = world()
        agreed(w)
        stall(w)
        eve = treasurer(w)
        bought(w, on_shelf(w), 10)
        ada, eves = open_page("/stall/fern/settlement/", size=PHONE, member=w.people["ada"]), eve.member
        ada.get_by_role("button", name="Divide the period").click()
        expect(ada.get_by_text("One lot is divided.")).to_be_visible()
        purse = balance_of(f"{w.ben.address}/purse", "EUR@coops/fern")
        page = open_page("/stall/fern/purses/", size=PHONE, member=eves)
        ben = page.get_by_role("article", name="Ben")
        ben.get_by_text("Prepare a payout").click()
        ben.get_by_role("button", name="Prepare").click()
        expect(page.get_by_text("Prepared. You prepared it, so someone else must confirm.")).to_be_visible()
        expect(page.get_by_role("button", name="Confirm that it was paid")).to_have_count(0)
        ada.goto("/stall/fern/approvals/")
        expect(ada.get_by_role("heading", name="A payout")).to_be_visible()
        assert violations(ada) == []
        ada.goto("/stall/fern/purses/")
        ada.get_by_label("Line of the statement or cash book").fill("17")
        ada.get_by_label("How we know that it arrived").fill("Ben signed")
        ada.get_by_role("button", name="Confirm that it was paid").click()
        expect(ada.get_by_text("Paid and recorded.")).to_be_visible()
        mine = open_page(f"/stall/fern/purses/{Payout.objects.get().pk}/", size=PHONE, member=w.people["ben"])
        expect(mine.get_by_role("heading", name=f"Payout of €{purse / 100:.2f} to Ben")).to_be_visible()
        expect(mine.get_by_text("Your share of a sale, ")).to_be_visible()
        assert violations(mine) == []
        mine.goto("/passbook/")
        expect(mine.get_by_text("Paid to you").first).to_be_visible()
        assert balance_of(f"{w.ben.address}/pocket", "EUR") == purse

    def test_another_bank_account_is_shown_to_buyers_once_the_second_agrees(self, open_page, site, settings):
        settings.PUBLIC_ADDRESS = site
        w = world()
        stall(w)
        eve = treasurer(w)
        order = ordered(w, on_shelf(w), way="bank")
        page = open_page("/stall/fern/facts/", size=PHONE, member=w.people["ada"])
        page.get_by_label("bank account (IBAN)").fill("GH99 0000")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("The other bank account counts once a second person agrees")).to_be_visible()
        buyer = open_page(f"/orders/{order.token}/", size=PHONE)
        expect(buyer.get_by_text("FR76 3000")).to_be_visible()
        agreed_to(open_page("/", size=PHONE, member=eve.member))
        buyer.reload()
        expect(buyer.get_by_text("GH99 0000")).to_be_visible()


class TestStripe:
    def test_onboarding_by_two_then_to_the_bank_by_two(self, open_page, site, settings, stripe):
        settings.PUBLIC_ADDRESS = site
        w = world()
        agreed(w)
        stall(w)
        eve = treasurer(w)
        paid_by_card(stripe, on_shelf(w), 2)
        page = open_page("/stall/fern/cards/", size=PHONE, member=eve.member)
        page.get_by_role("button", name="Open an account at Stripe").click()
        expect(page.get_by_text("Once a second person agrees, the way to Stripe’s page is open")).to_be_visible()
        second = open_page("/", size=PHONE, member=w.people["ada"])
        agreed_to(second)
        page.goto("/stall/fern/cards/")
        page.get_by_role("button", name="Open an account at Stripe").click()
        page.get_by_role("button", name="Give everything, and be verified").click()
        expect(page.get_by_text("Ready", exact=True)).to_be_visible()
        assert StripeAccount.objects.get().is_ready
        later = now() + timedelta(seconds=1)
        divide_period(by=w.ada, cooperative=w.fern, upto=later.date(), at=later)
        send_what_is_divided(at=later)
        make_calls(at=later)
        page.goto("/stall/fern/cards/")
        page.get_by_role("button", name="Send", exact=True).click()
        assert not BankPayout.objects.exists()
        agreed_to(second)
        make_calls(at=now())
        page.goto("/stall/fern/cards/")
        expect(page.get_by_text("On its way", exact=True)).to_be_visible()
        reconciled(stripe)

    def test_a_partial_refund_and_a_lost_dispute_run_back_to_the_contributors(self, open_page, site, settings, stripe):
        settings.PUBLIC_ADDRESS = site
        w = world()
        agreed(w)
        stall(w)
        listing = on_shelf(w)
        order, lost = paid_by_card(stripe, listing, 2), paid_by_card(stripe, listing, 1, DISPUTED)
        for dispute in stripe.objects("dispute"):
            take_fact(kind="dispute", identity=dispute["id"], at=now())
        later = now() + timedelta(seconds=1)
        divide_period(by=w.ada, cooperative=w.fern, upto=later.date(), at=later)
        purse = f"{w.ben.address}/purse"
        before = balance_of(purse, "EUR@coops/fern")
        page = open_page(f"/stall/fern/orders/{order.name}/", size=DESK, member=w.people["ada"])
        page.get_by_text("Give money back to the card").click()
        page.get_by_label("Dark 72").fill("6.00")
        page.get_by_role("button", name="Give it back").click()
        expect(page.get_by_text("Given back", exact=False).first).to_be_visible()
        between = balance_of(purse, "EUR@coops/fern")
        assert between < before, "Ben gives his part of it back"
        buyer = open_page(f"/orders/{order.token}/", size=PHONE)
        expect(buyer.get_by_text("Credit note")).to_be_visible()
        stripe.press(f"/desk/lose/{stripe.objects('dispute')[0]['id']}")
        take_fact(kind="dispute", identity=stripe.objects("dispute")[0]["id"], at=now())
        page.goto(f"/stall/fern/orders/{lost.name}/")
        expect(page.get_by_text("Disputed by the buyer's bank")).to_be_visible()
        expect(page.get_by_text("Lost")).to_be_visible()
        reconciled(stripe)


class TestBankStatement:
    def test_is_looked_at_then_taken(self, open_page, site, settings):
        settings.PUBLIC_ADDRESS = site
        w = world()
        stall(w)
        order = ordered(w, on_shelf(w), way="bank")
        content = f"Date;Amount;Reference\n2026-11-24;6,00;{bank_reference(order.name)}\n2026-11-24;2,50;A gift\n"
        page = open_page("/stall/fern/bank/", size=PHONE, member=w.people["tom"])
        file = {"name": "statement.csv", "mimeType": "text/csv", "buffer": content.encode()}
        page.get_by_label("Statement").set_input_files(file)
        page.get_by_role("button", name="Look at it").click()
        expect(page.get_by_text("2 lines are new.")).to_be_visible()
        assert Order.objects.get().state == "placed" and violations(page) == []
        page.get_by_role("button", name="Take it").click()
        expect(page.get_by_text("2 new lines are taken.")).to_be_visible()
        page.get_by_role("button", name="It is for none").click()
        assert Order.objects.get().state == "paid"

    def test_a_line_that_names_two_orders_is_laid_on_both_by_a_person(self, open_page, site, settings):
        settings.PUBLIC_ADDRESS = site
        w = world()
        stall(w)
        listing = on_shelf(w)
        orders = [ordered(w, listing, pieces, way="bank") for pieces in (1, 2)]
        says = " ".join(bank_reference(order.name) for order in orders)
        take_statement(by=w.tom, content=f"Date;Amount;Reference\n2026-11-24;19,00;{says}\n", at=w.later())
        page = open_page("/stall/fern/bank/", size=PHONE, member=w.people["tom"])
        expect(page.get_by_text("It names these orders. Which of them does it pay?")).to_be_visible()
        expect(page.get_by_role("checkbox", checked=True)).to_have_count(2)
        assert violations(page) == []
        page.get_by_role("button", name="It is for these").click()
        expect(page.get_by_text("It is as you said.")).to_be_visible()
        assert {order.state for order in Order.objects.all()} == {"paid"}
        assert balance_of(f"{orders[1].owner}/prepaid@bank/fern", "EUR") == 100


class TestWhatComesBack:
    def test_cash_by_the_steward_then_goods_by_the_clerk(self, open_page, site, settings):
        settings.PUBLIC_ADDRESS = site
        w = world()
        stall(w)
        listing = on_shelf(w)
        order = bought(w, listing, 3)
        ada = open_page(f"/stall/fern/orders/{order.name}/", size=PHONE, member=w.people["ada"])
        ada.get_by_text("Give money back").click()
        ada.get_by_label(listing.title).first.fill("6.00")
        ada.get_by_label("Why").fill("One was broken")
        ada.get_by_label("Line of the statement or cash book").fill("44")
        ada.get_by_role("button", name="It was given back").click()
        expect(ada.get_by_text("Recorded: the money was given back.")).to_be_visible()
        tom = open_page(f"/stall/fern/orders/{order.name}/", size=PHONE, member=w.people["tom"])
        tom.get_by_text("Goods came back").click()
        tom.get_by_label(f"{listing.title}: pieces, of 3").fill("1")
        assert violations(tom) == []
        tom.get_by_role("button", name="They came back").click()
        expect(tom.get_by_text("Recorded: the goods came back.")).to_be_visible()
        expect(tom.get_by_text("1 came back")).to_be_visible()
        assert balance_of(listing.lot_address, "bar") == 398
        assert balance_of(f"{order.owner}/pocket", "EUR") == -1200
