"""Laws of provenance: what sources gave is what the lots carry, however it was mixed, split and named."""

from collections import defaultdict
from datetime import UTC, datetime
from fractions import Fraction
from random import Random
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooperatives.rules.generations import minutes_by_kind, story
from cooperatives.rules.lineage import (
    CircularLineage,
    Facts,
    PaidToLot,
    Source,
    costs,
    embodied,
    facts,
    made_of,
    path_of,
    weights_behind,
    word_of,
)
from ledger.rules.readings import NetFlow

pytestmark = pytest.mark.quick
NOW = datetime(2026, 10, 2, tzinfo=UTC)
FERN, OAK = "coops/fern", "coops/oak"


def flows_of(*entries: list[tuple[str, str, str, int]], action: str = "transfer") -> list[NetFlow]:
    return [
        NetFlow(token, f"key/{token}", action, "making", NOW, "declared", *flow)
        for token, its in enumerate(entries)
        for flow in its
    ]


# Two farms dry cocoa; Oak buys some and takes some for a share, and makes bars and butter (the simulation's story).
DRYING, BARS = f"{FERN}/processes/dry-1", f"{OAK}/processes/bars-1"
ONE_BAR = [
    [("members/f1/harvest", f"{FERN}/lots/wet-1@hubs/fern", "g", 120_000)],
    [("members/f2/harvest", f"{FERN}/lots/wet-2@hubs/fern", "g", 80_000)],
    [(f"{FERN}/lots/wet-1@hubs/fern", DRYING, "g", 120_000)],
    [(f"{FERN}/lots/wet-2@hubs/fern", DRYING, "g", 80_000)],
    [("members/f1/work/family", DRYING, "min", 600)],
    [(f"{FERN}/tools/dryer", DRYING, "use.min", 4000)],
    [(DRYING, f"{FERN}/lots/dry-1@hubs/fern", "g", 80_000), (DRYING, "nature/air/body", "g", 120_000),
     (DRYING, f"{FERN}/lots/dry-1@hubs/fern", "part", 10_000)],
    [(f"{OAK}/till@bank/oak", f"{FERN}/till@bank/fern", "EUR", 20_000),
     (f"{OAK}/free", f"{OAK}/owes", "EUR@coops/oak", 20_000),
     (f"{FERN}/owes", f"{FERN}/earned/dry-1", "EUR@coops/fern", 20_000),
     (f"{FERN}/lots/dry-1@hubs/fern", f"{OAK}/lots/dry-1b@hubs/oak", "g", 50_000)],
    [(f"{FERN}/lots/dry-1@hubs/fern", f"{FERN}/lots/dry-1@hubs/oak", "g", 25_000)],
    [(f"{OAK}/till@bank/oak", "suppliers/sugar/pocket", "EUR", 3165),
     (f"{OAK}/free", f"{OAK}/owes", "EUR@coops/oak", 3000), ("tax/land/purse", f"{OAK}/owes", "EUR@coops/oak", 165),
     ("suppliers/sugar/stock", f"{OAK}/lots/sugar-1@hubs/oak", "g", 20_000)],
    [(f"{OAK}/lots/dry-1b@hubs/oak", BARS, "g", 50_000)],
    [(f"{FERN}/lots/dry-1@hubs/oak", BARS, "g", 25_000)],
    [(f"{OAK}/lots/sugar-1@hubs/oak", BARS, "g", 15_000)],
    [("members/ben/work/share", BARS, "min", 600)],
    [("members/ada/work/paid", BARS, "min", 240), (f"{OAK}/free", "members/ada/purse", "EUR@coops/oak", 4800)],
    [("suppliers/grid/stock", BARS, "Wh", 30_000), (f"{OAK}/debts", "suppliers/grid/debt", "EUR@coops/oak", 600)],
    [("commons/dark-72/recipe", BARS, "cite", 1)],
    [(BARS, f"{OAK}/lots/bars-1@hubs/oak", "bar", 1200), (BARS, f"{OAK}/lots/butter-1@hubs/oak", "g", 10_000),
     (BARS, "nature/soil/body", "g", 8000), (BARS, f"{OAK}/lots/bars-1@hubs/oak", "part", 9000),
     (BARS, f"{OAK}/lots/butter-1@hubs/oak", "part", 1000)],
    [("members/ben/work/care", BARS, "min", 30)],
]  # fmt: skip
LOT = f"{OAK}/lots/bars-1"


