"""Cooperatives inside cooperatives: who is inside whom, and how many people stand behind one."""

from collections.abc import Mapping, Set


def inner(seats: Mapping[int, Set[int]], outer: int) -> set[int]:
    """`outer` and all that are its members, through however many others; `seats` says who sits directly in whom."""
    found, waiting = {outer}, [outer]
    while waiting:
        new = seats.get(waiting.pop(), frozenset()) - found
        found |= new
        waiting.extend(new)
    return found


def people_behind(seats: Mapping[int, Set[int]], people: Mapping[int, Set[int]], outer: int) -> int:
    """How many people stand behind a cooperative, each counted once, however many ways lead to them."""
    return len(set().union(*(people.get(society, frozenset()) for society in inner(seats, outer))))
