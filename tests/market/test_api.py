"""The market's API, its tasks and its admin: the same services and the same refusals."""

import pytest
from django.core import mail
from django.urls import reverse

from market import tasks
from market.models import Letter, Order
from market.services.letters import send_letters
from tests.market.goods import bought, offered, on_shelf, ordered
from tests.world import agreed, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


def asked(listing, pieces: int = 1, **more) -> dict:
    said = {"key": "a-key-of-a-client-01", "name": "Cleo", "email": "cleo@rennet.example", "way": "pickup"}
    return {**said, "lines": [{"listing": listing.pk, "pieces": pieces}], **more}


def order_by_api(client, body):
    return client.post(reverse("api_orders"), body, content_type="application/json")


class TestListings:
    def test_anyone_reads_the_shelf_with_prices_as_digits(self, client):
        w = world()
        agreed(w)
        listing = on_shelf(w)
        (found,) = client.get(reverse("api_listings")).json()
        assert found["id"] == listing.pk and found["price"] == "600" and found["unit_price"] == "6000"
        assert sum(int(n) for n in found["groups"].values()) == 600

    def test_a_draft_is_not_there(self, client):
        answer = client.get(reverse("api_listing", args=[offered(world()).pk]))
        assert answer.status_code == 404 and answer.json()["code"] == "NoSuchListing"


class TestOrders:
    def test_placed_read_and_cancelled_by_its_token(self, client):
        placed = order_by_api(client, asked(on_shelf(world()), 2))
        assert placed.status_code == 201 and placed.json()["total"] == "1200" and "no-store" in placed["Cache-Control"]
        token = placed.json()["token"]
        assert client.get(reverse("api_order", args=[token])).json()["state"] == "placed"
        assert client.post(reverse("api_cancel_order", args=[token])).json()["state"] == "cancelled"

    def test_the_same_key_answers_the_same_order(self, client):
        body = asked(on_shelf(world()))
        assert order_by_api(client, body).json() == order_by_api(client, body).json()
        assert Order.objects.count() == 1

    def test_a_key_of_another_opens_nothing(self, client):
        listing = on_shelf(world())
        order_by_api(client, asked(listing))
        answer = order_by_api(client, asked(listing, email="dov@rennet.example"))
        assert answer.status_code == 409 and answer.json()["code"] == "AnotherOrder"

    def test_sold_out_is_said_as_on_the_page(self, client):
        w = world()
        listing = on_shelf(w, number=1)
        ordered(w, listing)
        answer = order_by_api(client, asked(listing))
        assert answer.status_code == 409 and answer.json()["code"] == "SoldOut"

    @pytest.mark.parametrize(
        "wrong",
        [{"lines": []}, {"email": "x"}, {"way": "barter"}, {"key": "short"}, {"lines": [{"listing": 1, "pieces": 0}]},
         {"lines": [{"listing": 2**70, "pieces": 1}]}, {"name": ""}, {"lines": "x"}],
    )  # fmt: skip
    def test_what_cannot_be_read_is_refused(self, client, wrong):
        assert order_by_api(client, asked(on_shelf(world()), **wrong)).status_code == 400
        assert not Order.objects.exists()

    def test_paid_it_cannot_be_cancelled_and_a_guess_finds_nothing(self, client):
        w = world()
        order = bought(w, on_shelf(w))
        assert client.post(reverse("api_cancel_order", args=[order.token])).status_code == 409
        assert client.get(reverse("api_order", args=[order.name])).status_code == 404


class TestLetters:
    def test_a_sweep_sends_each_once(self):
        w = world()
        ordered(w, on_shelf(w))
        assert tasks.send_letters() == 1 and tasks.send_letters() == 0
        assert len(mail.outbox) == 1 and mail.outbox[0].to == ["cleo@rennet.example"]

    def test_one_that_fails_is_tried_again_later(self):
        w = world()
        ordered(w, on_shelf(w))

        def broken(letter):
            raise OSError("the mail server is away")

        assert send_letters(send=broken, at=w.later()) == 0
        assert send_letters(send=broken, at=w.later()) == 0 and Letter.objects.get().tries == 1
        told = []
        assert send_letters(send=told.append, at=w.later(hours=1)) == 1 and len(told) == 1


class TestExpireTask:
    def test_runs_over_what_is_due(self):
        w = world()
        order = ordered(w, on_shelf(w))
        assert tasks.expire_orders() == 0
        Order.objects.filter(pk=order.pk).update(expires_at=w.at.replace(year=2020))
        assert tasks.expire_orders() == 1


class TestAdmin:
    def test_shows_orders_without_their_secret_and_changes_none(self, admin_client):
        w = world()
        order = bought(w, on_shelf(w))
        page = admin_client.get(reverse("admin:market_order_change", args=[order.pk]))
        assert page.status_code == 200 and order.token not in page.content.decode()
        assert admin_client.post(reverse("admin:market_order_delete", args=[order.pk])).status_code == 403
        assert admin_client.get(reverse("admin:market_payment_add")).status_code == 403
