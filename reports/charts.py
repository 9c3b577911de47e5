"""Plotly figures of a report, as plain dictionaries: the numbers of its tables in the colours that have a meaning."""

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from ledger.rules.amounts import format_quantity
from reports.baselines import Condensed
from reports.queries import LotLine, Season
from reports.tables import Table, group_words, kind_words

Figure = dict[str, Any]

# The light palette; the page's script turns it into the dark one where that is in force.
COLOURS = {"local": "#26724a", "commons": "#2b62ac", "unknown": "#77766f", "waiting": "#dcd1b8", "extracted": "#8a3a26"}
INK, EDGE, SHEET, WELL = "#1c2133", "#857c66", "#fffdf7", "#ece6d8"
HATCH = {"shape": "/", "fgcolor": COLOURS["unknown"], "bgcolor": WELL, "size": 6, "solidity": 0.4}
PALE = "66"  # alpha of a ribbon
TICKS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
LABELLED = 6  # more dots than these have no room for their names


def flow_figure(receivers: Table, ends: Table, exponent: int = 2) -> Figure:
    """The way of what buyers paid: to kinds of receivers, and on to where it ends. What is withheld goes together."""
    links = _links(receivers, ends)
    kinds = list(dict.fromkeys(kind for kind, _group, _quantity in links))
    groups = [row.key for row in ends.rows if row.quantity]
    words = kind_words() | {"withheld": _("Few people, not shown apart")}
    nodes = [_("Paid"), *(words.get(kind, kind) for kind in kinds), *(group_words("")[g] for g in groups)]
    first, last = {kind: n for n, kind in enumerate(kinds, 1)}, {g: n for n, g in enumerate(groups, 1 + len(kinds))}
    paid: dict[str, int] = defaultdict(int)
    for kind, _group, quantity in links:
        paid[kind] += quantity
    link: Figure = {
        "source": [0] * len(kinds) + [first[kind] for kind, _g, _q in links],
        "target": [first[kind] for kind in kinds] + [last[group] for _k, group, _q in links],
        "value": [paid[kind] for kind in kinds] + [quantity for _k, _g, quantity in links],
        "color": [f"{EDGE}{PALE}"] * len(kinds) + [f"{COLOURS[group]}{PALE}" for _k, group, _q in links],
    }
    said = [f"{format_quantity(quantity, exponent)} {receivers.unit}" for quantity in link["value"]]
    link |= {"customdata": said, "hovertemplate": "%{source.label} → %{target.label}: %{customdata}<extra></extra>"}
    node = {
        "label": nodes,
        "color": [INK] * (1 + len(kinds)) + [COLOURS[g] for g in groups],
        "pad": 18,
        "thickness": 14,
        "hoverinfo": "none",
    }
    words_font = {"size": 15, "color": INK}
    sankey: Figure = {"type": "sankey", "arrangement": "snap", "textfont": words_font, "link": link}
    sankey["node"] = node | {"line": {"width": 0}}
    return {"data": [sankey], "layout": {"height": 420}}


def _links(receivers: Table, ends: Table) -> list[tuple[str, str, int]]:
    """(kind, group, amount), with what is withheld of each group as one: the group's total less what is shown."""
    left = {row.key: row.quantity or 0 for row in ends.rows}
    links = []
    for row in receivers.rows:
        if row.quantity:
            links.append((row.key.partition("/")[0], row.group, row.quantity))
            left[row.group] -= row.quantity
    return links + [("withheld", group, quantity) for group, quantity in left.items() if quantity]


def dots_figure(lots: Sequence[LotLine], others: Sequence[Condensed]) -> Figure:
    """Worth per kilogram across, what stays up: one dot a lot from what is known, a line up to what stays at most."""
    shown = [line for line in lots if line.lot.condensation.density_gain is not None and line.lot.captured]
    low = [_percent(line.lot.captured[0]) for line in shown if line.lot.captured]
    high = [_percent(line.lot.captured[1]) for line in shown if line.lot.captured]
    ours = {
        "type": "scatter", "mode": "markers+text" if len(shown) <= LABELLED else "markers", "name": _("Lots"),
        "text": [line.code for line in shown],
        "textposition": "top center", "x": [float(line.lot.condensation.density_gain or 0) for line in shown], "y": low,
        "marker": {"color": INK, "size": 12},
        "error_y": {"type": "data", "symmetric": False, "array": [h - b for h, b in zip(high, low, strict=True)],
                    "arrayminus": [0.0] * len(shown), "color": COLOURS["unknown"], "thickness": 2, "width": 0},
    }  # fmt: skip
    published = {
        "type": "scatter", "mode": "markers+text", "name": _("Published"), "text": [other.good for other in others],
        "textposition": "top center", "x": [float(other.mass * other.value) for other in others],
        "y": [_percent(other.producer_share) for other in others],
        "marker": {"color": SHEET, "size": 12, "line": {"color": EDGE, "width": 2}},
    }  # fmt: skip
    layout = {
        "height": 420, "showlegend": False, "hovermode": "closest",
        "xaxis": {"title": {"text": _("Times more worth per kilogram")}, "type": "log", "tickvals": TICKS},
        "yaxis": {"title": {"text": _("Share that stays, %")}, "range": [0, 105]},
    }  # fmt: skip
    return {"data": [ours, published], "layout": layout}


def seasons_figure(seasons: Sequence[Season]) -> Figure:
    """Stretch by stretch: green up to what is known to stay, hatched up to what may stay at most."""
    names = [season.name for season in seasons]
    known = [_percent(Fraction(s.figures.known, s.figures.price)) for s in seasons]
    most = [_percent(Fraction(s.figures.at_most, s.figures.price)) for s in seasons]
    bars = [
        {"type": "bar", "orientation": "h", "y": names, "x": known, "name": _("Known to stay"),
         "marker": {"color": COLOURS["local"]}},
        {"type": "bar", "orientation": "h", "y": names, "x": [m - k for m, k in zip(most, known, strict=True)],
         "name": _("Unknown or not divided yet"), "marker": {"color": WELL, "pattern": HATCH}},
    ]  # fmt: skip
    layout = {
        "barmode": "stack", "height": 80 + 44 * len(names), "showlegend": False,
        "xaxis": {"range": [0, 100], "ticksuffix": " %"}, "yaxis": {"type": "category", "autorange": "reversed"},
    }  # fmt: skip
    return {"data": bars, "layout": layout}


def _percent(share: Fraction) -> float:
    return float(share * 100)
