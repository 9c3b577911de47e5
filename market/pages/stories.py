"""The story of a lot, told for the page of its listing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from cooperatives.queries import process_names, story_in
from cooperatives.rules.streams import Stream
from ledger.rules.readings import NetFlow
from market.models import Listing


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a lot's story, in the share that is in the lot."""

    title: str
    amounts: Sequence[tuple[str, int]]
    minutes: int
    people: int


@dataclass(frozen=True, slots=True)
class Story:
    """How a lot came about, and what is inside one piece of it."""

    steps: Sequence[Step]
    each: Sequence[tuple[str, int]]
    minutes_each: int
    people: int
    stream: Stream | None
    tokens: Sequence[int]  # of the entries that it was told from
    pieces: int  # that the drawing ends in; 0 for goods sold by weight


def story_of(row: Listing, flows: Sequence[NetFlow]) -> Story | None:
    """The story of a listing's lot, from the flows behind it; None where nothing is known of it."""
    told = story_in(flows, row.lot)
    if not told.given:
        return None
    pieces = max(1, told.filled // row.unit_quantity)
    brought: dict[str, int] = defaultdict(int)
    for given in told.given:
        if not given.kind.startswith("work"):
            brought[given.unit] += given.quantity
    names = process_names({step.paths[0] for step in told.steps})
    steps = [
        Step(
            _("Brought by its givers") if step.step == "given" else names.get(step.paths[0]) or _said(step.paths[0]),
            [
                (unit, round(amount))
                for unit, amount in sorted(step.came_out.items(), key=_goods_first)
                if round(amount)
            ],
            round(sum(step.minutes.values())),
            len(step.people),
        )
        for step in told.steps
    ]
    each = [(unit, round(Fraction(amount, pieces))) for unit, amount in sorted(brought.items(), key=_goods_first)]
    minutes = round(Fraction(sum(told.minutes.values()), pieces))
    inside = [(unit, amount) for unit, amount in each if amount]
    tokens = sorted({flow.token for flow in flows})
    return Story(steps, inside, minutes, told.people, told.stream, tokens, 0 if row.unit == "g" else told.filled)


def _goods_first(counted: tuple[str, object]) -> tuple[bool, bool, str]:
    """Weight, then things that are counted, then what drives the machines."""
    unit, _amount = counted
    return unit == "Wh", unit != "g", unit


def _said(process: str) -> str:
    """A process as people say it: Roast for …/processes/roast-4."""
    return process.rpartition("/")[2].rstrip("0123456789").strip("-").replace("-", " ").capitalize()
