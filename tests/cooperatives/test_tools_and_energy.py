"""Tools and energy entered at the machine: on the page, by a phone, once for each key."""

import pytest

from cooperatives.queries.tools import tools_of
from cooperatives.services.devices import enrol_device
from cooperatives.services.energy import use_energy
from cooperatives.services.making import start_process
from cooperatives.services.tools import add_tool
from ledger.queries import balance_of, entries_touching
from tests.cooperatives.phone import Phone
from tests.market.test_shop_pages import words
from tests.world import world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

ROAST = "coops/fern/processes/roast-1"
API = "/api/1/cooperatives/fern/contributions/use"


@pytest.fixture
def w():
    w = world()
    start_process(by=w.ben, cooperative=w.fern, name="Roast", at=w.later())
    add_tool(by=w.ada, cooperative=w.fern, name="Roaster", at=w.later())
    return w


def phone(w, name="ben"):
    made = Phone()
    enrol_device(member=w.people[name], public_key=made.public_key, name="Phone", at=w.later())
    return made


class TestApi:
    def test_a_phone_records_each_once(self, w):
        ben = phone(w)
        tool = {"key": "phone/aaaaaaaa-1", "process": "roast-1", "tool": "roaster", "minutes": 90}
        sun = {
            "key": "phone/aaaaaaaa-2",
            "process": "roast-1",
            "source": "made-here",
            "origin": "sun",
            "watt_hours": 1500,
        }
        for said in (tool, tool, sun, sun):
            answer = ben.send("POST", API, said)
            assert (answer.status_code, answer.json()) == (201, {"key": said["key"], "process": "roast-1"})
        assert balance_of(ROAST, "use.min") == 90 and balance_of(ROAST, "Wh") == 1500
        assert {entry.by for entry in entries_touching([ROAST])} == {(w.ben.address,)}
        assert ben.send("POST", API, tool | {"minutes": 91}).status_code == 409

    def test_a_tool_that_is_only_named_becomes_the_cooperatives_own_once(self, w):
        ben = phone(w)
        said = {"key": "phone/aaaaaaaa-1", "process": "roast-1", "named": " Étuve ", "minutes": 20}
        for _ in "ab":
            assert ben.send("POST", API, said).status_code == 201
        assert ben.send("POST", API, said | {"key": "phone/aaaaaaaa-2", "named": "étuve"}).status_code == 201
        assert {(tool.code, tool.name, tool.owner) for tool in tools_of(w.fern)} == {
            ("etuve", "Étuve", None), ("roaster", "Roaster", None)
        }  # fmt: skip
        assert balance_of(ROAST, "use.min") == 40
        assert ben.send("POST", API, said | {"key": "phone/aaaaaaaa-3", "named": "roaster"}).status_code == 201
        assert len(tools_of(w.fern)) == 2

    def test_refuses_half_of_it_and_what_is_not_there(self, w):
        ben = phone(w)
        about = {"key": "phone/aaaaaaaa-1", "process": "roast-1"}
        for said, status in (
            ({}, 400), ({"tool": "roaster"}, 400), ({"source": "stored"}, 400), ({"tool": "mill", "minutes": 5}, 404),
            ({"tool": "roaster", "minutes": 5, "source": "stored", "watt_hours": 5}, 400),
            ({"named": "Mill"}, 400), ({"minutes": 5}, 400), ({"named": " ", "minutes": 5}, 400),
            ({"named": "Mill", "tool": "roaster", "minutes": 5}, 400),
            ({"named": "Mill", "source": "stored", "watt_hours": 5}, 400),
            ({"tool": "roaster", "minutes": 5, "process": "bake-1"}, 404), ({"source": "moon", "watt_hours": 5}, 400),
            ({"source": "made-here", "origin": "moon", "watt_hours": 5}, 422),
            ({"source": "bought", "watt_hours": 5}, 422),
        ):  # fmt: skip
            assert ben.send("POST", API, about | said).status_code == status, said
        assert phone(w, "dov").send("POST", API, about | {"tool": "roaster", "minutes": 5}).status_code == 404
        assert entries_touching([ROAST]) == []


class TestPage:
    URL = "/weigh/fern/uses/"
    KEY = "page/00000000-0000-4000-8000-00000000000"

    def test_a_member_enters_both_without_a_script(self, client, w):
        client.force_login(w.people["ben"])
        page = client.get(self.URL).content.decode()
        assert "Roaster" in page and "made here: sun" in page
        said = {"key": f"{self.KEY}1", "process": "roast-1", "what": "tool/roaster", "hours": "1", "minutes": "30"}
        for _ in "ab":
            assert client.post(f"{self.URL}give", said).status_code == 302
        said = {"key": f"{self.KEY}2", "process": "roast-1", "what": "bought", "quantity": "1.5"}
        assert client.post(f"{self.URL}give", said).status_code == 422  # from whom?
        client.post(f"{self.URL}give", said | {"supplier": "Village grid"})
        page = words(client.get(self.URL))
        assert "1 h 30 min" in page and "1.5 kWh" in page and "2 records" in page
        assert balance_of(ROAST, "use.min") == 90 and balance_of("suppliers/village-grid/stock", "Wh") == -1500

    def test_a_tool_is_named_here(self, client, w):
        client.force_login(w.people["ben"])
        said = {"key": f"{self.KEY}1", "process": "roast-1", "what": "new", "minutes": "30"}
        assert client.post(f"{self.URL}give", said).status_code == 400  # what is it called?
        for _ in "ab":
            assert client.post(f"{self.URL}give", said | {"name": "Drum mill"}).status_code == 302
        page = words(client.get(self.URL))
        assert "Drum mill" in page and "30 min" in page and "1 record" in page
        assert '<option value="tool/drum-mill">' in client.get(self.URL).text

    def test_nothing_at_all_is_sent_back(self, client, w):
        client.force_login(w.people["ben"])
        for what in ("tool/roaster", "stored"):
            said = {"key": f"{self.KEY}1", "process": "roast-1", "what": what}
            assert client.post(f"{self.URL}give", said).status_code == 422
        assert entries_touching([ROAST]) == []

    def test_strangers_are_refused_and_yesterday_is_not_today(self, client, w):
        process = w.fern.processes.get()
        use_energy(by=w.ben, process=process, source="stored", watt_hours=7000, at=w.at, key="phone/old-00000001")
        client.force_login(w.people["dov"])
        assert client.get(self.URL).status_code == 404
        client.force_login(w.people["tom"])
        assert "7 kWh" not in words(client.get(self.URL))
