"""Dividing a whole amount by weights without losing a cent; the one place where money is divided."""

from collections.abc import Mapping
from fractions import Fraction

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
    whole = sum(weights.values(), Fraction(0))
    if not whole:
        if total:
            raise NothingToDivideBy(total=total)
        return dict.fromkeys(weights, 0)
    exact = {address: total * weight / whole for address, weight in weights.items()}
    parts = {address: int(part) for address, part in exact.items()}
    by_remainder = sorted(parts, key=lambda address: (parts[address] - exact[address], address))
    for address in by_remainder[: total - sum(parts.values())]:
        parts[address] += 1
    return parts


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
