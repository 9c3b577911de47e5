"""Tables that people send and take away: CSV as their programs write it, and XLSX; cells as text."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from ledger.rules.refusal import BadInput

MOST_BYTES = 2 * 1024 * 1024
MOST_ROWS = 5000
MOST_UNPACKED = 50 * 1024 * 1024
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheet programs would work out instead of showing


class TableUnreadable(BadInput):
    """This is no table that we can read: send CSV in UTF-8, or XLSX, with at most {rows} rows."""


def read_table(content: bytes) -> list[list[str]]:
    """The rows of a file with their cells as text, the first row too. TableUnreadable."""
    no = TableUnreadable(rows=MOST_ROWS)
    if not content or len(content) > MOST_BYTES:
        raise no
    rows = _from_xlsx(content, no) if content.startswith(b"PK") else _from_csv(content, no)
    while rows and not any(rows[-1]):
        rows.pop()
    if not rows or len(rows) > MOST_ROWS + 1:
        raise no
    return rows


def write_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with the mark by which spreadsheet programs know it; no cell is taken for a formula."""
    written = io.StringIO()
    csv.writer(written).writerows([_inert(cell) for cell in row] for row in rows)
    return written.getvalue().encode("utf-8-sig")


def write_xlsx(rows: Iterable[Sequence[str]]) -> bytes:
    """One sheet of text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append([_inert(cell) for cell in row])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _from_csv(content: bytes, no: TableUnreadable) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
        first = text.partition("\n")[0]
        mark = max(",;\t", key=first.count)
        return [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=mark, strict=True)]
    except (UnicodeDecodeError, csv.Error) as broken:
        raise no from broken


def _from_xlsx(content: bytes, no: TableUnreadable) -> list[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                raise no
        sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
        rows = sheet.iter_rows(max_row=MOST_ROWS + 2, max_col=30, values_only=True)
        table = [["" if cell is None else str(cell).strip() for cell in row] for row in rows]
        width = max((at + 1 for row in table for at, cell in enumerate(row) if cell), default=0)
        return [row[:width] for row in table]
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, IndexError, OSError) as broken:
        raise no from broken
