"""Members from a table: all of it or nothing, and nothing the second time; what is wrong is named by row and column."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cooperatives.models import Cooperative, Membership, Place, Role
from cooperatives.services.people import admit_member, refuse_unless
from cooperatives.services.table_cells import Brought, Problem, TableRefused, told_in
from ledger.rules.refusal import Refusal


class MembersRefused(TableRefused):
    """This table cannot be taken as it is: {count} of its rows have a problem. Nobody was admitted."""


def columns() -> dict[str, str]:
    """The heads of the table in the reader's language; the English ones are read too."""
    return {"name": _("Name"), "number": _("Number"), "place": _("Place"), "roles": _("Roles")}


def import_members(
    *, cooperative: Cooperative, rows: Sequence[Sequence[str]], by: Membership, at: datetime, is_rehearsal: bool = False
) -> Brought:
    """Admit whoever stands in `rows` (the first is the head) and is not here by number; a rehearsal keeps nothing.

    Raises NotAllowed (a steward admits), MembersRefused, and TableRefused for its heads.
    """
    refuse_unless(by, Role.STEWARD, cooperative=cooperative)
    told, problems = told_in(rows, columns(), ()), list[Problem]()
    new = known = 0
    seen: set[str] = set()
    words = {str(label).casefold(): value for value, label in Role.choices} | {role: role for role in Role.values}
    places = _places()
    with transaction.atomic():
        Cooperative.objects.select_for_update().get(pk=cooperative.pk)
        here = set(cooperative.memberships.exclude(number="").values_list("number", flat=True))
        for line, said in told:
            number = said.get("number", "")
            wrong = list(_wrong(line, said, seen, words, places))
            problems += wrong
            seen.add(number)
            if wrong:
                continue
            if number and number in here:
                known += 1
                continue
            roles = [words[role] for role in _roles(said)] or [Role.MEMBER]
            try:
                admit_member(
                    cooperative=cooperative, name=said.get("name", ""), number=number, roles=roles,
                    place=places.get(said.get("place", "").casefold()), at=at, by=by,
                )  # fmt: skip
            except Refusal as no:
                problems.append(Problem(line, columns()["roles"], no.words(_)))
            new += 1
        if problems:
            raise MembersRefused(problems)
        transaction.set_rollback(is_rehearsal)
    return Brought(new, known)


def _wrong(
    line: int, said: Mapping[str, str], seen: set[str], words: Mapping[str, str], places: Mapping[str, str]
) -> list[Problem]:
    heads = columns()
    found = []
    if not said.get("name") and not said.get("number"):
        found.append(Problem(line, heads["name"], _("Neither a name nor a number.")))
    for head, most in (("name", 100), ("number", 40)):
        if len(said.get(head, "")) > most:
            found.append(Problem(line, heads[head], _("At most %(most)s letters.") % {"most": most}))
    if said.get("number") and said["number"] in seen:
        found.append(Problem(line, heads["number"], _("This number stands in the table twice.")))
    if said.get("place") and said["place"].casefold() not in places:
        found.append(Problem(line, heads["place"], _("We know no such place.")))
    if any(role not in words for role in _roles(said)):
        known = ", ".join(str(label) for label in Role.labels)
        found.append(Problem(line, heads["roles"], _("The roles are: %(known)s.") % {"known": known}))
    return found


def _roles(said: Mapping[str, str]) -> list[str]:
    return [role.strip().casefold() for role in said.get("roles", "").split(",") if role.strip()]


def _places() -> dict[str, str]:
    """Each place by its path, and by its name where only one is called so."""
    rows = list(Place.objects.values_list("path", "name"))
    names = [name.casefold() for _path, name in rows]
    by_name = {name.casefold(): path for path, name in rows if names.count(name.casefold()) == 1}
    return by_name | {path: path for path, _name in rows}
