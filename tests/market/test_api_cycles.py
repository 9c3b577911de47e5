"""Order cycles by program: opened and closed with a token's scope, once for a key, refused in the pages' words."""

from datetime import timedelta

import pytest
from django.utils import timezone

from market.models import Cycle
from tests.market.cycles import cycle
from tests.market.goods import bought, on_shelf, ordered, stall
from tests.market.test_api_stall import Program
from tests.world import agreed, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


def plan(**more):
    now = timezone.now()
    return {
        "key": "a-key-of-a-program",
        "name": "Week 48",
        "opens_at": (now - timedelta(hours=9)).isoformat(),
        "closes_at": (now + timedelta(days=3)).isoformat(),
        "handover_on": (now + timedelta(days=4)).date().isoformat(),
        "handover_place": "Old dairy hall",
    } | more


@pytest.fixture
def w():
    found = world()
    found.at = timezone.now() - timedelta(hours=4)
    return found


class TestOpen:
    def test_the_same_key_opens_one(self, w):
        stall(w)
        listing = on_shelf(w)
        program = Program(w, w.ada, "cycles")
        said = plan(goods=[{"listing": listing.pk, "most": "5"}])
        answers = [program.post("cycles/", **said) for _ in "ab"]
        assert [a.status_code for a in answers] == [201, 201] and Cycle.objects.count() == 1
        assert answers[0].json()["state"] == "open" and Cycle.objects.get().goods.get().most == 5

    def test_needs_the_scope_and_the_role(self, w):
        stall(w)
        assert Program(w, w.ada, "read", "settlements").post("cycles/", **plan()).status_code == 403
        assert Program(w, w.tom, "cycles").post("cycles/", **plan()).status_code == 403
        assert not Cycle.objects.exists()

    def test_is_refused_in_the_same_words(self, w):
        program = Program(w, w.ada, "cycles")
        assert program.post("cycles/", **plan()).json()["code"] == "NoStallYet"
        cycle(w)
        answer = program.post("cycles/", **plan())
        assert answer.status_code == 409 and answer.json()["code"] == "AnotherCycleThen"
        wrong = program.post("cycles/", **plan(handover_on="2020-01-01", key="another-key-of-it"))
        assert wrong.status_code == 422 and wrong.json()["code"] == "HandedOverTooEarly"


class TestReadCloseDivide:
    def test_from_the_first_order_to_the_last_cent(self, w, client):
        agreed(w)
        listing = on_shelf(w)
        row = cycle(w)
        ordered(w, listing, 3)
        bought(w, listing, 2)
        program = Program(w, w.ada, "read", "cycles", "settlements")
        found = program.get(f"cycles/{row.code}/").json()
        assert (found["orders"], found["undivided"], found["bring"][0]["pieces"]) == (2, "1089", 5)
        assert client.get(f"/api/1/listings/{listing.pk}/").json()["cycle"]["open"]["code"] == row.code
        assert program.post(f"cycles/{row.code}/divide/").json()["code"] == "CycleStillOpen"
        assert [program.post(f"cycles/{row.code}/close/").json()["state"] for _ in "ab"] == ["closed", "closed"]
        refused = client.post(
            "/api/1/orders/",
            {"lines": [{"listing": listing.pk, "pieces": 1}], "name": "Cleo", "email": "c@x.example", "way": "pickup",
             "key": "a-key-of-a-checkout", "total": "600"},
            content_type="application/json",
        )  # fmt: skip
        assert refused.status_code == 409 and refused.json()["code"] == "OrdersClosed"
        made = program.post(f"cycles/{row.code}/divide/").json()
        assert [(one["cycle"], one["amount"]) for one in made] == [(row.code, "1089")]
        assert program.post(f"cycles/{row.code}/divide/").json() == []
        assert program.get("cycles/").json()[0]["code"] == row.code
