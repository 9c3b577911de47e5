"""Readings: what is left of the flows once every undoing is set against what it undoes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.rules.entries import Flow, Recorded
from ledger.rules.readings import net_flows
from ledger.rules.records import uuid7

pytestmark = pytest.mark.quick

AT = datetime(2026, 11, 23, tzinfo=UTC)
FIELD, LOT, FERN = "members/ben/harvest", "coops/fern/lots/a@hubs/fern", "coops/fern/earned/a"
BEN, ADA = "members/ben/purse", "members/ada/purse"


def entry(token: int, *flows: tuple[str, str, str, int], undoes: Recorded | None = None) -> Recorded:
    told = tuple(Flow(*f) for f in flows)
    return Recorded(
        token, uuid7(), f"k/{token}", "transfer", "test", AT, AT, (), "declared", undoes and undoes.id, told
    )


def left(*entries: Recorded) -> list[tuple[int, str, str, int]]:
    return [(f.token, f.giver, f.taker, f.quantity) for f in net_flows(entries)]


class TestNetFlows:
    def test_leaves_what_nothing_undoes(self) -> None:
        delivery = entry(1, (FIELD, LOT, "g", 50))
        assert left(delivery) == [(1, FIELD, LOT, 50)]

    def test_takes_off_what_was_undone_in_parts(self) -> None:
        delivery = entry(1, (FIELD, LOT, "g", 50))
        parts = [entry(n, (LOT, FIELD, "g", q), undoes=delivery) for n, q in ((2, 20), (3, 5))]
        assert left(delivery, *parts) == [(1, FIELD, LOT, 25)]
        assert left(delivery, *parts, entry(4, (LOT, FIELD, "g", 25), undoes=delivery)) == []

    def test_takes_it_off_the_account_that_gives_back(self) -> None:
        share = entry(1, (FERN, BEN, "EUR@coops/fern", 60), (FERN, ADA, "EUR@coops/fern", 40))
        back = entry(2, (BEN, FERN, "EUR@coops/fern", 10), (ADA, FERN, "EUR@coops/fern", 40), undoes=share)
        assert left(share, back) == [(1, FERN, BEN, 50)]

    def test_keeps_what_a_party_adds_that_the_undone_entry_did_not_know(self) -> None:
        sale = entry(1, (FERN, BEN, "EUR@coops/fern", 60))
        back = entry(2, ("coops/fern/reserve", FERN, "EUR@coops/fern", 7), undoes=sale)
        assert left(sale, back) == [(1, FERN, BEN, 60), (2, "coops/fern/reserve", FERN, 7)]

    @given(st.lists(st.integers(1, 100), min_size=1, max_size=6), st.data())
    def test_never_falls_below_nothing_and_sums_to_the_balance(self, given_: list[int], data: st.DataObject) -> None:
        deliveries = [entry(n, (FIELD, LOT, "g", q)) for n, q in enumerate(given_)]
        undoings, token = [], len(deliveries)
        for delivery, quantity in zip(deliveries, given_, strict=True):
            for _ in range(data.draw(st.integers(0, 2))):
                token += 1
                rest = quantity - sum(u.flows[0].quantity for u in undoings if u.undoes == delivery.id)
                if rest:
                    undoings.append(entry(token, (LOT, FIELD, "g", data.draw(st.integers(1, rest))), undoes=delivery))
        net = net_flows([*deliveries, *undoings])
        assert all(f.quantity > 0 for f in net)
        assert sum(f.quantity for f in net) == sum(given_) - sum(u.flows[0].quantity for u in undoings)
