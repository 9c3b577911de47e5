"""The stall's pages and buttons: for Ada the steward, Tom the clerk, Ben a maker, Cleo a buyer and Dov the stranger."""

import re
from datetime import date

import pytest
from django.urls import reverse

from cooperatives.services.people import admit_member
from market.models import Division, Hold, Listing, Order, Payout
from market.rules.words import bank_reference
from market.services.settlements import divide_period
from tests.market.goods import LABEL, STALL, bought, offered, on_shelf, ordered, stall, treasurer
from tests.market.test_shop_pages import words
from tests.market.test_together import order_of_both, two_stalls
from tests.world import agreed, bars, beans, person, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

PAGES = (
    "stall_today",
    "packing",
    "bank_statement",
    "approvals",
    "stall_facts",
    "listings",
    "stall_orders",
    "settlement",
    "purses",
    "letters",
)


def as_(client, person):
    client.force_login(person)
    return client


class TestWhoMayEnter:
    @pytest.mark.parametrize("page", PAGES)
    def test_stewards_and_clerks_do_members_do_not_and_for_strangers_it_is_not_there(self, client, page):
        w = world()
        url = reverse(page, args=["fern"])
        answers = {"ada": 200, "tom": 200, "ben": 403, "cleo": 404, "dov": 404}
        for name, status in answers.items():
            assert as_(client, w.people[name]).get(url).status_code == status, name
        client.logout()
        assert client.get(url).status_code == 302

    def test_the_steward_of_another_stall_is_a_stranger_here(self, client):
        w, other = world(), world("oak", "Oak")
        listing, order = on_shelf(w), None
        order = ordered(w, listing)
        as_(client, other.people["ada"])
        for url in (
            reverse("change_listing", args=["fern", listing.pk]),
            reverse("change_listing", args=["oak", listing.pk]),
            reverse("stall_order", args=["fern", order.name]),
            reverse("stall_order", args=["oak", order.name]),
            reverse("list_lot", args=["oak", listing.lot.code]),
        ):
            assert client.get(url).status_code == 404, url
        for url in (
            reverse("publish_listing", args=["oak", listing.pk]),
            reverse("withdraw_listing", args=["oak", listing.pk]),
            reverse("receive_payment", args=["oak", order.name]),
            reverse("hand_over", args=["oak", order.name]),
        ):
            assert client.post(url, {"amount": "6.00"}).status_code == 404, url
        assert Order.objects.get().state == "placed" and Listing.objects.get().state == "published"

    def test_every_button_refuses_those_who_may_not(self, client):
        w = world()
        agreed(w)
        listing = offered(w)
        order = ordered(w, on_shelf(w))
        buttons = [
            reverse("stall_facts", args=["fern"]),
            reverse("list_lot", args=["fern", listing.lot.code]),
            reverse("change_listing", args=["fern", listing.pk]),
            reverse("publish_listing", args=["fern", listing.pk]),
            reverse("withdraw_listing", args=["fern", listing.pk]),
            reverse("receive_payment", args=["fern", order.name]),
            reverse("hand_over", args=["fern", order.name]),
            reverse("divide_period", args=["fern"]),
            reverse("prepare_payout", args=["fern"]),
        ]
        for name, status in (("ben", 403), ("cleo", 404), ("dov", 404)):
            as_(client, w.people[name])
            for url in buttons:
                assert client.post(url).status_code == status, (name, url)
        as_(client, w.people["tom"])
        for url in (buttons[3], buttons[4], buttons[7]):
            assert client.post(url).status_code == 403, url
        client.logout()
        assert {client.post(url).status_code for url in buttons} == {302}
        assert Listing.objects.filter(state="draft").count() == 1 and Order.objects.get().state == "placed"


