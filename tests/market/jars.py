"""Goods in jars with a deposit: sold, brought back, and where the jars are."""

from cooperatives.queries.containers import whereabouts
from cooperatives.services.containers import add_container, count_in
from ledger.queries import balance_of
from market.services.containers_back import (
    give_deposits_back,
    take_containers_back,
)
from market.services.payments import receive_payment
from tests.market.goods import on_shelf
from tests.world import key

E_FERN = "EUR@coops/fern"


def jars(w, number=20, deposit=50):
    kind = add_container(by=w.ada, name="Jar", deposit=deposit, at=w.later())
    if number:
        count_in(by=w.ada, container=kind, hub=w.hub, quantity=number, at=w.later(), key=key())
    return kind


def jarred(w, **more):
    """Bars in jars, at six euros and half a euro of deposit."""
    kind = jars(w)
    return kind, on_shelf(w, container=kind, **more)


def back(w, order, n, **more):
    said = {"by": w.tom, "order": order, "containers": {1: n}, "hub": w.hub, "at": w.later(),
            "key": key("empties").replace("/", "-")} | more  # fmt: skip
    return give_deposits_back(**said)


def brought(w, kind, n, **more):
    said = {"by": w.tom, "container": kind, "containers": n, "hub": w.hub, "at": w.later(),
            "key": key("empties").replace("/", "-")} | more  # fmt: skip
    return take_containers_back(**said)


def where(w):
    (row,) = whereabouts(w.fern, w.ada)
    return sum(n for _, n in row.at_hubs), row.with_buyers


def purse(order):
    return balance_of(f"{order.owner}/purse", E_FERN)


def by_bank(w, order, line="7"):
    receive_payment(by=w.ada, order=order, way="bank", amount=order.total, at=w.later(), statement_line=line)
    order.refresh_from_db()
