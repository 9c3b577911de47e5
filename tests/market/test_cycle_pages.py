"""The pages of order cycles: buyers read until when to order and where to fetch; a stall plans, packs and divides."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from market.models import Cycle, Division, Letter, Order
from market.rules.words import bank_reference
from market.services.cycles import close_cycle
from market.services.orders import cancel_order
from tests.market.cycles import cycle
from tests.market.goods import bought, on_shelf, ordered, stall
from tests.market.test_shop_pages import words
from tests.world import agreed, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


@pytest.fixture
def w():
    """Fern, whose time is the real one, since pages look at the clock."""
    found = world()
    found.at = timezone.now() - timedelta(hours=2)
    return found


def said(w, **more) -> dict[str, str]:
    """What a steward types."""
    now = timezone.localtime()
    return {
        "key": "a-key-of-the-form",
        "name": "Week 48",
        "opens_at": (now - timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M"),
        "closes_at": (now + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M"),
        "handover_on": (now + timedelta(days=4)).strftime("%Y-%m-%d"),
        "handover_place": "Old dairy hall",
        "handover_note": "17 to 19 h",
        "has_all_goods": "on",
    } | more


class TestBuyer:
    def test_reads_until_when_to_order_and_when_to_fetch(self, client, w):
        listing = on_shelf(w)
        row = cycle(w)
        for path in (reverse("shelf"), reverse("listing", args=[listing.pk])):
            page = client.get(path)
            assert "Orders until" in words(page) and row.closes_at.isoformat() in page.content.decode()
        assert "Old dairy hall, Poligny" in words(client.get(reverse("listing", args=[listing.pk])))

    def test_cannot_order_what_is_closed_and_reads_when_it_opens(self, client, w):
        listing = on_shelf(w)
        row = cycle(w)
        client.post(reverse("put_in_cart", args=[listing.pk]), {"pieces": 2})
        close_cycle(by=w.ada, cycle=row, at=timezone.now())
        following = cycle(w, opens=timedelta(days=6))
        page = client.get(reverse("listing", args=[listing.pk]))
        assert "Closed" in words(page) and "put_in_cart" not in page.content.decode()
        assert following.opens_at.isoformat() in page.content.decode()
        assert "Closed" in words(client.get(reverse("shelf")))
        basket = client.get(reverse("cart"))
        assert "You can order again from" in words(basket) and "2" in words(basket)  # nothing of the cart is lost
        assert not basket.context["basket"].can_be_ordered

    def test_a_cycle_that_closes_at_checkout_keeps_what_was_typed(self, client, w):
        listing = on_shelf(w)
        row = cycle(w)
        client.post(reverse("put_in_cart", args=[listing.pk]), {"pieces": 2})
        form = client.get(reverse("checkout")).context["form"]
        typed = {"key": form["key"].value(), "total": 1200, "name": "Cleo", "email": "c@x.example", "way": "pickup"}
        close_cycle(by=w.ada, cycle=row, at=timezone.now())
        page = client.post(reverse("place_order"), typed)
        assert page.status_code == 409 and "were taken until" in words(page) and "c@x.example" in page.content.decode()
        assert not Order.objects.exists() and client.session["cart"] == {str(listing.pk): 2}

    def test_reads_the_hand_over_at_checkout_and_on_the_order(self, client, w):
        stall(w)
        listing = on_shelf(w)
        row = cycle(w, handover_note="17 to 19 h", handover_place="At the mill")
        client.post(reverse("put_in_cart", args=[listing.pk]), {"pieces": 1})
        pages = [client.get(reverse("checkout")), client.get(reverse("order", args=[ordered(w, listing).token]))]
        for page in pages:
            assert (
                "At the mill" in words(page) and "17 to 19 h" in words(page) and str(row.handover_on.day) in words(page)
            )
            assert "Saturday, 10:00–13:00" not in words(page)  # the stall's own hours are for what is in no cycle


class TestStall:
    def test_a_steward_opens_changes_closes_and_repeats_one(self, client, w):
        stall(w)
        listing = on_shelf(w)
        client.force_login(w.people["ada"])
        page = client.post(reverse("cycles", args=["fern"]), said(w) | {f"most-{listing.pk}": "3"}, follow=True)
        row = Cycle.objects.get()
        assert "Takes orders" in words(page) and row.goods.get().most == 3
        changed = said(w, name="Week 49") | {f"most-{listing.pk}": "4"}
        client.post(reverse("change_cycle", args=["fern", row.code]), changed)
        ordered(w, listing, 2)
        page = client.post(reverse("close_cycle", args=["fern", row.code]), follow=True)
        assert "Week 49" in words(page) and "Closed" in words(page)
        assert page.context["unsold"] == [(listing, 2, 2)] and [r.pieces for r in page.context["bring"]] == [2]
        client.post(reverse("repeat_cycle", args=["fern", row.code]), {"key": "again"})
        client.post(reverse("repeat_cycle", args=["fern", row.code]), {"key": "again"})
        assert Cycle.objects.count() == 2 and Cycle.objects.first().goods.get().most == 4

    def test_what_is_wrong_comes_back_as_it_was_typed(self, client, w):
        stall(w)
        client.force_login(w.people["ada"])
        page = client.post(reverse("cycles", args=["fern"]), said(w, handover_on="2020-01-01"))
        assert (
            page.status_code == 422 and "after the last order" in words(page) and "17 to 19 h" in page.content.decode()
        )

    def test_packs_and_hands_over_one_cycle(self, client, w):
        listing, other = on_shelf(w), on_shelf(w)
        row = cycle(w, goods=(listing.pk,))
        inside, outside = ordered(w, listing, 2), ordered(w, other)
        client.force_login(w.people["tom"])
        page = client.get(reverse("packing", args=["fern"]), {"cycle": row.code})
        assert inside.word in words(page) and outside.word not in words(page)
        assert page.context["packing"].by_goods == {listing.title: 2}
        found = client.get(reverse("packing", args=["fern"]), {"cycle": row.code, "code": inside.word})
        assert found.url == reverse("stall_order", args=["fern", inside.name])
        wrong = client.get(reverse("packing", args=["fern"]), {"cycle": row.code, "code": outside.word})
        assert "No order that waits" in words(wrong)
        assert client.get(reverse("packing", args=["fern"]), {"cycle": "no-such"}).status_code == 404
        assert f"packing/labels/?cycle={row.code}" in page.content.decode()
        labels = client.get(reverse("packing_labels", args=["fern"]), {"cycle": row.code})
        assert inside.word in words(labels) and outside.word not in words(labels)
        assert bank_reference(inside.name) in words(labels) and labels.content.decode().count('class="qr"') == 1
        everything = client.get(reverse("packing_labels", args=["fern"]))
        assert everything.content.decode().count('class="qr"') == 2

    def test_takes_away_what_each_supplier_brings(self, client, w):
        listing = on_shelf(w)
        row = cycle(w)
        ordered(w, listing, 5)
        client.force_login(w.people["tom"])
        answer = client.get(reverse("cycle_table", args=["fern", row.code]))
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert rows[1] == ["Fern Cooperative", "Dark 72", listing.lot.code, "fern", "5", "5", "bar"]

    def test_calls_buyers_and_divides(self, client, w):
        agreed(w)
        listing = on_shelf(w)
        row = cycle(w)
        waits = ordered(w, listing)
        bought(w, listing, 2)
        close_cycle(by=w.ada, cycle=row, at=timezone.now())
        client.force_login(w.people["ada"])
        call = "Write that the goods are ready"
        assert call in words(client.get(reverse("cycle", args=["fern", row.code])))
        page = client.post(reverse("call_buyers", args=["fern", row.code]), follow=True)
        assert "One letter is written." in words(page) and Letter.objects.filter(key__contains="/ready-").count() == 1
        page = client.post(reverse("divide_cycle", args=["fern", row.code]), follow=True)
        assert "One lot is divided." in words(page) and Division.objects.get().cycle == row
        assert "in the order cycle “Week 48”" in words(client.get(reverse("settlement", args=["fern"])))
        cancel_order(order=waits, at=timezone.now())
        assert call not in words(client.get(reverse("cycle", args=["fern", row.code])))

    def test_a_hub_hands_over_what_others_sell_in_its_cycle(self, client, w):
        oak = world("oak", "Oak")
        theirs = on_shelf(oak)
        theirs.lot.hub = w.hub
        theirs.lot.save()
        row = cycle(w)
        oak.at = w.at
        order = ordered(oak, theirs)
        client.force_login(w.people["tom"])
        page = client.get(reverse("packing", args=["fern"]), {"cycle": row.code})
        assert order.word in words(page) and "Oak" in page.context["packing"].by_supplier
        client.post(reverse("receive_payment", args=["fern", order.name]), {"way": "cash", "amount": "6.00"})
        order.refresh_from_db()
        assert order.state == "handed_over"
        client.force_login(oak.people["ada"])
        mine = client.get(reverse("cycle", args=["oak", row.code]))
        assert mine.context["undivided"] and not mine.context["is_ours"]
        assert client.get(reverse("change_cycle", args=["oak", row.code])).status_code in {200, 403, 404}
        refused = client.post(reverse("close_cycle", args=["oak", row.code]))
        assert refused.status_code == 403

    def test_a_stranger_sees_nothing(self, client, w):
        row = cycle(w)
        client.force_login(world("oak", "Oak").people["ada"])
        assert client.get(reverse("cycle", args=["fern", row.code])).status_code == 404