class TestHardContent:
    def test_a_draft_says_beside_its_fields_what_it_needs_to_be_published(self, client):
        w = world()
        as_(client, w.people["ada"])
        page = client.get(reverse("list_lot", args=["fern", bars(w).code])).content.decode()
        fields = re.split(r"<label for=", page)
        beside = {re.match(r'"id_(\w+)"', f)[1]: re.search(r'optional">([^<]+)<', f) for f in fields[1:]}
        assert beside["origin"][1] == "(needed before it is published)"
        assert beside["storage"][1] == "(needed for food)"
        assert beside["description"][1] == "(if you like)"

    def test_a_listing_that_was_taken_off_says_so_and_its_lot_is_offered_again_with_the_same_words(self, client):
        w = world()
        as_(client, w.people["ada"])
        listing = offered(w, description="Dark, with a little salt")
        Listing.objects.filter(pk=listing.pk).update(title="Called otherwise")
        client.post(reverse("publish_listing", args=["fern", listing.pk]))
        client.post(reverse("withdraw_listing", args=["fern", listing.pk]))
        again = reverse("list_lot", args=["fern", listing.lot_code])
        assert f'href="{again}"' in client.get(reverse("change_listing", args=["fern", listing.pk])).content.decode()
        page = client.get(again).content.decode()
        assert 'value="Called otherwise"' in page and "Dark, with a little salt" in page

    def test_many_purses_come_fifty_a_page_with_the_sum_of_all(self, client):
        w = world()
        agreed(w)
        for n in range(55):
            farm = admit_member(cooperative=w.fern, number=f"F{n:02}", place="gh/ashanti", at=w.later(), by=w.ada)
            lot = beans(w, 2_000 + n, farm, code="many-hands")
        bought(w, on_shelf(w, bars(w, inputs=[lot])), 40)
        divide_period(by=w.ada, cooperative=w.fern, upto=w.at.date(), at=w.later())
        as_(client, treasurer(w).member)
        first, second = (client.get(reverse("purses", args=["fern"]), {"page": n}) for n in (1, 2))
        shown = [row.quantity for page in (first, second) for row, _form, _name in page.context["rows"]]
        assert len(first.context["rows"]) == 50 and len(shown) > 55
        assert first.context["total"] == second.context["total"] == sum(shown)
        last = second.context["rows"][-1][0].owner
        said = {"owner": last, "key": "k" * 20, "amount": "", "keeper": "cash/fern"}
        sent_back = client.post(reverse("prepare_payout", args=["fern"]), said)
        assert sent_back.status_code == 422
        assert sent_back.context["page"].number == 2, "the form that was sent back is on the page"


class TestAWeekAtTheStall:
    def test_who_may_not_change_how_buyers_find_it_reads_it(self, client):
        w = world()
        stall(w)
        for who, reads in (("tom", True), ("ada", False)):
            client.force_login(w.people[who])
            page = client.get(reverse("stall_facts", args=["fern"])).text
            assert ("disabled" in page, "Save" not in page) == (reads, reads), who

    def test_from_a_lot_to_a_paid_purse(self, client):
        w = world()
        agreed(w)
        lot, eve = bars(w), treasurer(w)
        as_(client, w.people["ada"])
        assert client.get(reverse("stall")).url == reverse("stall_today", args=["fern"])
        client.post(reverse("stall_facts", args=["fern"]), STALL)
        said = {
            **LABEL,
            "title": "Dark 72",
            "kind": "chocolate",
            "price": "6.00",
            "vat_rate": "5.5",
            "unit_quantity": 1,
        }
        page = client.post(
            reverse("list_lot", args=["fern", lot.code]), {**said, "is_food": "on", "allergens": ["none"]}
        )
        listing = Listing.objects.get()
        assert page.url == reverse("change_listing", args=["fern", listing.pk])
        assert (listing.price, listing.vat_rate, listing.allergens) == (600, 55, [])
        client.post(reverse("publish_listing", args=["fern", listing.pk]))
        assert Listing.objects.get().state == "published"

        order = ordered(w, listing, 10)
        assert order.word in words(client.get(reverse("stall_orders", args=["fern"])))
        client.post(reverse("receive_payment", args=["fern", order.name]), {"way": "cash", "amount": "60.00"})
        assert Order.objects.get().state == "handed_over"

        assert "€54.47" in words(client.get(reverse("settlement", args=["fern"])))
        client.post(reverse("divide_period", args=["fern"]), {"upto": "2026-11-24"})
        assert Division.objects.get().amount == 5447
        assert "54.47" in words(client.get(reverse("settlement", args=["fern"])))

        as_(client, eve.member)
        page = client.get(reverse("purses", args=["fern"]))
        claim = next(row for row, _form, _name in page.context["rows"] if row.owner == w.ben.address)
        said = {"owner": w.ben.address, "key": "k" * 20, "amount": "5.00", "keeper": "cash/fern"}
        client.post(reverse("prepare_payout", args=["fern"]), said)
        payout = Payout.objects.get()
        evidence = {f"payout-{payout.pk}-statement_line": "17", f"payout-{payout.pk}-evidence": "Ben signed"}
        confirm = reverse("confirm_payout", args=["fern", payout.pk])
        refused = client.post(confirm, evidence)
        assert refused.status_code == 409 and "someone else must confirm" in words(refused)
        as_(client, w.people["ada"]).post(confirm, evidence)
        payout.refresh_from_db()
        assert payout.entry and claim.quantity > 500


