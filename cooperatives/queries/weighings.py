"""Give me: what was weighed in, with its corrections."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cooperatives.models import (
    Cooperative,
    Correction,
    Membership,
    Weighing,
)
from cooperatives.queries.people import shown_name
from cooperatives.rules import lineage
from ledger import queries as ledger

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True)
class Delivered:
    """One delivery as the scale said it and as the journal has it now; `net` is 0 where it was taken back."""

    weighing: Weighing
    who: str
    net: int
    reasons: tuple[Correction, ...]


def deliveries(
    cooperative: Cooperative, *, reader: Membership | None, since: datetime | None = None, last: int = 50
) -> list[Delivered]:
    """The last deliveries, newest first, with their corrections."""
    found = Weighing.objects.filter(lot__cooperative=cooperative)
    if since is not None:
        found = found.filter(at__gte=since)
    weighings = list(found.select_related("lot__hub", "lot__cooperative", "giver__cooperative", "by")[:last])
    return _delivered(weighings, reader)


def delivery(cooperative: Cooperative, pk: int, *, reader: Membership | None) -> Delivered | None:
    """One delivery of a cooperative."""
    found = Weighing.objects.filter(lot__cooperative=cooperative, pk=pk)
    return next(
        iter(_delivered(list(found.select_related("lot__hub", "lot__cooperative", "giver", "by")), reader)), None
    )


def _delivered(weighings: list[Weighing], reader: Membership | None) -> list[Delivered]:
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
        made.append(Delivered(weighing, shown_name(weighing.giver, reader), net, tuple(corrections[weighing.key])))
    return made
