"""An agreement as a picture: what each step takes of one sale, told as an example, divided as any sale would be."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cooperatives.rules.agreements import divide
from cooperatives.rules.steps import NAMES, Contribution, Designs, Floors, Rate, Residual, Step

COSTS, PRICES = 20, 40  # percent of the example that inputs cost, and that agreed prices come to
STEP_WORDS: dict[str, Promise] = {
    "pass-through": _("Cost of what went in"),
    "debts": _("Owed from earlier periods"),
    "floors": _("Agreed price"),
    "commons": _("Commons"),
    "designs": _("Thanks to designs"),
    "reserve": _("Reserve"),
    "residual": _("Share of the rest"),
    "left": _("What was left"),
}
# Tints of ink, since the accent means "look here"; no two that lie side by side have the same.
COLOURS = {
    "pass-through": "ink4", "debts": "ink1", "floors": "ink2", "commons": "commons", "designs": "commons",
    "reserve": "ink1", "residual": "ink3", "left": "ink4",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Band:
    """What one step takes, and where it stands on a bar as wide as the whole sale, in percent as SVG wants it."""

    name: str
    words: Promise
    colour: str
    quantity: int
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Picture:
    """An example sale and the bands that it falls into; they sum to it."""

    whole: int
    costs: int
    prices: int
    bands: tuple[Band, ...]


def picture_of(steps: Sequence[Step], *, whole: int) -> Picture:
    """The steps at work on a sale of `whole`; steps that find nothing to pay are left out, as in a division."""
    costs = whole * COSTS // 100 if any(NAMES[type(step)] == "pass-through" for step in steps) else 0
    prices = whole * PRICES // 100 if any(isinstance(step, Floors) for step in steps) else 0
    given = _worth(steps, whole * PRICES // 100)
    division = divide(whole, steps, holder="coops/example", contributions=given, costs=costs)
    names = [*(NAMES[type(step)] for step in steps), "left"]
    sums = dict.fromkeys(range(1, len(steps) + 1), 0) | {0: 0}
    for reason in division.why:
        sums[reason.step] += reason.amount
    return Picture(whole, costs, prices, bands(names, [*(sums[n] for n in range(1, len(steps) + 1)), sums[0]], whole))


def bands(names: Sequence[str], amounts: Sequence[int], whole: int) -> tuple[Band, ...]:
    """Amounts beside each other on a bar of `whole`; what is nothing has no band."""
    found, passed = [], 0
    for name, amount in zip(names, amounts, strict=True):
        if amount:
            found.append(
                Band(name, STEP_WORDS[name], COLOURS[name], amount, _percent(passed, whole), _percent(amount, whole))
            )
        passed += amount
    return tuple(found)


def _worth(steps: Sequence[Step], worth: int) -> list[Contribution]:
    """Contributions that come to `worth` by the first prices, in equal parts of each kind; as much of each kind that
    only later prices count; a design if it counts."""
    tables = [step.rates for kind in (Floors, Residual) for step in steps if isinstance(step, kind)]
    kinds: dict[tuple[str, str], Rate] = {}
    for rate in (rate for rates in tables for rate in rates if rate.pays):
        kinds.setdefault((rate.of, rate.unit), rate)
    first = len({(rate.of, rate.unit) for rate in tables[0] if rate.pays}) if tables else 0
    given = [
        Contribution(
            f"members/{n}/purse", rate.of, rate.unit,
            Fraction(worth * rate.per * 1000, (first or 1) * rate.pays * (1000 + rate.plus)),
        )
        for n, rate in enumerate(kinds.values())
    ]  # fmt: skip
    if any(isinstance(step, Designs) for step in steps):
        given.append(Contribution("commons/example/purse", "recipe", "cite", 1))
    return given


def _percent(part: int, whole: int) -> str:
    hundredths = part * 10_000 // whole if whole else 0
    return f"{hundredths // 100}.{hundredths % 100:02}%"
