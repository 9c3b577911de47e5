"""Goods that are sent, as buyers and stalls see it, and programs."""

import pytest
from django.urls import reverse

from market.models import Order
from market.services.carriage import (
    close_offer,
)
from tests.market.goods import on_shelf, stall, treasurer
from tests.market.jars import by_bank
from tests.market.parcels import carrier, paid_order
from tests.market.test_shop_pages import details, put, words
from tests.world import bars, world

pytestmark = [pytest.mark.quick]
needs_db = pytest.mark.django_db


def state_of(order: Order) -> str:
    order.refresh_from_db()
    return order.state


@needs_db
class TestPages:
    def test_a_guest_chooses_it_sees_the_total_and_says_where(self, client):
        w = world()
        stall(w)
        offer = carrier(w, days="Two days")
        cart = put(client, on_shelf(w), 2)
        assert "How the goods of Fern Cooperative reach you" in words(cart) and "France, Belgium · Two days" in words(
            cart
        )
        said = {f"reach-{w.fern.pk}": offer.pk}
        cart = client.post(reverse("choose_carriage"), said, follow=True)
        assert (
            "Carriage: La Poste" in words(cart) and "18.90" in words(cart) and "Total, with VAT of 1.78" in words(cart)
        )
        checkout = client.post(reverse("choose_carriage"), said | {"then": "checkout"}, follow=True)
        form = checkout.context["form"]
        assert form.fields["country"].choices == [("", ""), ("BE", "Belgium"), ("FR", "France")]
        assert [way for way, _ in form.fields["way"].choices] == ["bank"]
        missing = client.post(reverse("place_order"), details(client, way="bank"))
        assert missing.status_code == 422 and "id_street" in missing.content.decode()
        to = {"street": "3 rue du Collège", "postcode": "39800", "town": "Poligny", "country": "FR"}
        page = client.post(reverse("place_order"), details(client, way="bank", **to), follow=True)
        assert Order.objects.get().total == 1890 and "Sent to you" in words(page) and "not sent yet" in words(page)
        assert client.get(reverse("cart")).context["basket"].sent == []

    def test_pick_up_asks_for_no_address(self, client):
        w = world()
        carrier(w)
        put(client, on_shelf(w))
        page = client.get(reverse("checkout"))
        assert "street" not in page.context["form"].fields and "Where it is sent" not in words(page)

    def test_a_cart_that_could_only_be_paid_at_the_door_is_not_sent(self, client):
        w = world()
        offer = carrier(w)
        put(client, on_shelf(w))
        page = client.post(reverse("choose_carriage"), {f"reach-{w.fern.pk}": offer.pk}, follow=True)
        assert "only be paid at pick-up" in words(page) and not page.context["basket"].can_be_ordered
        assert client.get(reverse("checkout")).status_code == 200

    def test_carriers_without_a_country_in_common_do_not_share_an_order(self, client):
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        offers = carrier(w), carrier(oak, name="Vélo", countries=["GH"])
        for listing in (on_shelf(w), on_shelf(oak, bars(oak, 10))):
            put(client, listing)
        said = {f"reach-{offer.cooperative_id}": offer.pk for offer in offers}
        page = client.post(reverse("choose_carriage"), said, follow=True)
        assert "no country in common" in words(page)

    @pytest.mark.parametrize("said", ["x", "-1", "9" * 30, "٣", ""])
    def test_a_tampered_choice_is_no_error(self, client, said):
        w = world()
        put(client, on_shelf(w))
        client.post(reverse("choose_carriage"), {f"reach-{w.fern.pk}": said, "reach-x": "1"})
        assert client.get(reverse("cart")).status_code == 200 and client.get(reverse("checkout")).status_code == 200

    def test_an_offer_closed_meanwhile_is_said_and_nothing_is_lost(self, client):
        w = world()
        stall(w)
        offer = carrier(w)
        put(client, on_shelf(w), 2)
        client.post(reverse("choose_carriage"), {f"reach-{w.fern.pk}": offer.pk})
        said = details(client, way="bank", street="3 rue", town="Poligny", country="FR")
        close_offer(by=w.ada, pk=offer.pk, at=w.later())
        page = client.post(reverse("place_order"), said)
        assert page.status_code == 409 and "La Poste is not offered any more" in words(page)
        assert not Order.objects.exists()

    def test_the_stall_packs_labels_and_sends(self, client):
        w = world()
        order = paid_order(w, on_shelf(w), carrier(w))
        client.force_login(w.tom.member)
        assert "goes with La Poste" in words(client.get(reverse("packing", args=["fern"])))
        label = words(client.get(reverse("packing_labels", args=["fern"])))
        assert "3 rue du Collège" in label and "39800 Poligny" in label and "FRANCE" in label
        page = client.get(reverse("stall_order", args=["fern", order.name]))
        assert "Give it to La Poste" in words(page) and "Goods handed over" not in words(page)
        page = client.post(reverse("send_parcel", args=["fern", order.name]), {"tracking": "8K1"}, follow=True)
        assert "is on its way" in words(page)
        assert "8K1" in words(client.get(reverse("order", args=[order.token])))

    def test_a_number_too_long_is_said_and_nothing_is_sent(self, client):
        w = world()
        order = paid_order(w, on_shelf(w), carrier(w))
        client.force_login(w.tom.member)
        page = client.post(reverse("send_parcel", args=["fern", order.name]), {"tracking": "8" * 81})
        assert page.status_code == 422 and 'value="8888' in page.content.decode() and state_of(order) == "paid"

    def test_the_stall_offers_and_closes_in_its_own_words(self, client):
        w = world()
        client.force_login(w.tom.member)
        url = reverse("carriage", args=["fern"])
        said = {"name": "Anna’s bicycle", "price": "2,50", "vat_rate": "20", "countries": "France", "place": ""}
        page = client.post(url, said, headers={"accept-language": "fr"}, follow=True)
        assert "Anna’s bicycle" in words(page) and "France" in words(page) and "2,50" in words(page)
        wrong = client.post(url, said | {"countries": "Atlantis"}, headers={"accept-language": "fr"})
        assert wrong.status_code == 422 and "Atlantis" in words(wrong)
        (offer,) = page.context["offers"]
        client.post(reverse("close_offer", args=["fern", offer.pk]))
        assert client.get(url).context["offers"] == []

    def test_a_reader_sees_no_form(self, client):
        w = world()
        client.force_login(treasurer(w).member)
        page = client.get(reverse("carriage", args=["fern"]))
        assert page.status_code == 200 and "Offer it to buyers" not in words(page)


