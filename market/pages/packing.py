"""What is to be packed: for each buyer, of each kind of goods, and from each cooperative that brings something."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from market import queries

if TYPE_CHECKING:
    from cooperatives.models import Cooperative
    from market.models import Cycle, Order, OrderLine


@dataclass(frozen=True, slots=True)
class Packing:
    """The same pieces three times: `by_goods` and each of `by_supplier` sum what `by_buyer` lists."""

    by_buyer: Sequence[tuple[Order, Sequence[OrderLine]]]
    by_goods: Mapping[str, int]
    by_supplier: Mapping[str, Mapping[str, int]]


def packing_of(cooperative: Cooperative, cycle: Cycle | None = None) -> Packing:
    """All that waits to be picked up in orders that this cooperative sells a part of, what others bring to them too; of
    one order cycle, where it is named: for its coordinator, also what others sell in it."""
    orders = list(queries.orders_to_pack(cooperative, cycle).order_by("word"))
    goods: dict[str, int] = defaultdict(int)
    suppliers: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for order in orders:
        for line in _left(order, cycle):
            goods[line.title] += line.kept
            suppliers[line.listing.product.cooperative.name][line.title] += line.kept
    by_supplier = {name: dict(sorted(its.items())) for name, its in sorted(suppliers.items())}
    return Packing([(order, _left(order, cycle)) for order in orders], dict(sorted(goods.items())), by_supplier)


def _left(order: Order, cycle: Cycle | None) -> list[OrderLine]:
    return [line for line in order.lines.all() if line.waits and (cycle is None or line.cycle_id == cycle.pk)]
