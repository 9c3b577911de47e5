"""The shop's pages: what a guest sees, and that money is said the same everywhere."""

import re
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from market.models import Order
from market.services.catalogue import change_listing, withdraw_listing
from market.services.checkout import Buyer
from market.services.settlements import divide_period
from tests.market.goods import bought, offered, on_shelf, ordered, stall
from tests.world import agreed, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

DETAILS = {"name": "Cleo", "email": "cleo@rennet.example", "way": "pickup"}


def words(response) -> str:
    """A page's text, as it is read."""
    text = re.sub(r"<(script|style|svg)\b.*?</\1>|<[^>]+>", " ", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", text)


def put(client: Client, listing, pieces: int = 1):
    return client.post(reverse("put_in_cart", args=[listing.pk]), {"pieces": pieces, "then": "cart"}, follow=True)


def details(client: Client, **more) -> dict:
    """What a guest sends: what was typed, and what the page keeps for the form."""
    kept = client.get(reverse("checkout")).context["form"].initial
    return {**DETAILS, "key": kept["key"], "total": kept["total"], **more}


class TestShelf:
    def test_shows_what_is_published_on_its_bar(self, client):
        w = world()
        agreed(w)
        on_shelf(w)
        page = client.get(reverse("shelf"))
        assert page.status_code == 200
        assert "Dark 72" in words(page) and "€6.00" in words(page) and "€60.00 per kg" in words(page)
        assert "stays in Ashanti" in words(page) and 'class="bar edge"' in page.content.decode()

    def test_shows_no_draft_and_nothing_taken_off(self, client):
        w = world()
        offered(w)
        withdraw_listing(by=w.ada, listing=on_shelf(w), at=w.later())
        assert "Nothing here answers that" in words(client.get(reverse("shelf")))

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ("q=dark", 1), ("q=nothing", 0), ("kind=chocolate", 1), ("kind=cheese", 0), ("without=milk", 0),
            ("without=nuts", 1), ("kept=50", 1), ("cooperative=fern", 1), ("cooperative=oak", 0), ("sort=price", 1),
            ("page=77", 1), ("kept=%3Cscript%3E", 1),
        ],
    )  # fmt: skip
    def test_answers_what_was_asked(self, client, asked, found):
        w = world()
        agreed(w)
        on_shelf(w, allergens=["milk"])
        assert client.get(f"{reverse('shelf')}?{asked}").context["page"].paginator.count == found

    def test_asks_the_database_at_most_twelve_times_however_much_there_is(self, client, django_assert_max_num_queries):
        w = world()
        agreed(w)
        for _ in range(4):
            on_shelf(w)
        with django_assert_max_num_queries(12):
            client.get(reverse("shelf"))

    def test_search_is_shown_as_text(self, client):
        page = client.get(reverse("shelf"), {"q": '"><script>alert(1)</script>'})
        assert "<script>alert" not in page.content.decode()


class TestWhatNobodyTypes:
    @pytest.mark.parametrize("asked", ["q=%00", "cooperative=%00", "page=-1&kept=x&sort=%00", "kind=%00&without=%00"])
    def test_is_no_error(self, client, asked):
        assert client.get(f"/shop/?{asked}").status_code == 200

    @pytest.mark.parametrize(
        "path", ["/orders/%00/", "/orders/x/", f"/shop/{10**30}/", "/shop/0/", "/api/1/orders/%00/"]
    )
    def test_leads_nowhere(self, client, path):
        assert client.get(path).status_code == 404

    def test_a_cart_takes_only_what_is_for_sale(self, client):
        assert client.post(f"/shop/{10**30}/put").status_code == 404
        client.post(f"/cart/{10**30}/change", {"pieces": 3})
        assert client.get(reverse("cart")).status_code == 200 and not client.session.get("cart")

    def test_names_are_shown_as_text(self, client):
        w = world()
        script = "<script>alert(1)</script>"
        listing = on_shelf(w, description=script, operator=script)
        order = ordered(w, listing, buyer=Buyer(script, "c@rennet.example"))
        for url in (reverse("listing", args=[listing.pk]), reverse("order", args=[order.token]), reverse("shelf")):
            assert script not in client.get(url).content.decode()


