"""Give me: which carriers bring goods of some cooperatives to buyers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from market.models import CarriageOffer

if TYPE_CHECKING:
    from cooperatives.models import Cooperative


def offers_of(cooperatives: Iterable[Cooperative | int]) -> list[CarriageOffer]:
    """What some cooperatives offer now, the cheapest first."""
    rows = CarriageOffer.objects.filter(cooperative__in=cooperatives, closed_at=None)
    return list(rows.select_related("cooperative"))


def carrier_names(owners: Iterable[str]) -> dict[str, str]:
    """{address of a carrier: what whoever offered it last calls it}, of those among some owners."""
    carriers = [owner for owner in owners if owner.startswith("carriers/")]
    rows = CarriageOffer.objects.filter(carrier__in=carriers).order_by("pk") if carriers else ()
    return {row.carrier: row.name for row in rows}
