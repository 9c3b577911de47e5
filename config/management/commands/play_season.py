"""Imports the rice farms and plays one of their seasons to the last purse, then prints its report."""

import json
import tomllib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.season import VillageReport, play_season
from cooperatives.queries import cooperatives
from cooperatives.rules.imports import read_mapping
from cooperatives.services.imports import FileRefused, import_contributions
from ledger.services.log import publish_checkpoint
from reports import tables
from reports.queries import Asked, Overview, Reader, overview

MAPPING = settings.BASE_DIR / "cooperatives" / "mappings" / "ricefarms.toml"
ENDS = ("members", "workers", "commons", "reserve", "tax")
SIDES = ("local", "extracted", "unknown", "waiting")


class Command(BaseCommand):
    help = "Plays one season of the rice farms in an empty database: milled, listed, bought, divided, paid, reported."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the rice farms data: write.csv(plm::RiceFarms) of R")
        parser.add_argument("--season", type=int, default=1, choices=range(1, 7))
        parser.add_argument("--json", action="store_true", help="print the report as one line of JSON")

    def handle(self, *, file: Path, season: int, **options: Any) -> None:
        if cooperatives():
            raise CommandError("This database is in use: play the season in an empty one.")
        mapping = read_mapping(tomllib.loads(MAPPING.read_text(encoding="utf-8")))
        try:
            import_contributions(content=file.read_bytes(), mapping=mapping, at=timezone.now())
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        except FileRefused as refusal:
            raise CommandError(str(refusal)) from None
        reports = play_season(mapping=mapping, season=season)
        publish_checkpoint()
        if options["json"]:
            self.stdout.write(json.dumps([_said(report) for report in reports]))
        else:
            self._print(reports, mapping.currency, season)
            self._books(overview(Asked(money=mapping.currency), Reader()))

    def _print(self, reports: list[VillageReport], currency: str, season: int) -> None:
        self.stdout.write(f"Season {season}: where the {currency} of each village's sales went\n")
        heads = ("village", "rice kg", "hired h", "family h", "sales", *ENDS, *SIDES)
        rows = [heads, *(_row(report) for report in reports), _row(_together(reports))]
        widths = [max(len(row[n]) for row in rows) for n in range(len(heads))]
        for row in rows:
            cells = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
            self.stdout.write("  ".join([row[0].ljust(widths[0]), *cells]))
        self.stdout.write(
            "\nLocal is what stays in the village; hours are those in the white rice, the bran carries the others."
        )

    def _books(self, found: Overview) -> None:
        """The report that anyone reads in the books: all villages together, seen from the place that holds them."""
        seen, place = found.figures, found.places.get(found.asked.boundary, "")
        self.stdout.write(f"\nThe books, seen from {place}: {found.orders} orders, {_rupiah(seen.price)} {seen.money}")
        for table in (
            tables.ends(seen, place),
            tables.ways(seen),
            tables.receivers(seen, shows_all=True),
            tables.villages(seen, found.places, shows_all=True),
            tables.hours(found.minutes),
        ):
            self.stdout.write(f"\n{table.title} ({'hours' if table.unit == 'min' else table.unit})")
            for row in table.rows:
                share = f"{100 * (row.quantity or 0) / table.total:5.1f} %" if table.total else ""
                people = f", {row.people} receivers" if row.people and row.people > 1 else ""
                self.stdout.write(f"  {_figure(row.quantity or 0, table.unit)} {share}  {row.label}{people}")
            if table.total is not None:
                self.stdout.write(f"  {_figure(table.total, table.unit)}          in all")
        self.stdout.write(f"\nThe log has {found.sealed.size} records; its root is {found.sealed.root}.")


def _figure(quantity: int, unit: str) -> str:
    return (f"{quantity // 60:,}:{quantity % 60:02}" if unit == "min" else _rupiah(quantity)).rjust(16)


def _row(report: VillageReport) -> tuple[str, ...]:
    hours = (report.minutes.get(kind, 0) // 60 for kind in ("hired", "family"))
    money = (report.sales, *(report.ends.get(end, 0) for end in ENDS), *(report.places.get(side, 0) for side in SIDES))
    return (report.name, f"{report.grams_sold // 1000:,}", *(f"{n:,}" for n in hours), *(_rupiah(n) for n in money))


def _rupiah(sen: int) -> str:
    """Whole rupiah and sen: nothing is rounded away."""
    return f"{sen // 100:,}.{sen % 100:02}"


def _together(reports: list[VillageReport]) -> VillageReport:
    def added(name: str) -> dict[str, int]:
        sums: dict[str, int] = {}
        for report in reports:
            for key, amount in getattr(report, name).items():
                sums[key] = sums.get(key, 0) + amount
        return sums

    return VillageReport(
        "together", sum(r.grams_sold for r in reports), added("minutes"), sum(r.sales for r in reports), added("ends"),
        added("places"),
    )  # fmt: skip


def _said(report: VillageReport) -> dict[str, Any]:
    return {
        "village": report.name, "grams_sold": report.grams_sold, "minutes": report.minutes, "sales": report.sales,
        "ends": report.ends, "places": report.places,
    }  # fmt: skip
