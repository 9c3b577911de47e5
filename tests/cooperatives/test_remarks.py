"""Objecting to a weight: who may, in what order, and what ends it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from cooperatives import queries
from cooperatives.models import Remark, Weighing
from cooperatives.services.contributions import correct_quantity, give_goods
from cooperatives.services.remarks import (
    NoObjection,
    NothingSaid,
    ObjectedAlready,
    OwnRecord,
    answer,
    end_objection,
    object_to,
)
from ledger.rules.refusal import NotAllowed
from tests.world import NOON, key, world

pytestmark = pytest.mark.quick


@pytest.fixture
def w(db):
    return world()


@pytest.fixture
def weighing(w):
    give_goods(by=w.tom, giver=w.ben, goods="Beans", unit="g", quantity=18_000, hub=w.hub, at=NOON, key="phone/1")
    return Weighing.objects.get(key="phone/1")


def objects(w, weighing, **more):
    said = dict(by=w.ben, weighing=weighing, net=20_000, text="My scale said twenty.", at=NOON)
    return object_to(**said | more)


def delivered(w, weighing):
    return queries.delivery(w.ben.cooperative, weighing.pk, reader=w.ben)


class TestObjecting:
    def test_is_for_whoever_gave_and_once_at_a_time(self, w, weighing):
        for other in (w.tom, w.ada):
            with pytest.raises(NotAllowed):
                objects(w, weighing, by=other)
        objects(w, weighing)
        assert delivered(w, weighing).is_disputed
        with pytest.raises(ObjectedAlready):
            objects(w, weighing)

    def test_changes_no_weight(self, w, weighing):
        before = delivered(w, weighing).net
        objects(w, weighing)
        assert delivered(w, weighing).net == before == 18_000

    def test_says_something(self, w, weighing):
        with pytest.raises(NothingSaid):
            objects(w, weighing, text="  ")
        assert not Remark.objects.exists()


class TestAnswering:
    def test_is_for_both_sides_while_somebody_objects(self, w, weighing):
        with pytest.raises(NoObjection):
            answer(by=w.tom, weighing=weighing, text="Was it wet?", at=NOON)
        objects(w, weighing)
        answer(by=w.tom, weighing=weighing, text="Was it wet?", at=NOON)
        answer(by=w.ben, weighing=weighing, text="No.", at=NOON)
        assert [said.remark.text for said in delivered(w, weighing).said] == [
            "My scale said twenty.", "Was it wet?", "No.",
        ]  # fmt: skip


class TestEnding:
    def test_whoever_weighed_does_not_judge(self, w, weighing):
        objects(w, weighing)
        with pytest.raises(OwnRecord):
            end_objection(by=w.tom, weighing=weighing, text="It is right.", at=NOON)
        end_objection(by=w.ada, weighing=weighing, text="I weighed it again.", at=NOON)
        assert not delivered(w, weighing).is_disputed
        with pytest.raises(NoObjection):
            end_objection(by=w.ada, weighing=weighing, text="Twice.", at=NOON)

    def test_the_giver_may_stop_and_begin_again(self, w, weighing):
        objects(w, weighing)
        end_objection(by=w.ben, weighing=weighing, text="I read my scale wrongly.", at=NOON)
        objects(w, weighing, net=None)
        assert delivered(w, weighing).is_disputed

    def test_a_correction_ends_it_with_its_reason(self, w, weighing):
        objects(w, weighing)
        correct_quantity(by=w.ada, entry="phone/1", quantity=20_000, reason="Two sacks", at=NOON, key=key())
        found = delivered(w, weighing)
        assert (found.net, found.is_disputed, found.said[-1].remark.text) == (20_000, False, "Two sacks")

    def test_a_correction_without_objection_says_nothing_here(self, w, weighing):
        correct_quantity(by=w.ada, entry="phone/1", quantity=20_000, reason="Two sacks", at=NOON, key=key())
        assert delivered(w, weighing).said == ()


class TestTwoAtOnce:
    def test_open_one_objection(self, own_database):
        w = world()
        give_goods(by=w.tom, giver=w.ben, goods="Beans", unit="g", quantity=18_000, hub=w.hub, at=NOON, key="phone/1")
        weighing, together = Weighing.objects.get(key="phone/1"), Barrier(2)

        def both(_n):
            together.wait()
            try:
                objects(w, weighing)
                return "opened"
            except ObjectedAlready:
                return "refused"
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(both, range(2))) == ["opened", "refused"]


class TestPage:
    def test_the_giver_objects_the_clerk_answers_the_steward_lets_it_stand(self, w, weighing, client):
        url = f"/weigh/fern/{weighing.pk}/"
        client.force_login(w.people["ben"])
        assert "Object to the weight" in client.get(url).content.decode()
        assert client.post(f"{url}object", {"net": "20", "text": "Twenty."}).status_code == 302
        assert client.post(f"{url}object", {"net": "20", "text": "Twenty."}).status_code == 409
        assert client.post(f"{url}object", {"net": "x", "text": ""}).status_code == 400
        client.force_login(w.people["tom"])
        page = client.get(url).content.decode()
        assert "Twenty." in page and "20\xa0kg" in page and "The weight stands" not in page
        assert client.post(f"{url}answer", {"text": "Was it wet?"}).status_code == 302
        client.force_login(w.people["ada"])
        assert "Somebody objects" in client.get("/cooperatives/fern/making/").content.decode()
        assert "The weight stands" in client.get(url).content.decode()
        assert client.post(f"{url}answer", {"text": "Weighed again.", "end": "1"}).status_code == 302
        assert not delivered(w, weighing).is_disputed

    def test_is_not_there_for_strangers(self, w, weighing, client):
        client.force_login(w.people["dov"])
        assert client.post(f"/weigh/fern/{weighing.pk}/object", {"text": "No."}).status_code == 404
        assert not Remark.objects.exists()
