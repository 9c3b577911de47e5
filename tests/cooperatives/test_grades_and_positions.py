"""A grade in the cooperative's own words, and the place of a weighing, which is its giver's own."""

import json
from hashlib import sha256

import pytest
from django.db import IntegrityError, transaction

from cooperatives.models import Weighing
from cooperatives.queries import deliveries, delivery
from cooperatives.services.contribution_files import import_contributions
from cooperatives.services.devices import enrol_device
from cooperatives.services.erasure import erase_person
from cooperatives.services.positions import NoPosition, forget_position, show_position
from ledger.queries import entries_touching
from ledger.rules.refusal import NotAllowed
from tests.cooperatives.phone import Phone
from tests.market.jars import jars
from tests.market.test_shop_pages import words
from tests.world import beans, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

API = "/api/1/cooperatives/fern/contributions/goods"
FIELD = (-1_623_400, 6_688_500)
SAID = {
    "key": "phone/aaaaaaaa-1", "goods": "Wet beans", "gross": 18_100, "tare": 1_800, "hub": "fern", "grade": "First",
    "position": [-1.6234, 6.6885],
}  # fmt: skip


@pytest.fixture
def w():
    return world()


def weighed(w, **more):
    beans(w, 1_000, grade="First", position=FIELD, **more)
    return Weighing.objects.get()


class TestGiveGoods:
    def test_keeps_both_beside_the_weighing_and_in_no_entry(self, w):
        kept = weighed(w)
        assert (kept.grade, kept.longitude, kept.latitude, kept.is_position_shown) == ("First", *FIELD, False)
        (entry,) = entries_touching([kept.lot.address])
        assert "First" not in str(entry) and "6688" not in str(entry)

    def test_no_position_lies_off_the_earth(self, w):
        with pytest.raises(IntegrityError), transaction.atomic():
            beans(w, 1_000, position=(0, 90_000_001))


class TestWhoReadsIt:
    def test_the_giver_alone_until_he_shows_it(self, w):
        kept = weighed(w)
        seen = lambda reader: delivery(w.fern, kept.pk, reader=reader).position  # noqa: E731
        assert [seen(reader) for reader in (w.ben, w.ada, w.tom, None)] == [FIELD, None, None, None]
        show_position(by=w.ben, weighing=kept, is_shown=True)
        assert [seen(reader) for reader in (w.ben, w.ada, w.tom)] == [FIELD] * 3
        show_position(by=w.ben, weighing=kept, is_shown=False)
        assert seen(w.ada) is None and deliveries(w.fern, reader=w.ada)[0].position is None

    def test_nobody_else_shows_or_forgets_it(self, w):
        kept = weighed(w)
        for by in (w.ada, w.tom):
            with pytest.raises(NotAllowed):
                show_position(by=by, weighing=kept, is_shown=True)
            with pytest.raises(NotAllowed):
                forget_position(by=by, weighing=kept)
        forget_position(by=w.ben, weighing=kept)
        assert delivery(w.fern, kept.pk, reader=w.ben).position is None
        with pytest.raises(NoPosition):
            show_position(by=w.ben, weighing=kept, is_shown=True)

    def test_erasing_the_person_erases_it(self, w):
        weighed(w)
        show_position(by=w.ben, weighing=Weighing.objects.get(), is_shown=True)
        erase_person(person=w.people["ben"], by=w.people["ben"], at=w.later())
        kept = Weighing.objects.get()
        assert (kept.longitude, kept.latitude, kept.is_position_shown) == (None, None, False)


class TestApi:
    def test_a_phone_says_both_once(self, w, client):
        phone = Phone()
        enrol_device(member=w.people["tom"], public_key=phone.public_key, name="Phone", at=w.later())
        for _ in "ab":
            assert phone.send("POST", API, SAID | {"giver": w.ben.address}).status_code == 201
        kept = Weighing.objects.get()
        assert (kept.grade, kept.longitude, kept.latitude) == ("First", *FIELD)
        client.force_login(w.people["ada"])
        told = client.get("/api/1/cooperatives/fern/contributions").json()["contributions"][0]
        assert told["grade"] == "First" and "6688" not in json.dumps(told)

    @pytest.mark.parametrize("position", [[1], [1, 2, 3], ["here", 1], "1,2", [0, 91], [181, 0]])
    def test_refuses_what_is_no_position(self, w, position):
        phone = Phone()
        enrol_device(member=w.people["tom"], public_key=phone.public_key, name="Phone", at=w.later())
        said = SAID | {"giver": w.ben.address, "position": position}
        assert phone.send("POST", API, said).status_code in {400, 422}
        assert not Weighing.objects.exists()


class TestPages:
    def test_the_giver_shows_it_and_has_it_forgotten(self, w, client):
        at = f"/weigh/fern/{weighed(w).pk}/"
        client.force_login(w.people["ada"])
        page = words(client.get(at))
        assert "First" in page and "1.6234W" not in page
        assert client.post(f"{at}position", {"what": "show"}).status_code == 403
        client.force_login(w.people["ben"])
        page = words(client.get(at))
        assert "1.6234W 6.6885N" in page and "only you see it" in page
        assert "Your cooperative sees it" in words(client.post(f"{at}position", {"what": "show"}, follow=True))
        client.force_login(w.people["ada"])
        page = words(client.get(at))
        assert "1.6234W 6.6885N" in page and "Forget the place" not in page
        client.force_login(w.people["ben"])
        assert "1.6234W" not in words(client.post(f"{at}position", {"what": "forget"}, follow=True))

    def test_the_scale_takes_a_grade_without_a_script_and_offers_it_again(self, w, client):
        client.force_login(w.people["tom"])
        key = "page/00000000-0000-4000-8000-000000000001"
        said = {"key": key, "giver": w.ben.address, "into": "new", "goods": "Milk", "gross": "18", "hub": "fern"}
        assert client.post("/weigh/fern/give", said | {"grade": " Second \n class "}).status_code == 302
        assert Weighing.objects.get().grade == "Second class"
        page = client.get("/weigh/fern/").text
        assert '<option value="Second class">' in page and ", Second class</td>" in page


class TestTables:
    HEAD = ("Date", "Member’s number", "Goods", "On the scale")
    ROW = ("2026-11-23", "7", "Wet beans", "20.5")

    def brought(self, w, *rows):
        return import_contributions(cooperative=w.fern, rows=rows, by=w.tom, at=w.later(days=1))

    def test_a_grade_comes_and_goes_and_rows_without_one_keep_their_keys(self, w, client):
        w.ben.number = "7"
        w.ben.save()
        assert self.brought(w, self.HEAD, self.ROW).new == 1
        cells = "\x1f".join(["fern", "2026-11-23", "7", "Wet beans", "20.5", *[""] * 6])
        assert Weighing.objects.get().key == f"import/{sha256(cells.encode()).hexdigest()[:32]}/1"
        assert self.brought(w, [*self.HEAD, "Grade"], [*self.ROW, ""]).known == 1
        assert self.brought(w, [*self.HEAD, "Grade"], [*self.ROW, "Second"]).new == 1
        client.force_login(w.people["tom"])
        table = client.get("/cooperatives/fern/contributions.csv").text
        assert "Key,Grade" in table and table.count(",Second\r\n") == 1


def test_packaging_is_no_goods_that_somebody_brings(w, client):
    beans(w, 1_000)
    jars(w)
    client.force_login(w.people["tom"])
    page = client.get("/weigh/fern/").text
    assert "Wet beans, new lot" in page and "Jar, new lot" not in page
