"""Members as tables: row and column of what is wrong, all or nothing, nothing twice, and back out as they came."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import override

from cooperatives.rules.tables import (
    MOST_BYTES,
    MOST_ROWS,
    MOST_UNPACKED,
    TableUnreadable,
    read_table,
    write_csv,
    write_xlsx,
)
from cooperatives.services.member_files import MembersRefused, import_members
from cooperatives.services.table_cells import Brought, TableRefused
from ledger.rules.refusal import NotAllowed
from tests.world import world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

ROWS = [
    ["Name", "Number", "Place", "Roles"],
    ["Esi", "7", "Kumasi", "member, clerk"],
    ["", "8", "gh/ashanti", ""],
]


@pytest.fixture
def w():
    return world()


def brought(w, rows=ROWS, **more):
    return import_members(cooperative=w.fern, rows=rows, by=w.ada, at=w.later(), **more)


class TestTables:
    @pytest.mark.parametrize("write", [write_csv, write_xlsx])
    def test_come_back_as_they_went(self, write):
        assert read_table(write(ROWS)) == ROWS

    def test_read_what_other_programs_write(self):
        assert read_table("Nom;Numéro\r\nÉsi;7\r\n\r\n".encode()) == [["Nom", "Numéro"], ["Ési", "7"]]

    @pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", "é".encode("latin-1"), b"a\n" * 6000])
    def test_refuse_the_rest(self, content):
        with pytest.raises(TableUnreadable):
            read_table(content)

    def test_refuse_a_file_of_few_rows_that_is_too_large(self):
        row = "a" * 600 + "\n"
        assert len(read_table((row * 3_000).encode())) == 3_000
        with pytest.raises(TableUnreadable):
            read_table((row * 4_000).encode())

    def test_refuse_a_workbook_that_unpacks_to_more_than_a_table(self):
        packed = BytesIO(write_xlsx(ROWS))
        with ZipFile(packed, "a", ZIP_DEFLATED) as more:
            more.writestr("xl/media/zeros.bin", bytes(MOST_UNPACKED))
        assert len(packed.getvalue()) < MOST_BYTES
        with pytest.raises(TableUnreadable):
            read_table(packed.getvalue())

    def test_refuse_a_workbook_of_too_many_rows(self):
        assert len(read_table(write_xlsx([["a"]] * (MOST_ROWS + 1)))) == MOST_ROWS + 1
        with pytest.raises(TableUnreadable):
            read_table(write_xlsx([["a"]] * (MOST_ROWS + 2)))

    def test_no_cell_becomes_a_formula(self):
        assert read_table(write_csv([["=1+1"]])) == [["'=1+1"]]
        assert read_table(write_xlsx([["=1+1"]])) == [["'=1+1"]]


class TestImportMembers:
    def test_admits_all_once(self, w):
        assert brought(w) == Brought(new=2, known=0)
        esi = w.fern.memberships.get(number="7")
        assert (esi.name, esi.place.path, esi.roles) == ("Esi", "gh/ashanti/kumasi", ["clerk", "member"])
        assert brought(w) == Brought(new=0, known=2)
        assert w.fern.memberships.count() == 5

    def test_a_rehearsal_keeps_nothing(self, w):
        assert brought(w, is_rehearsal=True) == Brought(new=2, known=0)
        assert w.fern.memberships.count() == 3

    def test_names_row_and_column_of_all_that_is_wrong_and_takes_nothing(self, w):
        wrong = [["Xu", "9", "Atlantis", ""], ["Yi", "7", "", "king"], ["", "", "Kumasi", ""]]
        with pytest.raises(MembersRefused) as no:
            brought(w, [*ROWS, *wrong])
        assert [(problem.row, problem.column) for problem in no.value.problems] == [
            (4, "Place"), (5, "Number"), (5, "Roles"), (6, "Name"),
        ]  # fmt: skip
        assert w.fern.memberships.count() == 3

    def test_reads_and_answers_in_the_language_of_the_reader(self, w):
        with override("fr"):
            assert brought(w, [["Nom", "Rôles"], ["Esi", "préposé"]]) == Brought(new=1, known=0)
            with pytest.raises(TableRefused) as no:
                brought(w, [["Nom", "Couleur"], ["Esi", "vert"]])
        assert "Nous ne connaissons pas" in no.value.problems[0].reason

    def test_is_for_stewards(self, w):
        with pytest.raises(NotAllowed):
            import_members(cooperative=w.fern, rows=ROWS, by=w.tom, at=w.later())


class TestPages:
    def test_look_first_then_bring_in_and_take_away(self, w, client):
        client.force_login(w.people["ada"])

        def send(rows, **more):
            sent = {"table": SimpleUploadedFile("members.xlsx", write_xlsx(rows))} | more
            return client.post("/cooperatives/fern/member-file/", sent)

        assert "2 would be admitted" in send(ROWS, only_look="on").content.decode()
        answer = send([*ROWS, ["Xu", "9", "Atlantis", ""]], only_look="on")
        assert answer.status_code == 422 and "We know no such place." in answer.content.decode()
        assert w.fern.memberships.count() == 3
        assert send(ROWS).status_code == 302
        assert w.fern.memberships.count() == 5
        table = read_table(client.get("/cooperatives/fern/members.csv").content)
        assert ["Esi", "7", "Kumasi", "clerk, member"] in table
        assert read_table(client.get("/cooperatives/fern/members.xlsx").content) == table
