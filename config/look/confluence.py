"""The story of a lot as one drawing to scale: many threads join, change and end as pieces."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

WIDTH, HEIGHT = 1000, 190
MIDDLE, THICKEST = 90, 84  # where the stream flows, and how thick its thickest place is drawn
JOINED = 215  # the threads have met here
PIECES_FROM = 824
MOST_THREADS, MOST_PIECES = 40, 200


@dataclass(frozen=True, slots=True)
class Stage:
    """What the stream weighs after a step, what joined in that step, and whether we know where that came from."""

    weight: int
    joined: int = 0
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """Weights of what was brought, then every step; `pieces` is how many things leave at the end, 0 for bulk."""

    threads: tuple[int, ...]
    stages: tuple[Stage, ...]
    pieces: int = 0


@dataclass(frozen=True, slots=True)
class Drawing:
    """SVG paths in a field of WIDTH by HEIGHT: marigold threads, streams that joined, and the ink of what was made."""

    threads: tuple[str, ...]
    joins: tuple[tuple[str, bool], ...]
    body: tuple[str, ...]


def draw(story: Story) -> Drawing:
    """Every thickness is in proportion to a weight; more than MOST_THREADS are drawn as so many equal strands."""
    brought = sum(story.threads)
    heaviest = max([brought, *(stage.weight for stage in story.stages)])
    if brought <= 0 or heaviest <= 0:
        return Drawing((), (), ())
    unit = Fraction(THICKEST, heaviest)
    before = brought * unit
    steps = len(story.stages)
    stream_end = PIECES_FROM - 9 if story.pieces else WIDTH
    edges = [JOINED + Fraction((stream_end - JOINED) * i, max(steps, 1)) for i in range(steps + 1)]
    threads = _threads(_strands(story.threads), before)
    ink_from = max(steps - 1, 0)
    body: list[str] = []
    joins: list[tuple[str, bool]] = []
    for number, stage in enumerate(story.stages):
        after = stage.weight * unit
        # Each span starts a hair early, so that no seam shows between two fills.
        band = ribbon(edges[number] - 1, before, edges[number + 1], after)
        (body if number >= ink_from else threads).append(band)
        if stage.joined > 0:
            joins.append((_join(edges[number], min(stage.joined * unit, after), after), stage.is_known))
        before = after
    if story.pieces:
        body.extend(_pieces(story.pieces, before))
    return Drawing(tuple(threads), tuple(joins), tuple(body))


def ribbon(x1: Fraction, thick1: Fraction, x2: Fraction, thick2: Fraction) -> str:
    """A band around the middle line that eases from one thickness to another."""
    half = (x1 + x2) / 2
    top1, top2 = MIDDLE - thick1 / 2, MIDDLE - thick2 / 2
    low1, low2 = MIDDLE + thick1 / 2, MIDDLE + thick2 / 2
    return _path(
        "M", x1, top1, "C", half, top1, half, top2, x2, top2, "V", low2, "C", half, low2, half, low1, x1, low1, "z"
    )


def _strands(weights: Sequence[int]) -> list[Fraction]:
    """The weights themselves, or where they would be hairs, as many equal strands of the same sum."""
    if len(weights) <= MOST_THREADS:
        return [Fraction(weight) for weight in weights if weight > 0]
    return [Fraction(sum(weights), MOST_THREADS)] * MOST_THREADS


def _threads(weights: list[Fraction], thickness: Fraction) -> list[str]:
    """Each thread starts apart from its neighbours and lies against them where all have met."""
    whole = sum(weights)
    gap = (HEIGHT - 20 - thickness) / max(len(weights) - 1, 1)
    start = Fraction(2) if len(weights) > 1 else MIDDLE - thickness / 2
    meet = MIDDLE - thickness / 2
    found = []
    for weight in weights:
        thick = weight / whole * thickness
        half = Fraction(JOINED, 2)
        found.append(
            _path(
                "M",
                0,
                start,
                "C",
                half,
                start,
                half,
                meet,
                JOINED,
                meet,
                "V",
                meet + thick,
                "C",
                half,
                meet + thick,
                half,
                start + thick,
                0,
                start + thick,
                "z",
            )
        )
        start += thick + gap
        meet += thick
    return found


def _join(x: Fraction, thick: Fraction, after: Fraction) -> str:
    """A stream from below that ends in the lower part of the main one."""
    from_x, to_x = x - 100, x + 45
    end = MIDDLE + after / 2
    return _path(
        "M", from_x, HEIGHT - thick, "C", from_x + 80, HEIGHT - thick, from_x + 40, end - thick, to_x, end - thick,
        "V", end, "C", from_x + 40, end, from_x + 80, HEIGHT, from_x, HEIGHT, "z",
    )  # fmt: skip


def _pieces(count: int, thickness: Fraction) -> list[str]:
    """The pieces in columns as high as the stream; at most MOST_PIECES are drawn."""
    shown = min(count, MOST_PIECES)
    rows = min(10, shown)
    columns = -(-shown // rows)
    pitch_x, pitch_y = Fraction(WIDTH - PIECES_FROM, columns), thickness / rows
    wide, high = min(pitch_x * Fraction(2, 3), Fraction(40)), pitch_y * Fraction(3, 4)
    top = MIDDLE - thickness / 2
    one = [
        _path("M", PIECES_FROM + column * pitch_x, top + row * pitch_y, "h", wide, "v", high, "h", -wide, "z")
        for column in range(columns)
        for row in range(rows)
        if column * rows + row < shown
    ]
    return ["".join(one)]


def _path(*parts: str | int | Fraction) -> str:
    """Numbers to a tenth, which is finer than a screen shows and shorter than the truth."""
    written = ""
    for part in parts:
        if isinstance(part, str):
            written += part
            continue
        text = f"{float(part):.1f}".removesuffix(".0")
        written += text if not written or written[-1].isalpha() else f" {text}"
    return written
