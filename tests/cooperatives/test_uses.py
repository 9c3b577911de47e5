"""What a process takes beside goods and hours: tools in use, energy by source; how it climbs into the lots."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cooperatives.models import Tool
from cooperatives.queries import lot_story, plans
from cooperatives.queries.tools import tool_names
from cooperatives.rules.energy import energy_by_source, minutes_by_tool, source_of
from cooperatives.rules.lineage import costs, facts
from cooperatives.rules.plans import energy_beside
from cooperatives.rules.recipes import ENERGY, Energy
from cooperatives.services.contributions import correct_entry, give_work, open_lot
from cooperatives.services.energy import NoEnergy, OnlyBoughtCosts, SourceUnknown, SupplierMissing, use_energy
from cooperatives.services.making import Output, finish_process, put_in, start_process
from cooperatives.services.people import UnreadableName, admit_member, leave_cooperative
from cooperatives.services.tools import NobodyToPay, NotInUse, add_tool, use_tool
from ledger import queries as ledger
from ledger.rules.laws import KeyHasAnotherBody
from ledger.rules.readings import net_flows
from ledger.rules.refusal import NotAllowed, NotFound
from ledger.services.journal import record_entry
from tests.cooperatives.test_plans import MASS
from tests.cooperatives.test_recipes import recipe
from tests.world import NOON, beans, key, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

ROASTING = "coops/fern/processes/roast-1"


def roast(w, version=None, grams=50_000):
    process = start_process(by=w.ben, cooperative=w.fern, name="Roast", recipe=version, at=w.later())
    put_in(by=w.ben, process=process, lot=beans(w, grams), quantity=grams, at=w.later(), key=key())
    return process


def ended(w, process, *parts):
    made = [Output(None, f"Nibs {n}", "g", 5_000, w.hub, part) for n, part in enumerate(parts)]
    return finish_process(by=w.ben, process=process, outputs=made, rest_to="nature/air", at=w.later(), key=key())


def used(w, process, by=None, **said):
    tool = said.pop("tool", None) or add_tool(by=w.ada, cooperative=w.fern, name="Roaster", at=NOON)
    return use_tool(
        **{"by": by or w.ben, "process": process, "tool": tool, "minutes": 90, "at": NOON, "key": key()} | said
    )


def took(w, process, by=None, **said):
    return use_energy(**{"by": by or w.ben, "process": process, "source": "made-here", "origin": "sun",
                         "watt_hours": 3_000, "at": NOON, "key": key()} | said)  # fmt: skip


class TestRules:
    @pytest.mark.parametrize(("giver", "source"), [
        ("nature/sun/body", "made-here"), ("coops/fern/tools/battery", "stored"), ("suppliers/grid/stock", "bought"),
        ("unknown/unexplained/stock", "unknown"), ("unknown/count/count", "unknown"),
    ])  # fmt: skip
    def test_the_giver_tells_the_source(self, giver, source):
        assert source_of(giver) == source

    @given(some.lists(some.tuples(
        some.sampled_from(["nature/sun/body", "coops/x/tools/battery", "suppliers/grid/stock", "unknown/count/count"]),
        some.sampled_from(["Wh", "use.min", "g", "min"]), some.integers(1, 10**9),
    )))  # fmt: skip
    def test_no_watt_hour_and_no_minute_is_lost_or_counted_twice(self, rows):
        found = energy_by_source(rows)
        assert sum(found.values()) == sum(n for _, unit, n in rows if unit == "Wh")
        assert list(found) == [source for source in ENERGY if source in found]
        assert sum(minutes_by_tool(rows).values()) == sum(n for _, unit, n in rows if unit == "use.min")

    def test_beside_a_recipe_it_is_the_sum_that_counts(self):
        design = replace(MASS, energy=(Energy("bought", 4_000),))
        rows = energy_beside(design, {("beans", "g"): 500}, {"made-here": 1_900}, {"g": 1})
        said = [(row.goods, row.expected, row.actual) for row in rows]
        assert said == [("made-here", None, 1_900), ("bought", 2_000, 0), ("", 2_000, 1_900)]
        assert not rows[-1].is_off
        assert energy_beside(design, {("beans", "g"): 500}, {"bought": 2_300}, {"g": 1})[-1].is_off
        assert energy_beside(MASS, {("beans", "g"): 500}, {}, {"g": 1}) == []


class TestAddTool:
    def test_once_by_its_name_and_owner(self):
        w = world()
        said = {"cooperative": w.fern, "at": NOON}
        own = add_tool(by=w.ben, name="Solar dryer", **said)
        assert add_tool(by=w.tom, name=" solar DRYER ", **said) == own
        bens = add_tool(by=w.ben, name="Solar dryer", owner=w.ben, **said)
        assert (own.address, bens.address) == ("coops/fern/tools/solar-dryer", f"{w.ben.address}/tools/solar-dryer-1")
        assert add_tool(by=w.ben, name="干燥机", **said).code == "tool-1"
        assert tool_names([bens.address, "coops/fern/tools/none"]) == {bens.address: "Solar dryer"}

    def test_refuses_strangers_names_of_nothing_and_the_tools_of_others(self):
        w, oak = world(), world("oak", "Oak")
        with pytest.raises(NotAllowed):
            add_tool(by=oak.ben, cooperative=w.fern, name="Dryer", at=NOON)
        with pytest.raises(NotAllowed):
            add_tool(by=w.ben, cooperative=w.fern, name="Dryer", owner=w.ada, at=NOON)
        with pytest.raises(NotFound):
            add_tool(by=w.ada, cooperative=w.fern, name="Dryer", owner=oak.ben, at=NOON)
        with pytest.raises(UnreadableName):
            add_tool(by=w.ada, cooperative=w.fern, name="  ", at=NOON)
        assert not Tool.objects.exists()


class TestUseTool:
    def test_gives_minutes_of_use_once(self):
        w = world()
        process = roast(w)
        said = {"key": "phone/1", "tool": add_tool(by=w.ben, cooperative=w.fern, name="Roaster", at=NOON)}
        first = used(w, process, **said)
        assert used(w, process, **said).id == first.id
        assert (first.action, first.evidence) == ("use", "declared")
        assert ledger.balance_of("coops/fern/tools/roaster", "use.min") == -90
        with pytest.raises(KeyHasAnotherBody):
            used(w, process, **said | {"minutes": 91})

    def test_owes_a_member_the_fee_as_the_cost_of_what_was_made(self):
        w = world()
        process = roast(w)
        press = add_tool(by=w.ada, cooperative=w.fern, name="Press", owner=w.ben, at=NOON)
        entry = used(w, process, by=w.tom, tool=press, fee=1_200)
        assert entry.evidence == "two-sided"
        assert ledger.balance_of(f"{w.ben.address}/debt", "EUR@coops/fern") == 1_200
        lots = ended(w, process, 7_500, 2_500)
        known = facts(net_flows(ledger.entries_behind([lots[0].path])))
        assert costs(lots[0].path, known) == {w.ben.address: 900}

    def test_refuses_strangers_no_time_fees_to_nobody_and_foreign_tools(self):
        w, oak = world(), world("oak", "Oak")
        process = roast(w)
        theirs = add_tool(by=oak.ada, cooperative=oak.fern, name="Mill", at=NOON)
        bens = add_tool(by=w.ada, cooperative=w.fern, name="Press", owner=w.ben, at=NOON)
        for refusal, said in (
            (NotAllowed, {"by": oak.ben}), (NotInUse, {"minutes": 0}), (NobodyToPay, {"by": w.ada, "fee": 5}),
            (NotFound, {"tool": theirs}), (NotAllowed, {"tool": bens, "fee": 5}),
        ):  # fmt: skip
            with pytest.raises(refusal):
                used(w, process, **said)
        assert {h.unit for h in ledger.balances(addresses=[process.address])} == {"g"}


class TestUseEnergy:
    def test_comes_from_its_source(self):
        w = world()
        process = roast(w)
        took(w, process)
        took(w, process, source="stored", origin="", watt_hours=2_000)
        took(w, process, source="unknown", origin="", watt_hours=1_000)
        took(w, process, source="bought", origin="Grid Ltd", watt_hours=4_000, evidence="invoice", by=w.ada,
             place="gh/ashanti", cost=600)  # fmt: skip
        held = {h.address: h.quantity for h in ledger.balances() if h.unit == "Wh"}
        assert held == {
            "nature/sun/body": -3_000, "coops/fern/tools/battery": -2_000, "unknown/unexplained/stock": -1_000,
            "suppliers/grid-ltd/stock": -4_000, process.address: 10_000,
        }  # fmt: skip
        assert ledger.balance_of("suppliers/grid-ltd/debt", "EUR@coops/fern") == 600
        assert ledger.places_of(["suppliers/grid-ltd"]) == {"suppliers/grid-ltd": "gh/ashanti"}

    def test_leaves_the_known_place_of_a_supplier(self):
        w = world()
        process = roast(w)
        for place in ("fr/jura", None, "gh"):
            took(w, process, source="bought", origin="Grid", place=place)
        assert ledger.places_of(["suppliers/grid"]) == {"suppliers/grid": "fr/jura"}

    def test_is_done_once(self):
        w = world()
        process = roast(w)
        assert took(w, process, key="phone/1").id == took(w, process, key="phone/1").id
        with pytest.raises(KeyHasAnotherBody):
            took(w, process, key="phone/1", watt_hours=1)

    def test_refuses_strangers_and_what_says_nothing(self):
        w, oak = world(), world("oak", "Oak")
        process = roast(w)
        bought = {"source": "bought", "origin": "Grid"}
        for refusal, said in (
            (NotAllowed, {"by": oak.ben}), (NotAllowed, {**bought, "cost": 5}), (NoEnergy, {"watt_hours": 0}),
            (SourceUnknown, {"source": "magic"}), (SourceUnknown, {"origin": "moon"}),
            (SupplierMissing, {**bought, "origin": " "}), (UnreadableName, {**bought, "origin": "电"}),
            (OnlyBoughtCosts, {"by": w.ada, "cost": 5}), (OnlyBoughtCosts, {"evidence": "invoice"}),
        ):  # fmt: skip
            with pytest.raises(refusal):
                took(w, process, **said)
        assert {h.unit for h in ledger.balances(addresses=[process.address])} == {"g"}


class TestInTheLots:
    def test_each_has_its_part_of_energy_and_tools_and_hands_it_on(self):
        w = world()
        process = roast(w)
        used(w, process)
        took(w, process)
        took(w, process, source="bought", origin="Grid", watt_hours=1_000)
        first, second = ended(w, process, 7_500, 2_500)
        assert lot_story(first).energy == {"made-here": 2_250, "bought": 750}
        assert lot_story(first).tools == {"coops/fern/tools/roaster": 68}  # 67.5
        assert lot_story(second).energy == {"made-here": 750, "bought": 250}
        tempering = start_process(by=w.ben, cooperative=w.fern, name="Temper", at=w.later())
        put_in(by=w.ben, process=tempering, lot=first, quantity=2_500, at=w.later(), key=key())
        took(w, tempering, source="stored", origin="", watt_hours=100)
        (last,) = finish_process(by=w.ben, process=tempering, outputs=[Output(None, "Bar", "g", 2_500, w.hub, 10_000)],
                                 at=w.later(), key=key())  # fmt: skip
        assert lot_story(last).energy == {"made-here": 1_125, "stored": 100, "bought": 375}
        assert lot_story(last).tools == {"coops/fern/tools/roaster": round(Fraction(135, 4))}

    def test_what_was_taken_back_is_not_in_them(self):
        w = world()
        process = roast(w)
        took(w, process, key="phone/1")
        correct_entry(by=w.ben, entry="phone/1", reason="Another meter", at=w.later(), key=key("undo"))
        assert lot_story(ended(w, process, 10_000)[0]).energy == {}

    def test_a_bought_lot_of_energy_is_bought_energy(self):
        w = world()
        process = roast(w)
        took(w, process)
        power = open_lot(w.fern.pk, goods="Electricity", unit="Wh", hub=w.hub, code=None, at=NOON)
        took(w, process, source="bought", origin="Grid", watt_hours=1)
        record_entry(key="bank/1", action="transfer", purpose="purchase", at=NOON, by=(w.ada.address,),
                     flows=[("suppliers/grid/stock", power.address, "Wh", 5_000)])  # fmt: skip
        put_in(by=w.ben, process=process, lot=power, quantity=5_000, at=w.later(), key=key())
        assert lot_story(ended(w, process, 10_000)[0]).energy == {"made-here": 3_000, "bought": 5_001}


class TestPages:
    TOOL = "/cooperatives/fern/making/roast-1/tool"
    ENERGY = "/cooperatives/fern/making/roast-1/energy"

    def test_a_process_shows_tools_and_energy_beside_its_recipe(self, client):
        w = world()
        version = recipe(w, energy=[{"source": "bought", "watt_hours": 2_000}], equipment=["Roaster", "Winnower"])
        process = roast(w, version)
        client.force_login(w.people["ben"])
        url = "/cooperatives/fern/making/roast-1/"
        assert 'value="new/Winnower"' in client.get(url).text
        page_key = "page/00000000-0000-4000-8000-00000000000"
        for _ in range(2):  # sent twice, recorded once
            tool = {"key": f"{page_key}1", "tool": "new/Roaster", "hours": "1", "minutes": "30"}
            assert client.post(self.TOOL, tool).status_code == 302
        energy = {"key": f"{page_key}2", "source": "made-here/sun", "quantity": "2.5", "evidence": "modelled"}
        assert client.post(self.ENERGY, energy).status_code == 302
        page = client.get(url).text.replace("\N{NO-BREAK SPACE}", " ")
        for words in ("use of: roaster", "1 h 30 min of use", "Energy, made here", "2.5 kWh", "Energy in all",
                      "More than expected", 'value="tool/roaster"', "Equipment</b> Roaster, Winnower"):  # fmt: skip
            assert words in page, words
        assert 'value="new/Roaster"' not in page
        assert plans.observed_in(process).energy[-1].actual == 2_500
        lot = ended(w, process, 10_000)[0]
        page = client.get(f"/lots/fern/{lot.code}/").text.replace("\N{NO-BREAK SPACE}", " ")
        for words in ("Energy and tools in the whole lot", "Energy, made here", "Roaster", "Tools: 1 h 30 min of use"):
            assert words in page, words

    def test_forms_say_what_is_wrong_and_the_stranger_is_refused(self, client):
        w = world()
        roast(w)
        client.force_login(w.people["tom"])
        assert client.post(self.TOOL, {"tool": "new", "minutes": "5"}).status_code == 400
        said = {"key": "page/00000000-0000-4000-8000-000000000001", "source": "bought", "quantity": "1",
                "evidence": "declared"}  # fmt: skip
        answer = client.post(self.ENERGY, said)
        assert answer.status_code == SupplierMissing.status
        assert "from whom the energy was bought" in answer.text
        client.force_login(w.dov)
        assert client.post(self.ENERGY, said).status_code == client.post(self.TOOL, {}).status_code == 404
        assert not Tool.objects.exists()


def test_hours_sent_again_are_answered_the_same_after_their_worker_left():
    w = world()
    process = roast(w)
    xu = admit_member(cooperative=w.fern, name="Xu", at=NOON, by=w.ada)
    said = {"by": w.tom, "worker": xu, "process": process, "minutes": 30, "at": NOON, "key": "phone/9"}
    first = give_work(**said)
    leave_cooperative(membership=xu, at=w.later(), by=xu)
    assert give_work(**said).id == first.id


class TestCorrectInput:
    URL = "/cooperatives/fern/making/roast-1/entries/phone/1/"
    KEY = "page/00000000-0000-4000-8000-00000000000"

    def test_puts_hours_right_and_takes_them_back_with_a_reason(self, client):
        w = world()
        process = roast(w)
        give_work(by=w.ben, worker=w.ben, process=process, minutes=60, at=NOON, key="phone/1")
        client.force_login(w.people["ben"])
        assert self.URL in client.get("/cooperatives/fern/making/roast-1/").text
        assert client.post(self.URL, {"key": f"{self.KEY}1", "quantity": "45"}).status_code == 400  # why?
        said = {"key": f"{self.KEY}1", "quantity": "45", "reason": "A break"}
        assert client.post(self.URL, said).status_code == 302
        assert ledger.balance_of(process.address, "min") == 45
        assert "45\N{NO-BREAK SPACE}min" in client.get(self.URL).text
        assert client.post(self.URL, {"key": f"{self.KEY}2", "reason": "It was Ada"}).status_code == 302
        assert ledger.balance_of(process.address, "min") == 0
        assert client.get(self.URL).status_code == 404

    def test_puts_tools_and_energy_right(self, client):
        w = world()
        process = roast(w)
        used(w, process, key="phone/1")
        took(w, process, key="phone/2", by=w.ada)
        client.force_login(w.people["ada"])
        other = self.URL.replace("phone/1", "phone/2")
        assert (
            client.post(self.URL, {"key": f"{self.KEY}1", "quantity": "120", "reason": "Two hours"}).status_code == 302
        )
        assert client.post(other, {"key": f"{self.KEY}2", "quantity": "2.5", "reason": "Meter"}).status_code == 302
        held = {h.unit: h.quantity for h in ledger.balances(addresses=[process.address])}
        assert held == {"g": 50_000, "use.min": 120, "Wh": 2_500}

    def test_refuses_strangers_recipes_and_what_others_gave(self, client):
        w = world()
        process = roast(w, recipe(w))
        give_work(by=w.ada, worker=w.ada, process=process, minutes=60, at=NOON, key="phone/1")
        cited = self.URL.replace("phone/1", "cite/fern/roast-1")
        said = {"key": f"{self.KEY}1", "reason": "x"}
        for who, url, status in (("dov", self.URL, 404), ("ben", self.URL, 403), ("ada", cited, 404)):
            client.force_login(w.people[who])
            assert client.post(url, said).status_code == status, who
        assert ledger.balance_of(process.address, "min") == 60
