"""Reading: names by consent, what is at hand, the story of a lot, and a passbook that sums."""

import pytest
from django.contrib.auth.models import AnonymousUser

from cooperatives import queries
from cooperatives.services.contributions import correct_entry, correct_quantity, give_goods
from cooperatives.services.making import start_process
from cooperatives.services.people import admit_member, show_to
from tests.world import NOON, bars, beans, key, work, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


class TestNames:
    def test_are_shown_to_whom_the_member_agreed(self):
        w, other = world(), world("oak", "Oak")
        owners = [w.ben.address, "coops/fern", "nature/soil"]
        hidden = w.ben.pseudonym
        for to, near, far in (("self", hidden, hidden), ("cooperative", "Ben", hidden), ("public", "Ben", "Ben")):
            show_to(membership=w.ben, name=to, by=w.ben)
            assert queries.names_of(owners, reader=w.ada) == {w.ben.address: near, "coops/fern": "Fern Cooperative"}
            assert queries.names_of(owners, reader=other.ada)[w.ben.address] == far
            assert queries.names_of(owners)[w.ben.address] == far
            assert queries.names_of(owners, reader=w.ben)[w.ben.address] == "Ben"

    def test_are_numbers_for_farms_without_a_name(self):
        w = world()
        farm = admit_member(cooperative=w.fern, number="101001", at=NOON, by=w.ada)
        assert queries.shown_name(farm, w.ada) == "101001"
        assert queries.shown_name(farm, None) == farm.pseudonym


class TestMemberships:
    def test_are_of_the_person_and_not_of_who_has_left(self):
        w = world()
        assert queries.membership_in(w.people["ben"], "fern") == w.ben
        assert queries.membership_in(w.people["dov"], "fern") is None
        assert queries.memberships_of(AnonymousUser()) == []
        w.ben.left_at = w.later()
        w.ben.save()
        assert queries.memberships_of(w.people["ben"]) == []


class TestLotsAtHand:
    def test_say_what_is_left_and_what_takes_no_more(self):
        w = world()
        lot = beans(w, 60_000)
        bars(w, inputs=[lot])
        found = {row.code: (row.quantity, row.unit, row.is_drawn) for row in queries.lots_at_hand(w.fern)}
        assert found == {
            "wet-beans-1": (10_000, "g", True),
            "dark-72-1": (400, "bar", False),
            "cocoa-butter-1": (5_000, "g", False),
        }


class TestLotStory:
    def test_follows_every_hand_back(self):
        w = world()
        lot = bars(w)
        story = queries.lot_story(lot, reader=w.ada)
        assert (story.filled, story.left, story.people) == (400, 400, 1)
        assert {(g.who, g.kind, g.unit, g.quantity) for g in story.given} == {
            ("Ben", "harvest", "g", 45_000), ("Ben", "work/share", "min", 324)
        }  # fmt: skip
        assert [step.step for step in story.steps] == ["given", "made"]
        assert dict(story.minutes) == {"share": 324}

    def test_of_a_delivery_is_the_delivery(self):
        w = world()
        story = queries.lot_story(beans(w))
        assert [(g.who, g.quantity, g.evidence) for g in story.given] == [(w.ben.pseudonym, 50_000, "two-sided")]


class TestInside:
    def test_lists_what_is_in_a_process(self):
        w = world()
        process = start_process(by=w.ben, cooperative=w.fern, name="Roast", at=NOON)
        work(w, process, 90, wage=1_000)
        assert [(row.who, row.what, row.quantity) for row in queries.inside(process, w.ada)] == [
            ("Ben", "work/share", 90)
        ]


class TestDeliveries:
    def test_show_the_net_as_it_stands_after_corrections(self):
        w = world()
        for name, quantity in (("a", 5_000), ("b", 6_000), ("c", 7_000)):
            give_goods(
                by=w.tom, giver=w.ben, goods="Wet beans", unit="g", quantity=quantity, tare=1_000, hub=w.hub,
                at=w.later(), key=f"phone/{name}",
            )  # fmt: skip
        correct_entry(by=w.tom, entry="phone/a", reason="Twice", at=w.later(), key="correct/1")
        correct_quantity(by=w.tom, entry="phone/b", quantity=5_500, reason="Crate", at=w.later(), key="correct/2")
        correct_quantity(by=w.tom, entry="phone/b", quantity=5_400, reason="Crate", at=w.later(), key="correct/3")
        found = queries.deliveries(w.fern, reader=w.tom)
        assert [(d.who, d.weighing.gross, d.net, len(d.reasons)) for d in found] == [
            ("Ben", 7_000, 6_000, 0), ("Ben", 6_000, 5_400, 2), ("Ben", 5_000, 0, 1)
        ]  # fmt: skip


class TestPassbook:
    def test_lists_what_was_given_promised_and_taken_back(self):
        w = world()
        beans(w, 11_500, price=8_188)
        give_goods(
            by=w.ada, giver=w.ben, goods="Wet beans", unit="g", quantity=500, hub=w.hub, at=w.later(), key="phone/wrong"
        )
        correct_entry(by=w.ada, entry="phone/wrong", reason="Not his", at=w.later(), key=key("correct"))
        book = queries.passbook(w.ben)
        assert [(line.lot, line.quantity, line.reason) for line in book.lines] == [
            ("wet-beans-1", 11_500, ""), ("wet-beans-2", 500, ""), ("wet-beans-2", -500, "Not his")
        ]  # fmt: skip
        assert (book.balance, book.promised, dict(book.given)) == (0, 8_188, {"g": 11_500})
        assert book.totals == {"earned": 0, "taken_off": 0, "paid": 0}
