"""Hours on the station's page: typed, shown as they stand, refused to strangers."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from cooperatives.models import Process
from cooperatives.queries.hours import hours_since, worked_on
from cooperatives.services.contributions import correct_quantity, give_work
from cooperatives.services.making import start_process
from cooperatives.services.people import admit_member
from tests.world import bars, key, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

KEY = "page/00000000-0000-4000-8000-000000000001"
GIVE = "/weigh/fern/hours/give"


def typed(w, **other):
    return {"key": KEY, "worker": w.ben.address, "process": "roast-1", "kind": "share", "hours": "1"} | other


@pytest.fixture
def w():
    w = world()
    start_process(by=w.ben, cooperative=w.fern, name="Roast", at=w.later())
    return w


class TestQueries:
    def test_hours_stand_as_corrected(self, w):
        (process,) = worked_on(w.fern, ended_since=w.at)
        before, said = w.at, {"by": w.tom, "worker": w.ben, "process": process}
        give_work(**said, minutes=60, at=w.later(), key="phone/1")
        correct_quantity(by=w.tom, entry="phone/1", quantity=45, reason="A break", at=w.later(), key=key("undo"))
        assert [(row.minutes, row.worker) for row in hours_since([process], before, w.ada)] == [(45, w.ben.address)]
        assert hours_since([process], w.later(), w.ada) == []

    def test_what_ended_long_ago_is_not_offered(self, w):
        bars(w)
        Process.objects.filter(code="roast-2").update(finished_at=w.at)
        offered = [process.code for process in worked_on(w.fern, ended_since=w.at)]
        assert offered == ["roast-1", "roast-2"]
        assert [p.code for p in worked_on(w.fern, ended_since=w.at + timedelta(days=1))] == ["roast-1"]


class TestPage:
    def test_records_typed_hours_once(self, w, client):
        client.force_login(w.people["ben"])
        for _ in range(2):
            assert client.post(GIVE, typed(w, minutes="5")).status_code == 302
        page = client.get("/weigh/fern/hours/").text.replace("\N{NO-BREAK SPACE}", " ")
        assert page.count("1 h 5 min") == 2  # the row and the sum
        assert f'data-key="{KEY}"' in page

    def test_offers_the_kinds_of_work_in_use(self, w, client):
        process = worked_on(w.fern, ended_since=w.at)[0]
        client.force_login(w.people["ben"])
        assert client.post(GIVE, typed(w, kind="fine-roast")).status_code == 400
        for number, kind in enumerate(("fine-roast", "share", "paid")):
            give_work(
                by=w.tom, worker=w.ada, process=process, kind=kind, minutes=5, at=w.later(), key=f"phone/{number}"
            )
        page = client.get("/weigh/fern/hours/").text
        kinds = re.search(r'<select name="kind".*?</select>', page, re.DOTALL)
        assert kinds and re.findall('value="([^"]+)"', kinds[0]) == ["share", "care", "family", "fine-roast"]
        assert ">fine roast<" in kinds[0]
        assert client.post(GIVE, typed(w, kind="fine-roast")).status_code == 302

    def test_says_what_is_wrong(self, w, client):
        client.force_login(w.people["ben"])
        for wrong, status in (({"hours": ""}, 422), ({"process": "none"}, 400), ({"worker": w.ada.address}, 400)):
            assert client.post(GIVE, typed(w, **wrong)).status_code == status
        process = Process.objects.get()
        assert hours_since([process], timezone.now() - timedelta(days=999), w.ada) == []

    def test_a_member_sees_the_own_hours_and_an_officer_all(self, w, client):
        now, process = timezone.now(), Process.objects.get()
        for worker in (w.ben, w.ada):
            give_work(by=w.ada, worker=worker, process=process, minutes=30, at=now, key=key())
        for who, rows in (("ben", 1), ("ada", 2), ("tom", 2)):
            client.force_login(w.people[who])
            assert client.get("/weigh/fern/hours/").text.count("<tr data-key") == rows, who

    def test_strangers_are_refused(self, w, client):
        client.force_login(w.dov)
        assert client.get("/weigh/fern/hours/").status_code == client.post(GIVE, typed(w)).status_code == 404


class TestPageOfMany:
    """Where members are too many for a list, they are named by a few letters, as at the scale."""

    @pytest.fixture
    def w(self, w):
        for number in range(10, 30):
            name = "Émile Kouassi" if number == 17 else f"Farmer {number}"
            admit_member(cooperative=w.fern, name=name, number=f"F{number}", at=w.later(), by=w.ada)
        return w

    def test_finds_by_name_or_number_without_a_script(self, w, client):
        client.force_login(w.people["tom"])
        assert client.post(GIVE, typed(w, worker="emile")).status_code == 302
        (process,) = worked_on(w.fern, ended_since=w.at)
        (row,) = hours_since([process], w.at, w.ada)
        assert w.fern.memberships.get(address=row.worker).number == "F17"
        assert client.post(GIVE, typed(w, worker="farmer")).status_code == 400

    def test_the_page_begins_with_oneself_and_does_not_grow_with_the_members(self, w, client):
        client.force_login(w.people["tom"])
        page = client.get("/weigh/fern/hours/").text
        assert f'data-address="{w.tom.address}"' in page and "Farmer 12" not in page
        for number in range(100, 130):
            admit_member(cooperative=w.fern, name=f"Farm {number}", number=f"G{number}", at=w.later(), by=w.ada)
        assert len(client.get("/weigh/fern/hours/").text) < len(page) + 100
