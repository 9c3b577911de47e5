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
from reports.queries.lots import Behind, LotLine, LotReport, lot_report
from reports.queries.overviews import Overview, Season, overview, remembered
from reports.queries.people import Contributor, Fairness, contributors, fairness

__all__ = [
    "AUDITOR",
    "EACH",
    "Asked",
    "Behind",
    "Contributor",
    "Fairness",
    "LotLine",
    "LotReport",
    "NoSuchCooperative",
    "NoSuchLot",
    "NoSuchPlace",
    "Overview",
    "Reader",
    "Sealed",
    "Season",
    "contributors",
    "fairness",
    "lot_report",
    "overview",
    "reader_of",
    "remembered",
    "sealed",
]
