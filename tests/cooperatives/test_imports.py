"""Importing contributions: totals to the unit, one exact entry a row, nothing twice, reasons for broken files."""

import csv
import io
import json
import tomllib
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from cooperatives.management.commands.import_contributions import MAPPINGS
from cooperatives.models import Cooperative, Membership
from cooperatives.rules.imports import (
    Accounts,
    Hours,
    Row,
    UnreadableMapping,
    flags_of,
    flows_of,
    read_file,
    read_mapping,
)
from cooperatives.services.imports import FileRefused, import_contributions
from ledger import queries as ledger
from ledger.models import Entry, Leaf
from ledger.rules.entries import Address
from tests.world import NOON

pytestmark = pytest.mark.quick

MAPPING = read_mapping(tomllib.loads((MAPPINGS / "ricefarms.toml").read_text()))
ACCOUNTS = Accounts("farm", "coop", "lot", "process", "workers", "unknown")
HEADER = ["rownames", "id", "region", "goutput", "noutput", "famlabor", "hiredlabor", "totlabor", "wage"]
SEASON_1 = {  # farms, kg gross, kg net, hours: the table printed with the data
    "ciwangi": (36, 55_962, 50_427, 18_746),
    "gunungwangi": (37, 41_211, 37_791, 10_825),
    "langan": (24, 84_735, 71_070, 21_162),
    "malausma": (33, 33_894, 30_544, 9_616),
    "sukaambit": (22, 18_817, 17_282, 6_127),
    "wargabinangun": (19, 43_364, 36_845, 13_103),
}


def rows(*changes, header=HEADER):
    """A small file: three rows, then changed as the test wants."""
    table = [
        ["1", "101", "langan", "1000", "900", "10", "5", "15", "60.5"],
        ["2", "101", "langan", "1000", "900", "10", "5", "15", "60.5"],
        ["3", "102", "langan", "400", "400", "1", "0", "1", "50"],
    ]
    for line, column, value in changes:
        table[line][header.index(column)] = value
    said = io.StringIO()
    csv.writer(said).writerows([header, *table])
    return said.getvalue().encode()


def bring(content, **more):
    return import_contributions(content=content, mapping=MAPPING, at=NOON, **more)


def flows(row):
    return ledger.entries_by_key([f"import/ricefarms/{row}"])[f"import/ricefarms/{row}"].flows


class TestReadMapping:
    @pytest.mark.parametrize(
        ("section", "said", "why"),
        [
            ("columns", {"row": "id"}, "no column for giver, gross, net, place, total"),
            ("seasons", [{"at": NOON.replace(tzinfo=None)}], "time zone"),
            ("work", [{"colour": "famlabor"}], "colour"),
        ],
    )
    def test_says_what_is_wrong_with_a_mapping(self, section, said, why):
        whole = tomllib.loads((MAPPINGS / "ricefarms.toml").read_text())
        with pytest.raises(UnreadableMapping, match=why):
            read_mapping(whole | {section: said})


class TestReadFile:
    @pytest.mark.parametrize(
        ("content", "row", "column", "reason"),
        [
            (rows(header=["other", *HEADER[1:]]), 1, "rownames", "this column is missing"),
            (rows((1, "goutput", "much")), 3, "goutput", "“much” is not a number we can read. Write it like 12.5."),
            (rows((1, "goutput", "NaN")), 3, "goutput", "“NaN” is not a number we can read. Write it like 12.5."),
            (rows((1, "noutput", "-900")), 3, "noutput", "“-900” is below zero"),
            (rows((2, "region", "oz")), 4, "region", "“oz” is no place that the mapping declares"),
            (rows((2, "region", "ciwangi"), (2, "id", "101")), 4, "region", "“101” was in langan before"),
            (rows((2, "rownames", "1")), 4, "rownames", "“1” stands here a second time"),
            (rows((0, "wage", "60,5")), 2, "wage", "“60,5” has a comma; its decimal mark must be a point"),
            (rows((0, "wage", "60.555")), 2, "wage", "“60.555” has more than 2 decimal places."),
            (rows((0, "totlabor", "0.001")), 2, "totlabor", "“0.001” is finer than we can record"),
            (rows((0, "id", "")), 2, "id", "it is missing, or longer than 40 characters"),
            (rows()[:-2] + b",5\r\n", 4, "", "it has 10 cells and the header 9 (a decimal comma?)"),
            ("region,größe\n".encode("latin-1"), 1, "", "byte 0xf6 is no utf-8: save it as utf-8"),
            (b"", 1, "rownames", "this column is missing"),
            (",".join(HEADER).encode(), 1, "", "the file has no rows"),
        ],
    )
    def test_says_row_column_and_reason(self, content, row, column, reason):
        _, problems = read_file(content, MAPPING)
        assert problems[0] == (row, column, reason)

    def test_lists_every_problem_of_a_file(self):
        _, problems = read_file(rows((0, "goutput", "x"), (0, "noutput", "y"), (2, "region", "oz")), MAPPING)
        assert [(p.row, p.column) for p in problems] == [(2, "goutput"), (2, "noutput"), (4, "region")]

    def test_refuses_more_rows_of_a_farm_than_seasons(self):
        content = rows() + b"".join(f"{n},102,langan,1,1,1,0,1,1\r\n".encode() for n in range(4, 10))
        assert read_file(content, MAPPING)[1] == [(10, "id", "“102” has more rows than there are seasons")]

    def test_reads_a_byte_order_mark_and_spaces_around(self):
        found, problems = read_file(b"\xef\xbb\xbf" + rows((0, "goutput", " 1000 ")), MAPPING)
        assert (len(found), problems) == (3, [])


