"""Imports contributions from a file, as a mapping says what its columns mean."""

import json
import tomllib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cooperatives.rules.imports import HOUR, KILO, FileMapping, Problem, read_mapping
from cooperatives.services.imports import FileRefused, import_contributions
from ledger.rules.refusal import Refusal

MAPPINGS = Path(__file__).resolve().parents[2] / "mappings"


class Command(BaseCommand):
    help = "Imports contributions from a CSV file: every row one entry, all rows or none, and nothing the second time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the CSV file")
        parser.add_argument(
            "--mapping", required=True, help="a TOML file, or the name of one of the project's mappings"
        )
        parser.add_argument("--dry-run", action="store_true", help="do everything, then keep nothing")
        parser.add_argument("--json", action="store_true", help="print the totals as one line of JSON")

    def handle(self, *, file: Path, mapping: str, dry_run: bool, **options: Any) -> None:
        try:
            brought = import_contributions(
                content=_read(file), mapping=_mapping(mapping), at=timezone.now(), is_rehearsal=dry_run
            )
        except FileRefused as refusal:
            self._refused(refusal, as_json=options["json"])
            raise CommandError(str(refusal), returncode=1) from None
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        totals = {
            "rows": brought.rows, "farms": brought.farms, "kg_gross": _whole(brought.grams_gross, KILO),
            "kg_net": _whole(brought.grams_net, KILO), "hours": _whole(brought.minutes, HOUR), "refused": 0,
            "recorded": brought.recorded, "flagged": len(brought.flags),
        }  # fmt: skip
        if options["json"]:
            self.stdout.write(json.dumps(totals))
            return
        for flag in brought.flags:
            self.stdout.write(f"Kept as it is: {_say(flag)}")
        verb = "would be imported" if dry_run else "are imported"
        self.stdout.write(
            f"{brought.rows} rows of {brought.farms} farms {verb}, {brought.recorded} of them new: "
            f"{totals['kg_gross']} kg gross, {totals['kg_net']} kg net, {totals['hours']} hours. "
            f"{len(brought.flags)} figures do not fit each other."
        )

    def _refused(self, refusal: FileRefused, *, as_json: bool) -> None:
        for problem in refusal.problems:
            self.stderr.write(_say(problem))
        if as_json:
            nothing = dict.fromkeys(("rows", "farms", "kg_gross", "kg_net", "hours"), 0)
            problems = [problem._asdict() for problem in refusal.problems]
            self.stdout.write(json.dumps(nothing | {"refused": refusal.facts["count"], "problems": problems}))


def _say(problem: Problem) -> str:
    column = f", column {problem.column}" if problem.column else ""
    return f"row {problem.row}{column}: {problem.reason}"


def _whole(quantity: int, parts: int) -> int | float:
    """Whole where it is whole; nothing is computed with it any more."""
    return quantity // parts if quantity % parts == 0 else quantity / parts


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from None


def _mapping(named: str) -> FileMapping:
    path = next((p for p in (Path(named), MAPPINGS / f"{named}.toml", MAPPINGS / named) if p.is_file()), None)
    if path is None:
        ours = ", ".join(sorted(p.stem for p in MAPPINGS.glob("*.toml")))
        raise CommandError(f"There is no mapping “{named}”; the project has {ours}.")
    try:
        return read_mapping(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} is no TOML: {error}.") from None
