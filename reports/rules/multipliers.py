"""How often money is spent again inside a boundary before it leaves (indicators A5).

A pass-through raises a multiplier and captures nothing, so this is never a headline. Here residents are agents too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from reports.rules.capture import NoWayOut, solve

NOBODY_KNOWS = "unknown"  # whoever received what we cannot follow


@dataclass(frozen=True, slots=True)
class Multiplier:
    """`three_rounds` is LM3, between 1 and 3; `respent` is LM3 − 1, what other authors print; `endless` is LM∞.

    `endless` is None where money would go round for ever.
    """

    three_rounds: Fraction
    endless: Fraction | None

    @property
    def respent(self) -> Fraction:
        return self.three_rounds - 1


@dataclass(frozen=True, slots=True)
class Band:
    """The multiplier if nothing of what is unknown is spent again inside (`low`), and if all of it is (`high`)."""

    low: Multiplier
    high: Multiplier


def multipliers(spends: Mapping[str, Mapping[str, Fraction]]) -> dict[str, Multiplier]:
    """{agent: its multiplier}; `spends` says which part of its income each local agent spends with each other one.

    LM3 = 1 + S·1 + S²·1 is the three-term truncation of LM∞ = (I − S)⁻¹·1.
    """
    first = {agent: sum(row.values(), Fraction(0)) for agent, row in spends.items()}
    second = {
        agent: sum((share * first.get(to, Fraction(0)) for to, share in row.items()), Fraction(0))
        for agent, row in spends.items()
    }
    endless = _endless(spends)
    return {agent: Multiplier(1 + first[agent] + second[agent], endless.get(agent)) for agent in spends}


def band(spends: Mapping[str, Mapping[str, Fraction]], unknown: Mapping[str, Fraction]) -> dict[str, Band]:
    """Both ends of each multiplier; `unknown` is which part of its income each agent spent we cannot tell where."""
    best: dict[str, dict[str, Fraction]] = {agent: dict(row) for agent, row in spends.items()}
    for agent, share in unknown.items():
        if share:
            best.setdefault(agent, {})[NOBODY_KNOWS] = share
            best[NOBODY_KNOWS] = {NOBODY_KNOWS: Fraction(1)}
    low, high = multipliers(spends), multipliers(best)
    return {agent: Band(low[agent], high[agent]) for agent in spends}


def _endless(spends: Mapping[str, Mapping[str, Fraction]]) -> dict[str, Fraction]:
    agents = {*spends, *(to for row in spends.values() for to in row)}
    try:
        found = solve({a: spends.get(a, {}) for a in sorted(agents)}, {a: (Fraction(1),) for a in agents})
    except NoWayOut:
        return {}
    return {agent: value[0] for agent, value in found.items()}
