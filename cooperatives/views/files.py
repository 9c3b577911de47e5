"""Tables as files: taken away as CSV or XLSX, and brought in after a look at what would happen."""

from collections.abc import Callable, Sequence
from typing import Any

from django.forms import Form
from django.http import HttpResponse

from cooperatives.rules import tables
from cooperatives.services.table_cells import Brought, Problem, TableRefused
from cooperatives.views.access import try_out

KINDS = {
    "csv": (tables.write_csv, "text/csv; charset=utf-8"),
    "xlsx": (tables.write_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


def as_file(rows: Sequence[Sequence[Any]], kind: str, name: str) -> HttpResponse:
    """The rows, heads first, as a download called `name`, of one of KINDS."""
    write, content_type = KINDS[kind]
    answer = HttpResponse(write(rows), content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answer


def bring_in(form: Form, bring: Callable[..., Brought]) -> tuple[Brought | None, list[Problem], int]:
    """Read the table of a form and `bring` its rows, or only look: what came of it, what is wrong in which row, and the
    status of the answer."""
    brought: Brought | None = None
    problems: list[Problem] = []
    if not form.is_valid():
        return brought, problems, 400

    def act() -> None:
        nonlocal brought, problems
        rows = tables.read_table(form.cleaned_data["table"].read(tables.MOST_BYTES + 1))
        try:
            brought = bring(rows=rows, is_rehearsal=form.cleaned_data["only_look"])
        except TableRefused as no:
            problems = list(no.problems)
            raise

    status = try_out(form, act)
    return brought, problems, status
