"""The drawing of a lot's story is to scale: what joins, what is lost and what leaves keep their weights."""

from datetime import UTC, datetime

import pytest

from cooperatives.rules.lineage import facts
from cooperatives.rules.streams import Stage, stream
from ledger.rules.readings import NetFlow

pytestmark = pytest.mark.quick

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
GRAMS = {"g": 1, "bar": 100}


def flow(token: int, giver: str, taker: str, quantity: int, unit: str = "g") -> NetFlow:
    return NetFlow(token, f"k/{token}", "consume", "making", NOON, "declared", giver, taker, unit, quantity)


CHOCOLATE = [
    flow(1, "members/ben/harvest", "coops/fern/lots/wet", 11_500),
    flow(2, "members/ada/harvest", "coops/fern/lots/wet", 38_500),
    flow(3, "coops/fern/lots/wet", "coops/fern/processes/dry", 50_000),
    flow(4, "coops/fern/processes/dry", "coops/fern/lots/dry", 35_000),
    flow(4, "coops/fern/processes/dry", "coops/fern/lots/dry", 10_000, "part"),
    flow(5, "coops/fern/lots/dry", "coops/fern/processes/mould", 35_000),
    flow(6, "unknown/payee/stock", "coops/fern/lots/sugar", 22_600),
    flow(7, "coops/fern/lots/sugar", "coops/fern/processes/mould", 11_300),
    flow(8, "members/ada/work/roast", "coops/fern/processes/mould", 360, "min"),
    flow(9, "coops/fern/processes/mould", "coops/fern/lots/bars", 400, "bar"),
    flow(9, "coops/fern/processes/mould", "coops/fern/lots/bars", 10_000, "part"),
]


class TestStream:
    def test_keeps_the_weights_of_every_step(self) -> None:
        told = stream("coops/fern/lots/bars", facts(CHOCOLATE), GRAMS)
        assert told is not None
        assert sorted(told.threads) == [11_500, 38_500]
        assert told.stages == (Stage(35_000, 0, True), Stage(40_000, 11_300, False))

    def test_shows_only_the_share_that_is_in_the_lot(self) -> None:
        halved = [*CHOCOLATE[:-1], flow(9, "coops/fern/processes/mould", "coops/fern/lots/bars", 5_000, "part"),
                  flow(9, "coops/fern/processes/mould", "coops/fern/lots/butter", 5_000, "part"),
                  flow(9, "coops/fern/processes/mould", "coops/fern/lots/butter", 5_000)]  # fmt: skip
        told = stream("coops/fern/lots/bars", facts(halved), GRAMS)
        assert told is not None and sum(told.threads) == 25_000 and told.stages[-1].joined == 5_650

    def test_says_nothing_where_weights_say_nothing(self) -> None:
        hours = [
            flow(1, "members/ada/work/code", "coops/rowan/processes/write", 600, "min"),
            flow(2, "coops/rowan/processes/write", "coops/rowan/lots/release", 1, "copy"),
            flow(2, "coops/rowan/processes/write", "coops/rowan/lots/release", 10_000, "part"),
        ]
        assert stream("coops/rowan/lots/release", facts(hours), GRAMS) is None
        assert stream("coops/fern/lots/wet", facts(CHOCOLATE), GRAMS) is None