@needs_db
class TestApi:
    def test_offers_are_read_ordered_by_and_sent(self, client):
        w = world()
        offer = carrier(w)
        (told,) = client.get("/api/1/cooperatives/fern/carriage/").json()
        assert (told["id"], told["price"], told["countries"]) == (offer.pk, "690", ["FR", "BE"])
        said = {
            "key": "a-key-of-some-program", "lines": [{"listing": on_shelf(w).pk, "pieces": 2}], "way": "bank",
            "name": "Cleo", "email": "cleo@rennet.example", "total": 1890,
            "carriages": [{"cooperative": "fern", "offer": offer.pk}],
        }  # fmt: skip
        no = client.post("/api/1/orders/", said, content_type="application/json")
        assert no.status_code == 422 and not Order.objects.exists()
        said |= {"street": "3 rue", "town": "Poligny", "country": "FR"}
        wrong = said | {"carriages": [{"cooperative": "nobody", "offer": offer.pk}], "total": None}
        no = client.post("/api/1/orders/", {k: v for k, v in wrong.items() if v}, content_type="application/json")
        assert no.status_code == 409 and not Order.objects.exists()
        made = client.post("/api/1/orders/", said, content_type="application/json").json()
        assert made["total"] == "1890" and made["carriages"][0]["name"] == "La Poste"
        order = Order.objects.get()
        by_bank(w, order)
        client.force_login(w.tom.member)
        client.post(
            f"/api/1/stalls/fern/orders/{order.name}/parcel/", {"tracking": "8K1"}, content_type="application/json"
        )
        told = client.get(f"/api/1/orders/{order.token}/").json()
        assert told["carriages"][0]["tracking"] == "8K1" and told["state"] == "handed_over"
        assert client.get("/api/1/cooperatives/nobody/carriage/").status_code == 404
