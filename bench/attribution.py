"""Who is behind a lot and what each receives, beside a plain NetworkX walk and NumPy, both in floating point.

A hundred thousand contributions of 2,000 makers in a thousand lots over six stages: each lot of one stage is cut among
processes of the next. Ours counts in exact fractions and places every cent; the two others only multiply.
"""

import random
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction

import networkx as nx
import numpy as np

from cooperatives.rules import lineage
from cooperatives.rules.steps import Rate, Residual
from ledger.rules.entries import Address
from ledger.rules.readings import NetFlow
from market.rules.settlements import basis

AT = datetime(2026, 11, 23, tzinfo=UTC)
CONTRIBUTIONS, LOTS, STAGES, MAKERS = 100_000, 1_000, 6, 2_000
EACH = 120  # lots of every later stage
WAYS = 3  # that a lot is cut
RATES = (Rate("harvest", "g", 1000, 200), Rate("work", "min", 60, 550))
EARNED = 10_000_000  # cents of each lot that is settled
Graph = nx.DiGraph


def run() -> None:
    """Print the seconds of a trace and of settling the last stage, and the ratios to both others."""
    flows, last = season()
    facts, began = lineage.facts(flows), time.perf_counter()
    lineage.embodied(last[0], facts)
    traced = time.perf_counter() - began
    graph, gifts = walkable(flows)
    matrices = Matrices(graph, gifts)
    settled, shares = timed(lambda: [exact(lot, facts) for lot in last])
    walk_traced, _ = timed(lambda: walk(graph, last[0]))
    walked, by_walk = timed(lambda: [shared(walk(graph, lot), gifts) for lot in last])
    multiply_traced, _ = timed(lambda: matrices.weights(last[0]))
    multiplied, by_numpy = timed(lambda: [matrices.shared(lot) for lot in last])
    print(f"{CONTRIBUTIONS:,} contributions in {LOTS:,} lots over {STAGES} stages, {len(last)} lots settled")
    print(f"trace of one lot: {traced:.2f} s; NetworkX {walk_traced:.3f} s, NumPy {multiply_traced:.3f} s")
    print(f"settled: {settled:.1f} s; ratio to NetworkX {settled / walked:.1f}, to NumPy {settled / multiplied:.1f}")
    print(f"farthest from ours: NetworkX {farthest(shares, by_walk)} cents, NumPy {farthest(shares, by_numpy)} cents")


def timed[Found](act: Callable[[], Found]) -> tuple[float, Found]:
    began = time.perf_counter()
    found = act()
    return time.perf_counter() - began, found


def exact(lot: str, facts: lineage.Facts) -> dict[str, int]:
    """What ours gives each maker."""
    return basis(lot, "EUR", Fraction(1), facts).divided(EARNED, (Residual(RATES),)).parts


def farthest(ours: list[dict[str, int]], theirs: list[dict[str, float]]) -> float:
    """The greatest difference of anybody's share, in cents."""
    pairs = zip(ours, theirs, strict=True)
    return round(max(abs(mine.get(to, 0) - other.get(to, 0)) for mine, other in pairs for to in {*mine, *other}), 2)