class TestOneBar:
    def test_carries_what_each_gave(self) -> None:
        whole = embodied(LOT, facts(flows_of(*ONE_BAR)))
        one = {source.giver: quantity / 1200 for source, quantity in whole.items()}
        assert {giver: f"{float(q):.3f}" for giver, q in one.items()} == {
            "commons/dark-72/recipe": "0.001", f"{FERN}/tools/dryer": "2.812", "members/ada/work/paid": "0.180",
            "members/ben/work/care": "0.022", "members/ben/work/share": "0.450", "members/f1/harvest": "84.375",
            "members/f1/work/family": "0.422", "members/f2/harvest": "56.250", "suppliers/grid/stock": "22.500",
            "suppliers/sugar/stock": "11.250",
        }  # fmt: skip

    def test_costs_what_was_paid_for_its_inputs(self) -> None:
        assert costs(LOT, facts(flows_of(*ONE_BAR))) == {
            PaidToLot(f"{FERN}/earned/dry-1", 7): 18_000, "suppliers/sugar": Fraction(3000 * 15 * 9, 20 * 10),
            "members/ada": 4320, "suppliers/grid": 540,
        }  # fmt: skip

    def test_counts_minutes_by_kind(self) -> None:
        minutes = minutes_by_kind(embodied(LOT, facts(flows_of(*ONE_BAR))))
        assert minutes == {"share": 540, "paid": 216, "care": 27, "family": Fraction(600 * 75 * 9, 80 * 10)}

    def test_tells_its_story_in_order(self) -> None:
        told = story(LOT, facts(flows_of(*ONE_BAR)))
        assert [(g.step, len(g.people)) for g in told] == [("given", 2), ("made", 1), ("made", 2)]
        assert told[0].came_in["g"] == Fraction(200_000 * 75 * 9, 80 * 10) + 15_000 * Fraction(9, 10)
        assert told[1].came_out == {"g": 75_000 * Fraction(9, 10)}
        assert told[2].came_out == {"bar": 1200}

    def test_knows_forward_what_became_of_a_farm_s_beans(self) -> None:
        found = made_of(f"{FERN}/lots/wet-1", facts(flows_of(*ONE_BAR)))
        assert found[LOT] == Fraction(75, 80) * Fraction(9, 10)
        assert found[f"{OAK}/lots/dry-1b"] == Fraction(50, 80)

    def test_cannot_be_made_of_itself(self) -> None:
        again = [*ONE_BAR, [(f"{OAK}/lots/bars-1", DRYING, "g", 1)]]
        with pytest.raises(CircularLineage):
            embodied(LOT, facts(flows_of(*again)))


class TestCosts:
    def test_of_one_entry_follow_who_brought_what(self) -> None:
        """A harvest and hired hours in one entry: the wage is the cost of the hours, not of the rice."""
        milling = f"{FERN}/processes/mill"
        known = facts(flows_of(
            [("members/f1/harvest", f"{FERN}/lots/paddy", "g", 900), ("workers/v/work/hired", milling, "min", 60),
             (f"{FERN}/debts", "workers/v/debt", "EUR@coops/fern", 70)],
            [(f"{FERN}/lots/paddy", milling, "g", 450)],
            [(milling, f"{FERN}/lots/rice", "g", 300), (milling, f"{FERN}/lots/rice", "part", 10_000)],
        ))  # fmt: skip
        assert costs(f"{FERN}/lots/rice", known) == {"workers/v": 70}
        assert costs(f"{FERN}/lots/paddy", known) == {}

    def test_that_name_no_payee_are_paid_to_somebody_unknown(self) -> None:
        known = facts(flows_of([("suppliers/s/stock", f"{FERN}/lots/a", "g", 10),
                                (f"{FERN}/free", f"{FERN}/owes", "EUR@coops/fern", 5)]))  # fmt: skip
        assert costs(f"{FERN}/lots/a", known) == {"unknown/payee": 5}

    def test_go_with_a_lot_that_is_split(self) -> None:
        known = facts(flows_of(
            [("members/f1/harvest", f"{FERN}/lots/a", "g", 100),
             (f"{FERN}/free", "members/f1/purse", "EUR@coops/fern", 50)],
            [(f"{FERN}/lots/a", f"{FERN}/lots/b", "g", 20)],
        ))  # fmt: skip
        assert costs(f"{FERN}/lots/b", known) == {"members/f1": 10}


def random_world(seed: int, givers: int = 4, rounds: int = 8) -> list[NetFlow]:
    """Lots filled, mixed in processes, split and sold, at random; whole quantities, each lot filled and then drawn."""
    rng = Random(seed)
    entries: list[list[tuple[str, str, str, int]]] = []
    stock: dict[str, int] = {}
    for n in range(rng.randint(1, 5)):
        for _ in range(rng.randint(1, 3)):
            quantity = rng.randint(1, 9999)
            entries.append([(f"members/m{rng.randrange(givers)}/harvest", f"{FERN}/lots/raw-{n}", "g", quantity)])
            stock[f"{FERN}/lots/raw-{n}"] = stock.get(f"{FERN}/lots/raw-{n}", 0) + quantity
    for n in range(rounds):
        lots = [lot for lot, left in stock.items() if left]
        if not lots:
            break
        chosen = rng.sample(lots, rng.randint(1, min(3, len(lots))))
        drawn = {lot: rng.randint(1, stock[lot]) for lot in chosen}
        for lot, quantity in drawn.items():
            stock[lot] -= quantity
        if rng.random() < 0.2:
            entries.append([(lot, f"{FERN}/lots/mix-{n}", "g", q) for lot, q in drawn.items()])
            stock[f"{FERN}/lots/mix-{n}"] = sum(drawn.values())
            continue
        process = f"{FERN}/processes/p-{n}"
        entries += [[(lot, process, "g", q)] for lot, q in drawn.items()]
        entries.append([(f"members/m{rng.randrange(givers)}/work/share", process, "min", rng.randint(1, 600))])
        if rng.random() < 0.1:
            entries.append([(process, "nature/soil/body", "g", sum(drawn.values()))])
            continue
        cut, made = rng.randint(1, 9999), [f"{FERN}/lots/out-{n}-{i}" for i in (1, 2)]
        entries.append([(process, lot, "g", rng.randint(1, 500)) for lot in made]
                       + [(process, made[0], "part", cut), (process, made[1], "part", 10_000 - cut)])  # fmt: skip
        stock.update({f.taker: f.quantity for f in flows_of(entries[-1]) if f.unit == "g"})
    return flows_of(*entries)


