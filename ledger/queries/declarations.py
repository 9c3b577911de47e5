"""Give me: what was declared: units, owners and where they are, and documents in their versions."""

import json
from collections.abc import Iterable
from datetime import datetime

from django.core.cache import caches
from django.db import connection

from ledger.models import Document, Leaf, Owner, Unit

# A unit never changes its family, so what was once read is true for ever: it spares each recording a query.
_families: dict[str, str] = {}


def money_among(units: Iterable[str]) -> frozenset[str]:
    """Those of `units` (claims count by their money) that are declared as money."""
    codes = {unit.partition("@")[0] for unit in units}
    if unread := codes - _families.keys():
        _families.update(Unit.objects.filter(code__in=unread).values_list("code", "family"))
    return frozenset(code for code in codes if _families.get(code) == "money")


def unit(code: str) -> Unit | None:
    """The unit of that code: its family, exponent and mass."""
    return units([code]).get(code)


def units(codes: Iterable[str] | None = None) -> dict[str, Unit]:
    """Units by code; all that are declared where no codes are given.

    What a unit is never changes, so each is read once a process; but nothing read in a transaction is kept, since what
    it declares may be rolled back.
    """
    if codes is None:
        return {u.code: u for u in Unit.objects.all()}
    asked, kept = set(codes), caches["process"]
    known: dict[str, Unit] = kept.get("units", {})
    if unread := asked - known.keys():
        known |= {u.code: u for u in Unit.objects.filter(code__in=unread)}
        if not connection.in_atomic_block:
            kept.set("units", known, timeout=None)
    return {code: known[code] for code in asked & known.keys()}


def exponents() -> dict[str, int]:
    """How many decimals each unit has, claims too."""
    return dict(Unit.objects.values_list("code", "exponent"))


def is_owner_declared(owner: str) -> bool:
    """Whether a record declares the owner."""
    return Owner.objects.filter(address=owner).exists()


def places_of(owners: Iterable[str], *, before: datetime | None = None) -> dict[str, str | None]:
    """The place of each declared owner, None where it is unknown: the last that was told, or the last before a moment;
    who was declared later counts as having been at the first place from the beginning."""
    found = dict(Owner.objects.filter(address__in=list(owners)).values_list("address", "place"))
    if before is None or not found:
        return found
    told: dict[str, str | None] = {}
    # Records are written with their members in the order of the alphabet, so the type stands last.
    rows = Leaf.objects.filter(text__endswith='"type":"owner"}').order_by("token").values_list("text", flat=True)
    for record in map(json.loads, rows):
        owner = record["owner"]
        if owner in found and (owner not in told or datetime.fromisoformat(record["at"]) < before):
            told[owner] = record["place"]
    return found | told


def document(kind: str, name: str, version: int | None = None) -> Document | None:
    """A document's version; the last one where none is named."""
    found = Document.objects.filter(kind=kind, name=name)
    return (found.filter(version=version) if version else found).order_by("-version").first()


def documents(kind: str) -> list[Document]:
    """The last version of every document of a kind, by name."""
    return list(Document.objects.filter(kind=kind).order_by("name", "-version").distinct("name"))
