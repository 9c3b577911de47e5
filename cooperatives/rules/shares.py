"""Dividing a whole amount by weights without losing a cent; the one place where money is divided."""

from collections.abc import Mapping
from fractions import Fraction
from math import lcm

from ledger.rules.refusal import BadInput


class NothingToDivideBy(BadInput):
    """There is nobody to divide {total} among: every weight is zero."""


class NegativeWeight(BadInput):
    """{address} has a weight below zero."""


class NegativeAmount(BadInput):
    """{total} is below zero and cannot be divided."""


def apportion(total: int, weights: Mapping[str, int | Fraction]) -> dict[str, int]:
    """`total` divided in proportion to `weights`: whole numbers that sum to `total`, by largest remainder.

    Each receives its exact part rounded down; what is left goes, one by one, to the largest remainders, and where
    remainders are equal to the first address. A total of zero gives zeros, whatever the weights.
    """
    _refuse_bad(total, weights)
    # In whole numbers throughout: fractions of long lineages have large denominators, and reducing them takes long.
    counts = _counted(weights)
    whole = sum(counts.values())
    if not whole:
        if total:
            raise NothingToDivideBy(total=total)
        return dict.fromkeys(weights, 0)
    parts, remainders = {}, {}
    for address, count in counts.items():
        parts[address], remainders[address] = divmod(total * count, whole)
    left = total - sum(parts.values())
    if left:
        for address in sorted(parts, key=lambda address: (-remainders[address], address))[:left]:
            parts[address] += 1
    return parts


def _counted(weights: Mapping[str, int | Fraction]) -> Mapping[str, int]:
    """The same weights in proportion, as whole numbers."""
    common = lcm(*(weight.denominator for weight in weights.values()))
    return {address: weight.numerator * (common // weight.denominator) for address, weight in weights.items()}


def ration(total: int, claims: Mapping[str, int]) -> dict[str, int]:
    """What each of `claims` receives of `total`: all of it, or its proportion where there is less."""
    if sum(claims.values()) <= total:
        return dict(claims)
    return apportion(total, claims)


def _refuse_bad(total: int, weights: Mapping[str, int | Fraction]) -> None:
    if total < 0:
        raise NegativeAmount(total=total)
    for address, weight in weights.items():
        if weight < 0:
            raise NegativeWeight(address=address)
