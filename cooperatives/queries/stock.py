"""Give me: what lies at a hub, and how it was counted."""

from cooperatives.models import Hub, StockCount
from cooperatives.queries.goods import LotAtHand, lots_at_hand


def lots_at(hub: Hub) -> list[LotAtHand]:
    """The lots of the hub's own cooperative that lie there, by goods and code."""
    rows = [row for row in lots_at_hand(hub.cooperative) if row.lot.hub_id == hub.pk]
    return sorted(rows, key=lambda row: (row.goods.casefold(), row.code))


def last_counts(hub: Hub, last: int = 5) -> list[StockCount]:
    """The last counts at a hub with their lines."""
    found = StockCount.objects.filter(hub=hub).select_related("by")
    return list(found.prefetch_related("lines__lot", "lines__found")[:last])
