"""A lot that three thousand people gave to: divided among all of them, followed to each, and taken back."""

from datetime import date

import pytest
from pytest_django import DjangoAssertNumQueries

from ledger.queries import balance_of, entries_by_prefix, entry
from ledger.rules.entries import Draft, Flow
from ledger.rules.parts import whole_key
from ledger.services.journal import record_entries, record_owners
from market.queries import earnings_of, where_money_went
from market.rules.climbs import Behind, Teller, undivide_drafts
from market.services.refunds import division_after, payments_on, rooms_of
from market.services.settlements import divide_period
from tests.market.goods import bought, on_shelf
from tests.world import NOON, agreed, bars, beans, world

pytestmark = pytest.mark.quick

MANY, GRAMS = 3_000, 16
SEASON = "season/givers"


def test_a_division_among_three_thousand_reaches_each_of_them_and_runs_back(
    own_database: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    w = world()
    agreed(w)
    lot = beans(w, 50_000 - MANY * GRAMS)
    givers = [f"members/giver-{n:04}" for n in range(MANY)]
    record_owners([(giver, w.fern.place.path) for giver in givers], at=NOON)
    record_entries(
        Draft(f"{SEASON}/{n}", "transfer", "delivery", (Flow(f"{giver}/harvest", lot.address, "g", GRAMS),), NOON,
              (w.ada.address,))
        for n, giver in enumerate(givers)
    )  # fmt: skip
    made = bars(w, inputs=[lot])
    order = bought(w, on_shelf(w, made, price=60_000), 10)
    ((earned, amount),) = earnings_of(w.fern).items()
    (division,) = divide_period(by=w.ada, cooperative=w.fern, upto=date(2026, 11, 24), at=w.later())
    assert sum(division.parts["parts"].values()) == amount and len(division.parts["parts"]) > MANY
    assert balance_of(earned, "EUR@coops/fern") == 0
    assert all(balance_of(f"{giver}/purse", "EUR@coops/fern") > 0 for giver in givers[:: MANY // 7])
    went = where_money_went(order=order)
    assert went.waiting == 0 and sum(part.quantity for part in went.slices) == order.total
    assert set(givers) <= set(went.by_owner())

    behind = Behind(rooms_of, division_after, payments_on)
    found = division_after(earned, "EUR", 0)
    assert found and sum(found.left.values()) == amount and len(set(found.parts.values())) > 3
    with django_assert_num_queries(1):  # what all of them have, asked at once
        drafts = undivide_drafts(
            earned, "EUR", amount, found, behind=behind, teller=Teller("refund/all", w.later(), (w.ada.address,))
        )
    record_entries(drafts)
    assert balance_of(earned, "EUR@coops/fern") == amount
    assert {whole_key(one.key) for one in entries_by_prefix("refund/all")} == {"refund/all/undivide"}
    first = entry(division.entry)
    assert first and not any(division_after(earned, "EUR", 0).left.values())  # type: ignore[union-attr]