def ended(known: Facts) -> dict[Source, Fraction]:
    """All that lots carry and did not pass on, and all that failed processes held."""
    found: dict[Source, Fraction] = defaultdict(Fraction)
    for lot in list(known.fills):
        onward = sum(f.quantity for f in known.draws.get(lot, ()) if goes_on(path_of(f.taker), known))
        for source, quantity in embodied(lot, known).items():
            found[source] += quantity * (1 - Fraction(onward, known.filled[lot]))
    for process, its in known.inputs.items():
        if process not in known.parts:
            for flow in its:
                if word_of(flow.giver) != "lots":
                    found[Source(flow.token, flow.giver, flow.unit)] += flow.quantity
    return {source: quantity for source, quantity in found.items() if quantity}


def goes_on(path: str, known: Facts) -> bool:
    return word_of(path) == "lots" or path in known.parts


class TestLaws:
    @given(st.integers(0, 10**6))
    def test_what_sources_gave_is_what_the_lots_carry(self, seed: int) -> None:
        flows = random_world(seed)
        given_by: dict[Source, Fraction] = defaultdict(Fraction)
        for flow in flows:
            if word_of(flow.giver) in {"harvest", "work"}:
                given_by[Source(flow.token, flow.giver, flow.unit)] += flow.quantity
        assert ended(facts(flows)) == given_by

    @given(st.integers(0, 10**6))
    def test_the_order_of_flows_changes_nothing(self, seed: int) -> None:
        flows = random_world(seed)
        lot = flows[-1].taker if word_of(flows[-1].taker) == "lots" else flows[0].taker
        assert embodied(lot, facts(flows)) == embodied(lot, facts(reversed(flows)))

    @given(st.integers(0, 10**6))
    def test_splitting_a_contributor_changes_nothing(self, seed: int) -> None:
        flows = random_world(seed)
        half: list[NetFlow] = []
        for flow in flows:
            if flow.giver == "members/m0/harvest" and flow.quantity > 1:
                first = flow.quantity // 2
                its = (flow.token, flow.key, flow.action, flow.purpose, flow.at, flow.evidence)
                half.append(NetFlow(*its, flow.giver, flow.taker, flow.unit, first))
                half.append(NetFlow(*its, "members/m0b/harvest", flow.taker, flow.unit, flow.quantity - first))
            else:
                half.append(flow)
        whole, parted = facts(flows), facts(half)
        for lot in list(whole.fills):
            sums: dict[Source, Fraction] = defaultdict(Fraction)
            for source, quantity in embodied(lot, parted).items():
                sums[Source(source.token, source.giver.replace("m0b", "m0"), source.unit)] += quantity
            assert sums == embodied(lot, whole)

    @given(st.integers(0, 10**6))
    def test_back_and_forth_agree(self, seed: int) -> None:
        known = facts(random_world(seed))
        for lot in list(known.fills):
            for behind, weight in weights_behind(lot, known).items():
                assert made_of(behind, known).get(lot, Fraction(0)) == weight


class TestScale:
    def test_walks_a_chain_deeper_than_the_stack(self) -> None:
        links = [[(f"{FERN}/lots/l-{n}", f"{FERN}/lots/l-{n + 1}", "g", 5)] for n in range(3000)]
        known = facts(flows_of([("members/m/harvest", f"{FERN}/lots/l-0", "g", 10)], *links))
        assert embodied(f"{FERN}/lots/l-1", known) == {Source(0, "members/m/harvest", "g"): 5}
        assert sum(embodied(f"{FERN}/lots/l-3000", known).values()) == 5

    def test_reads_a_thousand_contributors_at_once(self) -> None:
        mill = f"{FERN}/processes/mill"
        known = facts(flows_of(
            *([(f"members/m{n}/harvest", f"{FERN}/lots/l-{n % 50}", "g", 1000 + n)] for n in range(1000)),
            *([(f"{FERN}/lots/l-{n}", mill, "g", 1000)] for n in range(50)),
            [(mill, f"{FERN}/lots/rice", "g", 30_000), (mill, f"{FERN}/lots/rice", "part", 10_000)],
        ))  # fmt: skip
        began = perf_counter()
        assert len(embodied(f"{FERN}/lots/rice", known)) == 1000
        assert perf_counter() - began < 1
