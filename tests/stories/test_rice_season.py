"""A whole season of the rice farms: from the field to the last purse, and every sen accounted for."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from cooperatives.queries import cooperative, members_of, passbook
from ledger.queries import balances
from reports.queries import Asked, Reader, overview
from tests.world import world

pytestmark = [pytest.mark.quick, pytest.mark.usefixtures("own_database")]


def test_a_season_is_milled_sold_divided_and_paid_to_the_last_sen(ricefarms: Path):
    said = io.StringIO()
    call_command("play_season", ricefarms, "--json", stdout=said)
    villages = json.loads(said.getvalue())
    assert [v["village"] for v in villages] == [
        "Ciwangi", "Gunungwangi", "Langan", "Malausma", "Sukaambit", "Wargabinangun"
    ]  # fmt: skip
    for village in villages:
        assert sum(village["ends"].values()) == village["sales"] == sum(village["places"].values())
        assert set(village["ends"]) == {"members", "workers", "commons", "reserve", "tax"}
        assert set(village["places"]) == {"local", "extracted"}, "everything is divided, and every owner has a place"
        assert village["minutes"]["hired"] > 0
        assert village["minutes"]["family"] > 0
    every_unit_sums_to_zero()
    the_books_say_the_same(villages)
    nothing_waits_and_everyone_is_paid()


def the_books_say_the_same(villages):
    seen = overview(Asked(), Reader())
    found = seen.figures
    assert found.boundary == "id/west-java/cimanuk"
    assert found.price == sum(village["sales"] for village in villages) == sum(found.groups.values())
    assert len({row.owner for row in found.received if row.kind == "members"}) == 171
    kept = {place: sum(row.quantity for row in rows) for place, rows in found.by_place().items()}
    assert kept == {
        f"{found.boundary}/{village['village'].lower()}": village["places"]["local"] for village in villages
    }
    assert all(seen.minutes[kind] > 0 for kind in ("family", "hired"))
    wider = overview(Asked(boundary="id"), Reader()).figures
    assert wider.known == wider.price > found.known, "the tax stays in the country"


def a_farm_reads_what_it_gave_and_received():
    ciwangi = cooperative("ciwangi")
    assert ciwangi is not None
    farm = next(m for m in members_of(ciwangi) if m.number.isdigit())
    book = passbook(farm)
    assert book.given["g"] > 0
    assert book.given["min"] > 0
    assert book.totals["earned"] == book.totals["paid"] > 0
    assert book.balance == 0


def every_unit_sums_to_zero():
    sums = {}
    for held in balances():
        sums[held.unit] = sums.get(held.unit, 0) + held.quantity
    assert not any(sums.values())


def nothing_waits_and_everyone_is_paid():
    for held in balances(words=["earned", "purse", "prepaid", "parcels"]):
        assert held.address.startswith(("commons/", "tax/")), held
    for village in ("ciwangi", "langan"):
        money = sum(h.quantity for h in balances(owner=f"coops/{village}", words=["till"]))
        claims = sum(h.quantity for h in balances(unit=f"IDR@coops/{village}") if h.address.split("/")[2] in OWN)
        assert money == claims > 0


OWN = ("purse", "reserve", "free", "earned")


def test_refuses_a_database_that_is_in_use(ricefarms: Path):
    world()
    with pytest.raises(CommandError, match="empty"):
        call_command("play_season", ricefarms)
