"""Give me: what buyers paid and who received it, for any place, period, cooperative and lot. Reads only."""

from reports.queries.asking import (
    AUDITOR,
    EACH,
    Asked,
    NoSuchCooperative,
    NoSuchLot,
    NoSuchPlace,
    Reader,
    Sealed,
    reader_of,
    sealed,
)
from reports.queries.chains import Making, making_of
from reports.queries.lots import Behind, LotLine, LotReport, lot_report
from reports.queries.overviews import Overview, Season, overview, remembered
from reports.queries.people import Contributor, Fairness, contributors, fairness
from reports.queries.recipes import Comparison, Use, compare

__all__ = [
    "AUDITOR",
    "EACH",
    "Asked",
    "Behind",
    "Comparison",
    "Contributor",
    "Fairness",
    "LotLine",
    "LotReport",
    "Making",
    "NoSuchCooperative",
    "NoSuchLot",
    "NoSuchPlace",
    "Overview",
    "Reader",
    "Sealed",
    "Season",
    "Use",
    "compare",
    "contributors",
    "fairness",
    "lot_report",
    "making_of",
    "overview",
    "reader_of",
    "remembered",
    "sealed",
]