class TestFlowsOf:
    """Laws of one row, whatever it says: nothing is lost, nothing is mended, and nothing moves by zero."""

    @given(*[st.integers(0, 10**9)] * 6)
    def test_give_the_lot_its_net_the_process_its_total_and_each_what_the_source_says(
        self, gross, net, family, hired, total, wages
    ):
        hours = (Hours(MAPPING.work[0], family, 0), Hours(MAPPING.work[1], hired, wages))
        row = Row(2, "import/x/1", "101", "langan", 1, gross, net, hours, total)
        changes: dict[tuple[str, str], int] = {}
        for giver, taker, unit, quantity in flows_of(row, ACCOUNTS, MAPPING):
            assert quantity > 0
            changes[giver, unit] = changes.get((giver, unit), 0) - quantity
            changes[taker, unit] = changes.get((taker, unit), 0) + quantity
        assert changes.get(("lot", "g"), 0) == net
        assert changes.get(("process", "min"), 0) == total
        assert changes.get(("farm/harvest", "g"), 0) == -gross
        assert changes.get(("workers/goods", "g"), 0) == max(gross - net, 0)
        assert changes.get(("farm/work/family", "min"), 0) == -family
        assert changes.get(("workers/work/hired", "min"), 0) == -hired
        assert changes.get(("workers/debt", "IDR@coop"), 0) == wages
        assert changes.get(("unknown", "min"), 0) == -row.unexplained


@pytest.mark.django_db
class TestImportContributions:
    def test_makes_what_the_mapping_declares_and_one_entry_a_row(self):
        brought = bring(rows())
        assert (brought.rows, brought.farms, brought.recorded) == (3, 2, 3)
        assert Entry.objects.count() == 3
        langan = Cooperative.objects.get()
        assert (langan.slug, langan.currency) == ("langan", "IDR")
        assert ledger.places_of(["coops/langan", "workers/langan", "commons/x"]) == dict.fromkeys(
            ["coops/langan", "workers/langan"], "id/west-java/cimanuk/langan"
        )

    def test_records_harvest_pay_in_kind_hours_and_wage_of_a_row_exactly(self):
        bring(rows())
        farm = Membership.objects.get(number="101").address
        assert flows(1) == (
            (f"{farm}/harvest", "coops/langan/lots/paddy-1@hubs/langan", "g", 900_000),
            (f"{farm}/harvest", "workers/langan/goods", "g", 100_000),
            (f"{farm}/work/family", "coops/langan/processes/rice-1", "min", 600),
            ("workers/langan/work/hired", "coops/langan/processes/rice-1", "min", 300),
            ("coops/langan/debts", "workers/langan/debt", "IDR@coops/langan", 30_250),
        )
        assert flows(2)[0][1] == "coops/langan/lots/paddy-2@hubs/langan"

    def test_keeps_and_flags_figures_that_do_not_fit(self):
        brought = bring(
            rows((0, "noutput", "1100"), (1, "totlabor", "20"), (2, "hiredlabor", "3"), (2, "totlabor", "2"))
        )
        assert [(f.row, f.reason) for f in brought.flags] == [
            (2, "net is 100 kg above gross"), (3, "the total is 5 h more than its parts"),
            (4, "the total is 2 h less than its parts"),
        ]  # fmt: skip
        lot, process, unknown = (
            "coops/langan/lots/paddy-1@hubs/langan",
            "coops/langan/processes/rice-1",
            "unknown/unexplained/count",
        )
        assert ledger.balance_of(lot, "g") == (1_100 + 400) * 1000
        assert (unknown, lot, "g", 100_000) in flows(1)
        assert (unknown, "coops/langan/processes/rice-2", "min", 300) in flows(2)
        farm = Membership.objects.get(number="102").address
        assert [f for f in flows(3) if f.unit == "min"] == [
            (f"{farm}/work/family", unknown, "min", 60), ("workers/langan/work/hired", process, "min", 120),
            ("workers/langan/work/hired", unknown, "min", 60),
        ]  # fmt: skip

    def test_creates_nothing_the_second_time(self):
        bring(rows())
        before = Leaf.objects.count(), Membership.objects.count()
        assert bring(rows()).recorded == 0
        assert (Leaf.objects.count(), Membership.objects.count()) == before

    def test_takes_new_rows_beside_those_that_are_there(self):
        bring(rows())
        assert bring(rows() + b"4,103,langan,1,1,1,0,1,1\r\n").recorded == 1

    def test_refuses_a_row_that_said_something_else_before(self):
        bring(rows())
        with pytest.raises(FileRefused) as refused:
            bring(rows((1, "goutput", "1001")))
        assert refused.value.problems == ((3, "", "it was imported before with other figures"),)

    def test_imports_nothing_of_a_broken_file(self):
        with pytest.raises(FileRefused):
            bring(rows((2, "goutput", "x")))
        assert not Entry.objects.exists()
        assert not Cooperative.objects.exists()

    def test_keeps_nothing_of_a_rehearsal(self):
        assert bring(rows(), is_rehearsal=True).recorded == 3
        assert not Entry.objects.exists()
        assert not Membership.objects.exists()