class TestButtons:
    def shown(self, client, person, page) -> str:
        return as_(client, person).get(reverse(page, args=["fern"])).content.decode().partition("<main")[2]

    def test_nobody_is_shown_a_button_that_would_be_refused(self, client):
        w = world()
        agreed(w)
        listing = on_shelf(w)
        bought(w, listing, 10)
        eve, offer = treasurer(w), "/withdraw"
        assert offer in self.shown(client, w.people["ada"], "listings")
        assert offer not in self.shown(client, w.people["tom"], "listings")
        assert "/settlement/divide" in self.shown(client, eve.member, "settlement")
        assert "/settlement/divide" not in self.shown(client, w.people["tom"], "settlement")
        divide_period(by=w.ada, cooperative=w.fern, upto=date(2026, 11, 24), at=w.later())
        assert "/purses/prepare" in self.shown(client, eve.member, "purses")
        assert "/purses/prepare" not in self.shown(client, w.people["ada"], "purses")


class TestListingPages:
    def test_a_missing_fact_is_named_and_it_stays_a_draft(self, client):
        w = world()
        listing = offered(w, storage="")
        page = as_(client, w.people["ada"]).post(reverse("publish_listing", args=["fern", listing.pk]))
        assert page.status_code == 409 and "how to keep it" in words(page)

    def test_a_price_that_cannot_be_read_keeps_what_was_typed(self, client):
        w = world()
        lot = bars(w)
        as_(client, w.people["ada"])
        said = {**LABEL, "title": "Dark 72", "kind": "chocolate", "price": "six", "vat_rate": "5.5", "unit_quantity": 1}
        page = client.post(reverse("list_lot", args=["fern", lot.code]), said)
        assert page.status_code == 422 and 'value="six"' in page.content.decode()
        assert "<title>Error:" in page.content.decode() and not Listing.objects.exists()

    def test_the_next_lot_begins_from_the_last(self, client):
        w = world()
        on_shelf(w)
        page = as_(client, w.people["ada"]).get(reverse("list_lot", args=["fern", bars(w).code]))
        assert "Cocoa mass, cane sugar" in page.content.decode() and 'value="6.00"' in page.content.decode()

    def test_a_comma_is_read_in_french(self, client):
        w = world()
        listing = on_shelf(w)
        said = {**LABEL, "price": "5,50", "vat_rate": "5,5", "is_food": "on", "allergens": ["none"]}
        client = as_(client, w.people["ada"])
        client.post(reverse("change_listing", args=["fern", listing.pk]), said, headers={"accept-language": "fr"})
        assert Listing.objects.get().price == 550