class TestListing:
    def test_says_who_receives_the_price_to_the_cent(self, client):
        w = world()
        agreed(w)
        page = client.get(reverse("listing", args=[on_shelf(w).pk]))
        price = page.context["offer"].price
        assert sum(price.groups.values()) == 600 == sum(s.quantity for s in price.sections)
        assert sum(row.quantity for s in price.sections for row in s.rows) == 600
        assert "Where €6.00 goes" in words(page) and "agreement gives each" in words(page)

    def test_after_a_division_says_how_the_last_sales_went(self, client):
        w = world()
        agreed(w)
        listing = on_shelf(w)
        bought(w, listing, 2)
        divide_period(by=w.ada, cooperative=w.fern, upto=date(2026, 11, 24), at=w.later())
        page = client.get(reverse("listing", args=[listing.pk]))
        assert not page.context["offer"].is_forecast and "how the last sales" in words(page)

    def test_without_an_agreement_the_rest_is_waiting(self, client):
        groups = client.get(reverse("listing", args=[on_shelf(world()).pk])).context["offer"].price.groups
        assert groups["waiting"] == 545

    def test_a_wider_boundary_keeps_more(self, client):
        w = world()
        agreed(w)
        url = reverse("listing", args=[on_shelf(w).pk])
        near, wide = (client.get(url, {"boundary": b}).context["offer"].price for b in ("gh/ashanti", "gh"))
        assert wide.low == near.low + 31

    def test_names_ingredients_allergens_and_who_made_it(self, client):
        page = words(client.get(reverse("listing", args=[on_shelf(world(), allergens=["milk"]).pk])))
        assert "Cocoa mass, cane sugar" in page and "Milk" in page and "Station Road" in page

    def test_a_draft_is_not_there(self, client):
        assert client.get(reverse("listing", args=[offered(world()).pk])).status_code == 404


class TestCart:
    def test_says_the_total_with_tax_before_any_personal_field(self, client):
        page = put(client, on_shelf(world()), 2)
        assert "Total, with VAT of 0.63" in words(page) and "12.00" in words(page)
        assert "email" not in page.content.decode().partition("<main")[2]

    def test_takes_out_what_is_set_to_none(self, client):
        listing = on_shelf(world())
        put(client, listing, 2)
        page = client.post(reverse("change_cart", args=[listing.pk]), {"pieces": 0}, follow=True)
        assert "Nothing in it yet" in words(page)

    def test_says_when_less_is_left(self, client):
        page = put(client, on_shelf(world(), number=1), 2)
        assert "Only one piece" in words(page) and "Go on to your details" not in words(page)


class TestCheckout:
    def test_asks_at_most_six_things_and_its_last_button_obliges(self, client):
        put(client, on_shelf(world()))
        page = client.get(reverse("checkout"))
        visible = [f for f in page.context["form"] if not f.is_hidden]
        assert len(visible) <= 6 and "Order with obligation to pay" in words(page)
        assert words(page).index("Total, with VAT") < words(page).index("Your name")

    def test_an_empty_cart_goes_back_to_the_cart(self, client):
        assert client.get(reverse("checkout")).url == reverse("cart")

    def test_places_the_order_and_shows_its_page(self, client):
        w = world()
        stall(w)
        put(client, on_shelf(w), 2)
        page = client.post(reverse("place_order"), details(client), follow=True)
        order = Order.objects.get()
        assert page.redirect_chain[-1][0] == reverse("order", args=[order.token])
        assert "Cleo, your order is placed" in words(page) and order.word in words(page)
        assert "Old dairy hall" in words(page) and client.get(reverse("cart")).context["basket"].lines == []

    def test_pressed_twice_it_is_one_order(self, client):
        put(client, on_shelf(world()))
        said = details(client)
        first, second = (client.post(reverse("place_order"), said) for _ in "ab")
        assert first.url == second.url and Order.objects.count() == 1

    def test_errors_keep_what_was_typed_and_are_named(self, client):
        put(client, on_shelf(world()))
        page = client.post(reverse("place_order"), details(client, email="cleo"))
        text = page.content.decode()
        assert page.status_code == 422 and 'value="cleo"' in text and 'value="Cleo"' in text
        assert "<title>Error:" in text and 'href="#id_email"' in text

    def test_what_is_sold_out_meanwhile_is_said_and_nothing_is_lost(self, client):
        w = world()
        listing = on_shelf(w, number=1)
        put(client, listing)
        said = details(client)
        ordered(w, listing)
        page = client.post(reverse("place_order"), said)
        assert page.status_code == 409 and "is sold out" in words(page) and 'value="Cleo"' in page.content.decode()

    def test_nobody_is_bound_to_another_price_than_was_shown(self, client):
        w = world()
        listing = on_shelf(w)
        put(client, listing, 2)
        said = details(client)
        change_listing(by=w.ada, listing=listing, price=900)
        page = client.post(reverse("place_order"), said)
        assert page.status_code == 409 and "now 18.00 EUR" in words(page) and not Order.objects.exists()
        again = {**said, "total": page.context["form"]["total"].value()}
        assert client.post(reverse("place_order"), again).status_code == 302
        assert Order.objects.get().total == 1800

    def test_offers_a_transfer_only_where_there_is_an_account(self, client):
        w = world()
        put(client, on_shelf(w))
        assert [c[0] for c in client.get(reverse("checkout")).context["form"].fields["way"].choices] == ["pickup"]
        stall(w)
        assert len(client.get(reverse("checkout")).context["form"].fields["way"].choices) == 2