@pytest.mark.django_db
class TestCommand:
    def call(self, file, *options):
        said = io.StringIO(), io.StringIO()
        try:
            call_command("import_contributions", file, *options, mapping="ricefarms", stdout=said[0], stderr=said[1])
        except CommandError as error:
            return error.returncode, said[0].getvalue(), said[1].getvalue()
        return 0, said[0].getvalue(), said[1].getvalue()

    def test_prints_totals_as_one_line_of_json(self, tmp_path: Path):
        (tmp_path / "a.csv").write_bytes(rows((0, "goutput", "1000.5")))
        code, out, _ = self.call(tmp_path / "a.csv", "--json", "--dry-run")
        assert code == 0
        assert json.loads(out) == {
            "rows": 3, "farms": 2, "kg_gross": 2400.5, "kg_net": 2200, "hours": 31, "refused": 0, "recorded": 3,
            "flagged": 0,
        }  # fmt: skip

    def test_lists_what_is_wrong_and_fails(self, tmp_path: Path):
        (tmp_path / "a.csv").write_bytes(rows((1, "noutput", "-1")))
        code, out, err = self.call(tmp_path / "a.csv", "--json")
        assert code == 1
        assert err == "row 3, column noutput: “-1” is below zero\n"
        assert json.loads(out)["refused"] == 1
        assert not Entry.objects.exists()

    def test_says_so_where_there_is_no_file_or_mapping(self, tmp_path: Path):
        assert self.call(tmp_path / "none.csv")[0] == 1
        (tmp_path / "a.csv").write_bytes(rows())
        with pytest.raises(CommandError, match="There is no mapping “x”; the project has ricefarms"):
            call_command("import_contributions", tmp_path / "a.csv", mapping="x")


@pytest.mark.django_db
class TestRiceFarms:
    """The real file, against the totals printed with it."""

    def test_totals_equal_the_source_to_the_unit(self, ricefarms: Path):
        brought = bring(ricefarms.read_bytes())
        assert (brought.rows, brought.farms, brought.recorded) == (1_026, 171, 1_026)
        assert (brought.grams_gross, brought.grams_net, brought.minutes) == (1_441_701_000, 1_273_184_000, 398_547 * 60)
        assert len(brought.flags) == 101
        assert Entry.objects.count() == 1_026
        self.journal_says_the_same()
        leaves = Leaf.objects.count()
        assert bring(ricefarms.read_bytes()).recorded == 0
        assert Leaf.objects.count() == leaves

    def journal_says_the_same(self):
        held = {(h.address, h.unit): h.quantity for h in ledger.balances()}
        lots = {a: q for (a, unit), q in held.items() if "/lots/" in a}
        processes = {a: q for (a, unit), q in held.items() if "/processes/" in a}
        assert sum(lots.values()) == 1_273_184_000
        assert sum(processes.values()) == 398_547 * 60
        assert sum(-q for (a, _), q in held.items() if a.endswith("/harvest")) == 1_441_701_000
        family_and_hired = sum(-q for (a, unit), q in held.items() if Address.parse(a).word == "work")
        assert family_and_hired == 398_594 * 60
        assert family_and_hired - held["unknown/unexplained/count", "min"] == 398_547 * 60
        for village, (_, _, net, hours) in SEASON_1.items():
            assert lots[f"coops/{village}/lots/paddy-1@hubs/{village}"] == net * 1000
            assert processes[f"coops/{village}/processes/rice-1"] == hours * 60

    def test_each_village_and_season_equals_the_source(self, ricefarms: Path):
        found, problems = read_file(ricefarms.read_bytes(), MAPPING)
        assert not problems
        for village, (farms, gross, net, hours) in SEASON_1.items():
            first = [row for row in found if (row.place, row.season) == (village, 1)]
            totals = sum(r.gross for r in first), sum(r.net for r in first), sum(r.total for r in first)
            assert (len(first), *totals) == (
                farms, gross * 1000, net * 1000, hours * 60,
            )  # fmt: skip

    def test_flags_what_the_source_is_known_to_get_wrong(self, ricefarms: Path):
        flags = flags_of(read_file(ricefarms.read_bytes(), MAPPING)[0], MAPPING)
        reasons = [flag.reason for flag in flags]
        assert reasons.count("the total is 1 h less than its parts") == 97
        assert [r for r in reasons if "100 h" in r or "50 h" in r] == [
            "the total is 100 h more than its parts", "the total is 50 h more than its parts",
            "the total is 100 h less than its parts",
        ]  # fmt: skip
        assert [r for r in reasons if r.startswith("net")] == ["net is 260 kg above gross"]
