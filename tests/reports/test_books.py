"""The books' pages, CSV and JSON: one set of numbers, closed to the cent, and nobody's own shown to a stranger."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cooperatives.models import Membership
from cooperatives.queries import place_at
from cooperatives.services.people import admit_member, declare_place
from cooperatives.services.places import set_boundary
from ledger.services.log import publish_checkpoint
from market.models import Listing
from market.queries import trail_behind
from market.rules.splits import sale_lines as market_lines
from market.services.settlements import divide_period
from reports import charts, queries, tables
from reports.queries import Asked, Reader
from reports.rules import agents
from reports.rules.capture import capture
from reports.rules.lots import sold
from tests.market.goods import bought, on_shelf
from tests.world import World, agreed, bars, beans, person, work, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


@dataclass
class Sold:
    """Ten bars sold and divided, then three sold and not divided."""

    w: World
    listing: Listing
    auditor: Membership


@pytest.fixture
def sales(settings: Any) -> Iterator[Sold]:
    settings.OPEN_BOOKS = False
    w = world()
    agreed(w)
    listing = on_shelf(w)
    bought(w, listing, 10)
    divide_period(by=w.ada, cooperative=w.fern, upto=date(2026, 11, 24), at=w.later())
    bought(w, listing, 3)
    auditor = admit_member(
        cooperative=w.fern, member=person("Eve"), name="Eve", roles=["auditor"], at=w.later(), by=w.ada
    )
    yield Sold(w, listing, auditor)


def code(sales: Sold) -> str:
    return sales.listing.lot_path.rpartition("/")[2]


def signed_in(member: Any) -> Client:
    client = Client()
    client.force_login(member)
    return client


def csv_rows(client: Client, url: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(url).content.decode())))


class TestOverview:
    def test_every_table_closes_to_the_cent(self, sales: Sold) -> None:
        found = queries.overview(Asked(), Reader())
        assert found.figures.price == 13 * 600
        assert sum(found.figures.groups.values()) == found.figures.price
        assert found.figures.groups["waiting"] > 0
        everything = queries.overview(Asked(), Reader((sales.auditor,)))
        for table in tables.all_tables(everything):
            if table.total is not None:
                assert sum(row.quantity or 0 for row in table.rows) == table.total, table.name

    def test_a_wider_boundary_keeps_more(self, sales: Sold) -> None:
        kept = [
            queries.overview(Asked(boundary=place), Reader()).figures.known
            for place in ("gh/ashanti/kumasi", "gh/ashanti", "gh")
        ]
        assert kept == sorted(kept) and kept[0] < kept[-1]

    def test_a_place_that_nobody_declared_is_not_found(self, client: Client, sales: Sold) -> None:
        assert client.get("/books/?place=nowhere").status_code == 404
        assert client.get("/books/?cooperative=nobody").status_code == 404

    def test_a_period_takes_the_sales_inside_it(self, sales: Sold) -> None:
        last = trail_behind([sales.listing.lot_path]).flows[-1].at
        assert queries.overview(Asked(since=last + timedelta(days=1)), Reader()).figures.price == 0
        assert queries.overview(Asked(until=last + timedelta(days=1)), Reader()).figures.price == 7800

    def test_hours_are_those_behind_what_was_sold(self, sales: Sold) -> None:
        found = queries.overview(Asked(), Reader())
        assert found.minutes == {"share": round(360 * 0.9 * 13 / 400)}


class TestOneSetOfNumbers:
    def test_page_csv_json_and_figure_say_the_same(self, sales: Sold) -> None:
        client = signed_in(sales.auditor.member)
        found = queries.overview(Asked(), Reader((sales.auditor,)))
        rows = csv_rows(client, "/books/figures.csv")
        said = client.get("/api/1/reports/").json()
        page = client.get("/books/").content.decode()
        for table in tables.all_tables(found):
            exponent = 0 if table.unit == "min" else 2
            wanted = [row.quantity or 0 for row in table.rows]
            in_csv = [r for r in rows if r["table"] == table.name and r["key"] != "total"]
            assert [round(float(r["quantity"]) * 10**exponent) for r in in_csv] == wanted
            in_json = next(t for t in said["tables"] if t["name"] == table.name)
            assert [int(r["quantity"]) for r in in_json["rows"]] == wanted
        for group in found.figures.groups.values():
            assert f"{group / 100:,.2f}" in page

    def test_the_flow_figure_sums_on_both_sides(self, sales: Sold) -> None:
        found = queries.overview(Asked(), Reader())
        shown = {t.name: t for t in tables.all_tables(found)}
        (sankey,) = charts.flow_figure(shown["receivers"], shown["ends"])["data"]
        link = sankey["link"]
        first = [q for s, q in zip(link["source"], link["value"], strict=True) if s == 0]
        last = [q for s, q in zip(link["source"], link["value"], strict=True) if s != 0]
        assert sum(first) == sum(last) == found.figures.price
        ends = [row for row in shown["ends"].rows if row.quantity]
        for at, row in enumerate(ends, start=len(first) + 1):
            into = [q for t, q in zip(link["target"], link["value"], strict=True) if t == at]
            assert sum(into) == row.quantity

    def test_figures_are_figures_of_plotly(self, sales: Sold) -> None:
        import plotly.graph_objects as go

        found = queries.overview(Asked(), Reader())
        shown = {t.name: t for t in tables.all_tables(found)}
        for figure in (
            charts.flow_figure(shown["receivers"], shown["ends"]),
            charts.seasons_figure(found.seasons),
            charts.dots_figure(found.lots, []),
        ):
            assert go.Figure(figure).data

    def test_the_lot_s_figures_are_the_overview_s(self, sales: Sold) -> None:
        one = queries.lot_report("fern", code(sales), Asked(boundary="gh/ashanti"), Reader())
        all_of_it = queries.overview(Asked(boundary="gh/ashanti"), Reader())
        assert one.figures.received == all_of_it.figures.received
        path = sales.listing.lot_path
        assert one.line.lot.sold == 13 == sold(path, trail_behind([path]).facts)


class TestReadingTheJournalAgain:
    def test_what_was_read_is_read_again_only_when_something_new_is_there(self, sales: Sold) -> None:
        first = queries.overview(Asked(), Reader())
        with CaptureQueriesContext(connection) as asked:
            assert queries.overview(Asked(), Reader()) == first
        assert not any("ledger_entry" in query["sql"] for query in asked)
        bought(sales.w, sales.listing, 1)
        assert queries.overview(Asked(), Reader()).figures.price == first.figures.price + 600
        publish_checkpoint()
        assert queries.overview(Asked(), Reader()).figures.price == first.figures.price + 600


class TestMakersFarApart:
    """Fern in Ghana and Oak in the Jura share no place: each is seen from its own region, and the books sum up."""

    @pytest.fixture
    def both(self, sales: Sold) -> Sold:
        oak = world("oak", "Oak Mill", "fr/jura")
        agreed(oak)
        bought(oak, on_shelf(oak), 4)
        divide_period(by=oak.ada, cooperative=oak.fern, upto=oak.at.date(), at=oak.later())
        return sales

    def test_the_books_open_at_each_own_region(self, both: Sold, client: Client) -> None:
        found = queries.overview(Asked(), Reader())
        fern, oak = (queries.overview(Asked(cooperative=slug), Reader()).figures for slug in ("fern", "oak"))
        assert (found.asked.boundary, fern.boundary, oak.boundary) == ("each", "gh/ashanti", "fr")
        assert found.figures.price == fern.price + oak.price
        assert found.figures.groups == {name: fern.groups[name] + oak.groups[name] for name in fern.groups}
        assert 0 < oak.known < oak.price and 0 < fern.known < fern.price
        assert sum(row.quantity for row in found.figures.received) == found.figures.price
        assert "stayed in each maker’s own region" in client.get("/books/").content.decode()

    def test_one_country_sees_the_other_leave(self, both: Sold) -> None:
        from_france = queries.overview(Asked(boundary="fr"), Reader()).figures
        assert from_france.known < queries.overview(Asked(boundary="each"), Reader()).figures.known

    def test_villages_are_listed_by_themselves(self, both: Sold) -> None:
        assert set(queries.overview(Asked(), Reader()).figures.by_place()) == {"gh/ashanti/kumasi", "fr/jura", "fr"}


class TestReaders:
    def test_a_stranger_sees_nobody_s_own_figure(self, client: Client, sales: Sold) -> None:
        found = queries.overview(Asked(), Reader())
        shown = {t.name: t for t in tables.all_tables(found)}
        members = [row for row in shown["receivers"].rows if row.key == "members/local"]
        assert members[0].quantity is None
        assert "everyone" not in shown and "yours" not in shown
        for url in ("/books/", "/api/1/reports/", "/books/figures.csv", f"/books/lots/fern/{code(sales)}/chain/"):
            body = client.get(url).content.decode()
            assert sales.w.ben.address not in body and sales.w.ben.pseudonym not in body

    def test_a_member_sees_the_own_part(self, sales: Sold) -> None:
        page = signed_in(sales.w.people["ben"]).get("/books/")
        found = queries.overview(Asked(), Reader((sales.w.ben,)))
        own = next(t for t in tables.all_tables(found) if t.name == "yours")
        assert own.total and f"{own.total / 100:,.2f}" in page.content.decode()

    def test_an_auditor_sees_everybody(self, sales: Sold) -> None:
        found = queries.overview(Asked(), Reader((sales.auditor,)))
        named = {t.name: t for t in tables.all_tables(found)}
        assert any(row.key.startswith(sales.w.ben.address) for row in named["everyone"].rows)
        assert not named["receivers"].has_withheld

    def test_an_auditor_follows_a_row_to_its_account(self, sales: Sold) -> None:
        client = signed_in(sales.auditor.member)
        page = client.get("/books/").content.decode()
        assert f'href="/accounts/{sales.w.ben.address}/purse/"' in page
        found = queries.overview(Asked(), Reader((sales.auditor,)))
        everyone = next(t for t in tables.all_tables(found) if t.name == "everyone")
        for row in everyone.rows:
            if row.account:
                assert client.get(f"/accounts/{row.account}/").status_code == 200, row.account

    @pytest.mark.parametrize("path", ["", "figures.csv", "method/", "lots/fern/{code}/", "lots/fern/{code}/figures.csv",
                                      "lots/fern/{code}/chain/"])  # fmt: skip
    def test_everyone_may_open_the_books(self, sales: Sold, path: str) -> None:
        url = "/books/" + path.format(code=code(sales))
        people = (sales.w.dov, sales.w.people["ben"], sales.auditor.member)
        for client in (Client(), *(signed_in(one) for one in people)):
            assert client.get(url).status_code == 200

    def test_contributors_are_for_those_who_read_the_books(self, sales: Sold) -> None:
        assert Client().get("/books/contributors/").status_code == 302
        assert signed_in(sales.w.dov).get("/books/contributors/").status_code == 403
        assert signed_in(sales.w.people["ben"]).get("/books/contributors/").status_code == 200

    def test_a_lot_that_is_not_there_is_not_found(self, client: Client, sales: Sold) -> None:
        assert client.get("/books/lots/fern/nothing-1/").status_code == 404
        assert client.get("/api/1/reports/lots/fern/nothing-1/").status_code == 404


class TestEmptyBooks:
    def test_say_what_will_stand_here(self, client: Client) -> None:
        assert "Nothing has been sold yet" in client.get("/books/").content.decode()
        assert client.get("/books/figures.csv").status_code == 200

    def test_of_a_lot_lead_to_what_is_in_it(self, client: Client) -> None:
        w = world()
        lot = bars(w)
        page = client.get(f"/books/lots/fern/{lot.code}/").content.decode()
        assert "Nothing of this lot has been sold yet" in page
        assert client.get(f"/books/lots/fern/{lot.code}/chain/").status_code == 200


class TestCsv:
    def test_no_cell_is_a_formula(self, client: Client) -> None:
        w = world(name="=cmd|' /C calc'!A0")
        agreed(w)
        bought(w, on_shelf(w), 2)
        for row in csv.reader(io.StringIO(client.get("/books/figures.csv").content.decode())):
            assert not any(cell.startswith(("=", "+", "@", "\t")) for cell in row)


class TestQueries:
    def test_stay_few_however_much_was_sold(
        self, client: Client, sales: Sold, django_assert_max_num_queries: Any
    ) -> None:
        for giver in range(4):
            member = admit_member(cooperative=sales.w.fern, name=f"M{giver}", at=sales.w.later(), by=sales.w.ada)
            lot = bars(sales.w, inputs=[beans(sales.w, giver=member)])
            bought(sales.w, on_shelf(sales.w, lot))
        with django_assert_max_num_queries(12):
            client.get("/books/")
        with django_assert_max_num_queries(12):
            client.get(f"/books/lots/fern/{code(sales)}/")

    def test_work_counts_by_kind(self, sales: Sold) -> None:
        process = sales.listing.lot.process
        work(sales.w, process, 60, sales.w.ada, kind="care")
        found = queries.lot_report("fern", code(sales), Asked(), Reader())
        assert found.line.lot.minutes == {"share": 324, "care": 54}


class TestAgents:
    def test_capture_by_agents_is_the_walk_over_lots(self, sales: Sold) -> None:
        """c = N h, from divisions alone, keeps of each divided cent what the way of each sale keeps."""
        trail = trail_behind([sales.listing.lot_path])
        places = dict.fromkeys(("coops/fern", sales.w.ben.address, "commons/shade"), "gh/ashanti/kumasi")
        rows = agents.rows(trail.flows, trail.costs, places, "gh/ashanti", "EUR")
        earned = {line.token: sum(line.earned.values()) for line in market_lines(trail.flows)}
        divided = sum(list(earned.values())[:1])
        walked = trail.went([line for line in market_lines(trail.flows) if line.token in list(earned)[:1]], "EUR")
        kept = sum(s.quantity for s in walked.slices if s.reason in {"share", "reserve", "own"} and s.owner in places)
        found = capture(rows)["coops/fern"]
        assert found.captured + found.extracted + found.unknown == 1
        assert abs(found.captured * divided - kept) < 1


class TestBoundariesByDate:
    """Kumasi leaves Ashanti for Bono: what was sold before is local to where it lay then, and only then."""

    def test_a_report_of_a_past_period_uses_the_boundaries_of_its_last_day(self, sales: Sold) -> None:
        w = sales.w
        declare_place(path="gh/bono", name="Bono", at=w.at)
        last = w.at.date()
        kumasi, bono = place_at("gh/ashanti/kumasi"), place_at("gh/bono")
        assert kumasi is not None
        w.later(days=2)
        set_boundary(place=kumasi, since=w.at.date(), inside=bono, outline=None, by=w.ada, at=w.at)
        until = datetime.combine(last + timedelta(days=1), time(), UTC)
        nobody = Reader()

        def stays(place: str, until: datetime | None) -> int:
            return queries.overview(Asked(place, until=until), nobody).figures.known

        assert stays("gh/ashanti", until) == stays("gh/bono", None) > 0
        assert stays("gh/ashanti", None) == stays("gh/bono", until) == 0
        assert queries.overview(Asked(), nobody).asked.boundary == "gh/bono"
        assert queries.overview(Asked(until=until), nobody).asked.boundary == "gh/ashanti"
        lot = queries.lot_report("fern", code(sales), Asked("gh/ashanti", until=until), nobody)
        assert (
            lot.figures.known > 0 == queries.lot_report("fern", code(sales), Asked("gh/ashanti"), nobody).figures.known
        )
        page = Client().get(f"/books/?place=gh/bono&until={last}").content.decode()
        assert "as places lay on" in page
        now = Client().get("/books/?place=gh/bono").content.decode()
        assert "Kumasi" in now
        assert "as places lay on" not in now
