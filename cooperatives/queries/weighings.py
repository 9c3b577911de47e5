"""Give me: what was weighed in, with its corrections."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

from django.db.models import OuterRef, QuerySet, Subquery

from cooperatives.models import (
    Cooperative,
    Correction,
    Lot,
    Membership,
    Remark,
    Weighing,
)
from cooperatives.queries.people import shown_name
from cooperatives.rules import lineage
from cooperatives.rules.outlines import Point
from ledger import queries as ledger

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    class LastSaid(TypedDict):
        """The kind of the last remark about a weighing."""

        last_said: str | None

    Told = WithAnnotations[Weighing, LastSaid]


@dataclass(frozen=True, slots=True)
class Said:
    """A remark, and who said it as the reader may know them."""

    remark: Remark
    who: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """One delivery as the scale said it and as the journal has it now; `net` is 0 where it was taken back."""

    weighing: Weighing
    who: str
    net: int
    reasons: tuple[Correction, ...]
    is_disputed: bool  # somebody objects to the weight, and nothing has ended it
    said: tuple[Said, ...] = ()  # only of a delivery that is asked for by itself
    position: Point | None = None  # where it was weighed, if the reader may know


def deliveries(
    cooperative: Cooperative, *, reader: Membership | None, since: datetime | None = None, last: int = 50
) -> list[Delivered]:
    """The last deliveries, newest first, with their corrections."""
    found = _weighings(cooperative)
    if since is not None:
        found = found.filter(at__gte=since)
    return _delivered(list(found[:last]), reader)


def deliveries_before(
    cooperative: Cooperative, *, reader: Membership, before: int | None, most: int, only_own: bool
) -> list[Delivered]:
    """At most so many deliveries, the last recorded first: before the weighing of that number, where one is named; on
    request only the reader's own."""
    found = _weighings(cooperative).order_by("-pk")
    if before is not None:
        found = found.filter(pk__lt=before)
    return _delivered(list((found.filter(giver=reader) if only_own else found)[:most]), reader)


def delivery(cooperative: Cooperative, pk: int, *, reader: Membership | None) -> Delivered | None:
    """One delivery of a cooperative."""
    found = _delivered(list(_weighings(cooperative).filter(pk=pk)), reader)
    if not found:
        return None
    remarks = Remark.objects.filter(weighing=pk).select_related("by__cooperative")
    said = tuple(Said(remark, shown_name(remark.by, reader) if remark.by else "") for remark in remarks)
    return replace(found[0], said=said)


def _weighings(cooperative: Cooperative) -> "QuerySet[Told]":
    said = Remark.objects.filter(weighing=OuterRef("pk")).order_by("-at", "-id")
    found = Weighing.objects.filter(lot__cooperative=cooperative).annotate(last_said=Subquery(said.values("kind")[:1]))
    return found.select_related("lot__hub", "lot__cooperative", "giver__cooperative", "by")


def _delivered(weighings: "Sequence[Told]", reader: Membership | None) -> list[Delivered]:
    keys = [w.key for w in weighings]
    corrections: dict[str, list[Correction]] = defaultdict(list)
    for correction in Correction.objects.filter(corrects__in=keys).select_related("by").order_by("at"):
        corrections[correction.corrects].append(correction)
    added = [c.key for its in corrections.values() for c in its]
    entries = ledger.entries_by_key([*keys, *added]) if keys else {}
    made = []
    for weighing in weighings:
        own = [entries[k] for k in (weighing.key, *(c.key for c in corrections[weighing.key])) if k in entries]
        lot = weighing.lot.path
        net = sum(lineage.change(flow, lot) for entry in own for flow in entry.flows)
        who, reasons = shown_name(weighing.giver, reader), tuple(corrections[weighing.key])
        is_disputed = weighing.last_said in (Remark.Kind.OBJECTION, Remark.Kind.ANSWER)
        made.append(Delivered(weighing, who, net, reasons, is_disputed, position=_position(weighing, reader)))
    return made


def _position(weighing: Weighing, reader: Membership | None) -> Point | None:
    is_own = reader is not None and reader.pk == weighing.giver_id
    if weighing.longitude is None or weighing.latitude is None or not (is_own or weighing.is_position_shown):
        return None
    return weighing.longitude, weighing.latitude


@dataclass(frozen=True, slots=True)
class Before:
    """What was brought before, and the words by which it was graded: what the scale offers again."""

    goods: list[str]
    grades: list[str]


def brought_before(cooperative: Cooperative, unit: str) -> Before:
    """The goods of that unit that were brought to a cooperative, and their grades, in order."""
    rows = Lot.objects.filter(cooperative=cooperative, process=None, unit=unit)
    pairs = list(rows.order_by("goods").values_list("goods", "weighings__grade").distinct())
    grades = sorted({grade for _goods, grade in pairs if grade})
    return Before(list(dict.fromkeys(goods for goods, _grade in pairs))[:20], grades[:12])