def season() -> tuple[list[NetFlow], list[str]]:
    """The journal's flows, and the paths of the last stage's lots."""
    chance, flows = random.Random(1), list[NetFlow]()

    def flow(action: str, giver: str, taker: str, unit: str, quantity: int) -> None:
        token = len(flows) + 1
        flows.append(NetFlow(token, f"bench/{token}", action, "making", AT, "declared", giver, taker, unit, quantity))

    def maker() -> str:
        return f"members/m{chance.randrange(MAKERS)}"

    raw, work = LOTS - (STAGES - 1) * EACH, CONTRIBUTIONS // 5
    before = []
    for n in range(raw):
        path, grams = f"coops/oak/lots/s0-{n}", [chance.randint(1_000, 90_000) for _ in range(4 * work // raw)]
        for each in grams:
            flow("transfer", f"{maker()}/harvest", path, "g", each)
        before.append((path, sum(grams)))
    for stage in range(1, STAGES):
        takes = defaultdict(list)
        for path, grams in before:
            for way in range(WAYS):
                takes[chance.randrange(EACH)].append((path, grams // WAYS + (grams % WAYS if way == 0 else 0)))
        before = []
        for n in range(EACH):
            process, path, out = f"coops/oak/processes/p{stage}-{n}", f"coops/oak/lots/s{stage}-{n}", 1
            for taken, grams in takes[n]:
                flow("consume", taken, process, "g", grams)
                out += grams * 9 // 10
            for _ in range(work // (EACH * (STAGES - 1))):
                flow("work", f"{maker()}/work/family", process, "min", chance.randint(5, 600))
            flow("produce", process, path, "g", out)
            flow("produce", process, path, "part", 10_000)
            before.append((path, out))
    return flows, [path for path, _grams in before]


def walkable(flows: list[NetFlow]) -> tuple[Graph, dict[str, dict[str, float]]]:
    """A graph whose edges say which part of a lot or process is in another, and what makers gave to each, in cents."""
    filled: dict[str, int] = defaultdict(int)
    gifts: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for flow in flows:
        if "/lots/" in flow.taker and flow.unit == "g":
            filled[flow.taker] += flow.quantity
    graph = nx.DiGraph()
    for flow in flows:
        giver = Address.parse(flow.giver)
        if giver.word == "harvest":
            gifts[flow.taker][f"{giver.owner}/purse"] += flow.quantity * 200 / 1000
        elif giver.word == "work":
            gifts[flow.taker][f"{giver.owner}/purse"] += flow.quantity * 550 / 60
        elif flow.unit == "part":
            graph.add_edge(flow.taker, flow.giver, part=flow.quantity / 10_000)
        elif giver.word == "lots":
            known = graph.get_edge_data(flow.taker, flow.giver, {"part": 0.0})["part"]
            graph.add_edge(flow.taker, flow.giver, part=known + flow.quantity / filled[flow.giver])
    return graph, gifts


def walk(graph: Graph, lot: str) -> dict[str, float]:
    """The weight of everything behind a lot: parts multiplied along paths."""
    behind = graph.subgraph({lot, *nx.descendants(graph, lot)})
    weights: dict[str, float] = defaultdict(float, {lot: 1.0})
    for account in nx.topological_sort(behind):
        for further, edge in behind[account].items():
            weights[further] += weights[account] * edge["part"]
    return weights


def shared(weights: dict[str, float], gifts: dict[str, dict[str, float]]) -> dict[str, float]:
    """What each maker receives by what they gave, times the weight of where it went."""
    worth: dict[str, float] = defaultdict(float)
    for account, weight in weights.items():
        for to, cents in gifts.get(account, {}).items():
            worth[to] += cents * weight
    whole = sum(worth.values())
    return {to: EARNED * cents / whole for to, cents in worth.items()}


class Matrices:
    """The same as two matrices: parts among accounts, and cents of makers by account."""

    def __init__(self, graph: Graph, gifts: dict[str, dict[str, float]]) -> None:
        self.accounts = {account: n for n, account in enumerate(graph.nodes)}
        self.makers = sorted({to for given in gifts.values() for to in given})
        column = {to: n for n, to in enumerate(self.makers)}
        self.parts = np.zeros((len(self.accounts), len(self.accounts)))
        self.given = np.zeros((len(self.accounts), len(self.makers)))
        for account, further, edge in graph.edges(data=True):
            self.parts[self.accounts[account], self.accounts[further]] = edge["part"]
        for account, given in gifts.items():
            for to, cents in given.items():
                self.given[self.accounts[account], column[to]] = cents

    def weights(self, lot: str) -> np.ndarray:
        step = np.zeros(len(self.accounts))
        step[self.accounts[lot]] = 1.0
        found = step.copy()
        for _ in range(2 * STAGES):
            step = step @ self.parts
            found += step
        return found

    def shared(self, lot: str) -> dict[str, float]:
        worth = self.weights(lot) @ self.given
        return dict(zip(self.makers, (EARNED * worth / worth.sum()).tolist(), strict=True))


if __name__ == "__main__":
    run()
