"""Members as a table: taken away, and brought in after a look at what would happen."""

from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cooperatives import queries
from cooperatives.forms.people import MemberFileForm
from cooperatives.models import Membership, Role
from cooperatives.services.member_files import columns, import_members
from cooperatives.services.table_cells import Problem
from cooperatives.views.access import for_stewards, shown
from cooperatives.views.files import as_file, bring_in


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
    return as_file(rows, kind, f"{by.cooperative.slug}-members")


@require_http_methods(["GET", "POST"])
@for_stewards
def member_file(request: HttpRequest, by: Membership) -> HttpResponse:
    """Bring members in from a table; the first time only look."""
    form = MemberFileForm(request.POST or None, request.FILES or None)
    problems: list[Problem] = []
    brought, status = None, 200
    if request.method == "POST":
        bring = partial(import_members, cooperative=by.cooperative, by=by, at=timezone.now())
        brought, problems, status = bring_in(form, bring)
        if brought is not None and not form.cleaned_data["only_look"]:
            said = {"new": brought.new, "known": brought.known}
            messages.success(request, _("%(new)s admitted, %(known)s were here already.") % said)
            return redirect("members", by.cooperative.slug)
    return shown(
        request, "member_file", by, by.cooperative, tab="members", form=form, problems=problems, brought=brought,
        heads=columns().values(), status=status,
    )  # fmt: skip