class TestOrder:
    def test_is_kept_out_of_caches_indexes_and_referrers(self, client):
        w = world()
        page = client.get(reverse("order", args=[ordered(w, on_shelf(w)).token]))
        assert "no-store" in page["Cache-Control"] and page["Referrer-Policy"] == "same-origin"
        assert "noindex" in page["X-Robots-Tag"]

    def test_a_guessed_link_leads_nowhere(self, client):
        w = world()
        order = ordered(w, on_shelf(w))
        for guess in (order.name, order.token[:-1], str(order.pk)):
            assert client.get(reverse("order", args=[guess])).status_code == 404

    def test_before_and_after_the_payment_every_cent_is_in_one_place(self, client):
        w = world()
        agreed(w)
        listing = on_shelf(w)
        for order in (ordered(w, listing, 2), bought(w, listing, 2)):
            page = client.get(reverse("order", args=[order.token]))
            assert sum(page.context["groups"].values()) == 1200
            assert sum(m.price.price for m in page.context["makers"]) == 1200
        assert "Where your €12.00 went" in words(page)

    def test_shows_how_to_transfer_with_a_reference(self, client):
        w = world()
        stall(w)
        page = words(client.get(reverse("order", args=[ordered(w, on_shelf(w), way="bank").token])))
        assert "FR76" in page and "R-" in page

    def test_can_be_cancelled_by_whoever_has_the_link_until_it_is_paid(self, client):
        w = world()
        listing = on_shelf(w)
        order = ordered(w, listing)
        page = client.post(reverse("cancel_order", args=[order.token]), follow=True)
        assert "your order is cancelled" in words(page)
        paid = bought(w, listing)
        assert client.post(reverse("cancel_order", args=[paid.token])).status_code == 409

    def test_asks_the_database_a_bounded_number_of_times(self, client, django_assert_max_num_queries):
        w = world()
        agreed(w)
        order = bought(w, on_shelf(w), 2)
        with django_assert_max_num_queries(12):
            client.get(reverse("order", args=[order.token]))

    def test_speaks_french(self, client):
        w = world()
        page = client.get(reverse("order", args=[ordered(w, on_shelf(w)).token]), headers={"accept-language": "fr"})
        assert page.status_code == 200 and "6,00" in words(page)


class TestTheRememberedShelf:
    def groups(self, client) -> dict:
        return client.get(reverse("shelf")).context["page"].object_list[0].price.groups

    def test_says_the_same_the_second_time(self, client):
        w = world()
        agreed(w)
        on_shelf(w)
        assert self.groups(client) == self.groups(client)

    def test_sees_a_new_price_a_new_agreement_and_a_division_at_once(self, client):
        w = world()
        listing = on_shelf(w)
        assert self.groups(client)["waiting"] == 545
        agreed(w)
        assert self.groups(client)["waiting"] == 0
        change_listing(by=w.ada, listing=listing, price=900)
        assert sum(self.groups(client).values()) == 900
        bought(w, listing)
        divide_period(by=w.ada, cooperative=w.fern, upto=date(2026, 11, 24), at=w.later())
        assert not client.get(reverse("shelf")).context["page"].object_list[0].is_forecast
