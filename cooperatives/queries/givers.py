"""Give me: those for whom somebody may record, and whom a few words mean among them."""

from __future__ import annotations

from unicodedata import combining, normalize

from django.db.models import F, OuterRef, Subquery

from cooperatives.models import Membership, Role, Weighing
from cooperatives.queries.people import members_of, shown_name

FEW = 12  # as many as a list on a phone shows without scrolling
LAST = 6  # who brought something last is at hand

Giver = tuple[str, str]  # address, and what the reader may call them


def givers_for(by: Membership) -> list[Giver]:
    """All of them for a clerk or steward, in the order of joining; else only oneself."""
    if not by.has_role(Role.STEWARD, Role.CLERK):
        return [(by.address, giver_name(by, by))]
    return [(member.address, giver_name(member, by)) for member in members_of(by.cooperative)]


def givers_at_hand(by: Membership) -> tuple[list[Giver], bool]:
    """All of them where they are few; else those from whom `by` took something last, the last one first, and True."""
    if not by.has_role(Role.STEWARD, Role.CLERK):
        return givers_for(by), False
    last = Weighing.objects.filter(by=by, giver=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    members = by.cooperative.memberships.filter(left_at=None).annotate(last=Subquery(last))
    rows = list(members.order_by(F("last").desc(nulls_last=True), "pk")[: FEW + 1])
    are_many = len(rows) > FEW
    found = [row for row in rows if row.last][:LAST] if are_many else sorted(rows, key=lambda row: row.pk)
    return [(row.address, giver_name(row, by)) for row in found], are_many


def giver_name(member: Membership, reader: Membership) -> str:
    """The name with the number in the cooperative's own books, by either of which a clerk knows them."""
    name = shown_name(member, reader)
    return f"{name}, {member.number}" if member.number and member.number != name else name


def givers_called(words: str, givers: list[Giver]) -> list[Giver]:
    """Whom `words` mean: an address, a whole name or number, else all whose name holds each of the words."""
    asked = _folded(words)
    for exact in (
        [one for one in givers if one[0] == words],
        [one for one in givers if asked == _folded(one[1]) or asked in _folded(one[1]).split(", ")],
    ):
        if exact:
            return exact
    return [one for one in givers if asked and all(word in _folded(one[1]) for word in asked.split())]


def _folded(text: str) -> str:
    """Without accents and capitals, as people type in a hurry."""
    return "".join(sign for sign in normalize("NFKD", text.strip().lower()) if not combining(sign))
