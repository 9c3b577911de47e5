"""Members as a table: taken away, and brought in after a look at what would happen."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cooperatives import queries
from cooperatives.forms.people import MemberFileForm
from cooperatives.models import Membership, Role
from cooperatives.rules import tables
from cooperatives.services.member_files import MembersRefused, Problem, columns, import_members
from cooperatives.views.access import for_stewards, shown, try_out

KINDS = {
    "csv": (tables.write_csv, "text/csv; charset=utf-8"),
    "xlsx": (tables.write_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@require_GET
@for_stewards
def members_table(request: HttpRequest, by: Membership, kind: str) -> HttpResponse:
    """The members as CSV or XLSX, with what they show to the cooperative."""
    words = dict(Role.choices)
    rows = [list(columns().values())]
    for m in queries.members_of(by.cooperative):
        name = m.name if queries.may_read(m.name_shown_to, m, by) else ""
        roles = ", ".join(str(words[Role(role)]) for role in m.roles)
        rows.append([name, m.number, queries.shown_place(m, by), roles])
    write, content_type = KINDS[kind]
    answer = HttpResponse(write(rows), content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{by.cooperative.slug}-members.{kind}"'
    return answer


@require_http_methods(["GET", "POST"])
@for_stewards
def member_file(request: HttpRequest, by: Membership) -> HttpResponse:
    """Bring members in from a table; the first time only look."""
    form = MemberFileForm(request.POST or None, request.FILES or None)
    problems: list[Problem] = []
    brought = None
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            is_rehearsal = form.cleaned_data["only_look"]

            def bring() -> None:
                nonlocal brought, problems
                rows = tables.read_table(form.cleaned_data["table"].read(tables.MOST_BYTES + 1))
                try:
                    brought = import_members(
                        cooperative=by.cooperative, rows=rows, by=by, at=timezone.now(), is_rehearsal=is_rehearsal
                    )
                except MembersRefused as no:
                    problems = list(no.problems)
                    raise

            status = try_out(form, bring)
            if brought is not None and not is_rehearsal:
                said = {"new": brought.new, "known": brought.known}
                messages.success(request, _("%(new)s admitted, %(known)s were here already.") % said)
                return redirect("members", by.cooperative.slug)
    return shown(
        request, "member_file", by, by.cooperative, tab="members", form=form, problems=problems, brought=brought,
        heads=columns().values(), status=status,
    )  # fmt: skip