class TestOrderPages:
    def test_another_amount_is_refused_and_nothing_is_recorded(self, client):
        w = world()
        order = ordered(w, on_shelf(w))
        as_(client, w.people["tom"])
        pay = reverse("receive_payment", args=["fern", order.name])
        page = client.post(pay, {"way": "bank", "amount": "5.00", "statement_line": "7"})
        assert page.status_code == 409 and "6.00 EUR is open, not 5.00 EUR" in words(page)
        assert Order.objects.get().state == "placed"

    def test_a_transfer_then_the_hand_over(self, client):
        w = world()
        order = ordered(w, on_shelf(w), way="bank")
        as_(client, w.people["tom"])
        pay = reverse("receive_payment", args=["fern", order.name])
        client.post(pay, {"way": "bank", "amount": "6.00", "statement_line": "7"})
        client.post(reverse("hand_over", args=["fern", order.name]))
        assert Order.objects.get().state == "handed_over"

    def test_found_by_its_word(self, client):
        w = world()
        order = ordered(w, on_shelf(w))
        page = as_(client, w.people["tom"]).get(reverse("stall_orders", args=["fern"]), {"word": order.word.upper()})
        assert page.context["page"].paginator.count == 1

    def test_found_by_the_reference_of_a_transfer(self, client):
        w = world()
        reference = bank_reference(ordered(w, on_shelf(w)).name)
        page = as_(client, w.people["tom"]).get(reverse("stall_orders", args=["fern"]), {"word": reference})
        assert page.context["page"].paginator.count == 1

    @pytest.mark.parametrize("says", [str.lower, str.upper, lambda said: said.replace("-", "")[1:]])
    def test_a_code_that_is_scanned_leads_to_the_order_that_waits(self, client, says):
        w = world()
        listing = on_shelf(w)
        order, gone = ordered(w, listing, 2), bought(w, listing)
        packing = reverse("packing", args=["fern"])
        page = as_(client, w.people["tom"]).get(packing, {"code": says(bank_reference(order.name))})
        assert page.url == reverse("stall_order", args=["fern", order.name])
        assert "No order that waits" in words(client.get(packing, {"code": bank_reference(gone.name)}))

    def test_what_is_packed_is_the_same_by_buyer_goods_and_supplier(self, client):
        fern, _oak, one, other = two_stalls()
        order_of_both(fern, one, other)
        ordered(fern, one, 3)
        packing = as_(client, fern.people["tom"]).get(reverse("packing", args=["fern"])).context["packing"]
        assert packing.by_goods == {"Dark 72": 7}
        assert packing.by_supplier == {"Fern Cooperative": {"Dark 72": 5}, "Oak": {"Dark 72": 2}}
        assert sum(line.pieces for _order, lines in packing.by_buyer for line in lines) == 7

    def test_one_that_nobody_came_for_is_let_go(self, client):
        w, other = world(), world("oak", "Oak")
        order = ordered(w, on_shelf(w))
        drop = reverse("drop_order", args=["fern", order.name])
        assert as_(client, other.people["ada"]).post(drop).status_code == 404
        assert as_(client, w.people["ben"]).post(drop).status_code == 403
        as_(client, w.people["tom"]).post(drop)
        assert Order.objects.get().state == "cancelled" and not Hold.objects.exists()

    def test_an_auditor_reads_the_orders_and_no_letter(self, client):
        w = world()
        order = ordered(w, on_shelf(w))
        auditor = admit_member(
            cooperative=w.fern, member=person("Uma"), name="Uma", roles=["auditor"], at=w.later(), by=w.ada
        )
        as_(client, auditor.member)
        assert client.get(reverse("stall_orders", args=["fern"])).status_code == 200
        assert client.get(reverse("letters", args=["fern"])).status_code == 403
        pay = reverse("receive_payment", args=["fern", order.name])
        assert client.post(pay, {"way": "cash", "amount": "6.00"}).status_code == 403

    def test_letters_are_read_by_the_stall_that_sells(self, client):
        w, other = world(), world("oak", "Oak")
        order = ordered(w, on_shelf(w))
        assert order.word in words(as_(client, w.people["tom"]).get(reverse("letters", args=["fern"])))
        assert order.word not in words(as_(client, other.people["tom"]).get(reverse("letters", args=["oak"])))


class TestQueries:
    @pytest.mark.parametrize("page", PAGES)
    def test_a_page_asks_the_database_a_bounded_number_of_times(self, client, page, django_assert_max_num_queries):
        w = world()
        agreed(w)
        stall(w)
        listing = on_shelf(w)
        for _ in range(3):
            bought(w, listing)
            ordered(w, listing)
        divide_period(by=w.ada, cooperative=w.fern, upto=date(2026, 11, 24), at=w.later())
        as_(client, w.people["ada"])
        with django_assert_max_num_queries(12):
            client.get(reverse(page, args=["fern"]))
