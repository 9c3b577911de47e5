"""Recipes from a table: a row for each thing that goes in, comes out or is done; the rows of a name and version are one
recipe."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cooperatives.models import Cooperative, Membership, Recipe
from cooperatives.rules.recipes import Design, read_design, write_design
from cooperatives.services.contributions import lock_cooperative
from cooperatives.services.making import declare_piece
from cooperatives.services.people import refuse_unless
from cooperatives.services.recipes import DESIGNERS, draft_recipe, draft_version, publish_version
from cooperatives.services.table_cells import (
    Brought,
    Problem,
    TableRefused,
    Told,
    WrongCell,
    count_in,
    quantity_in,
    told_in,
    unit_in,
    word_in,
)
from ledger import queries as ledger
from ledger.rules.refusal import Refusal

# What stands in the table; whatever else a recipe says (authors, changes for a place, parents) goes on from before.
IN_TABLE = ("name", "license", "terms", "readiness", "allocation", "inputs", "outputs", "steps", "energy", "equipment",
            "source")  # fmt: skip


def recipe_columns() -> dict[str, str]:
    """The heads of the table in the reader's language; the English ones are read too. When it was published is told,
    and not taken from there."""
    return {
        "recipe": _("Recipe"), "version": _("Version"), "line": _("Line"), "what": _("What"),
        "quantity": _("How much"), "unit": _("Counted in"), "grams": _("Grams of one piece"), "minutes": _("Minutes"),
        "value": _("Value of one"), "license": _("Licence"), "terms": _("Who may sell what is made by it"),
        "readiness": _("How ready"), "allocation": _("Several products share what went in"),
        "source": _("Where it comes from"), "slug": _("Short name"), "published": _("Published"),
    }  # fmt: skip


def line_words() -> dict[str, str]:
    """What a row is about."""
    return {
        "in": _("goes in"), "out": _("comes out"), "scrap": _("scrap"), "step": _("step"), "energy": _("energy"),
        "equipment": _("equipment"),
    }  # fmt: skip


def source_words() -> dict[str, str]:
    """Where energy is from."""
    return {
        "made-here": _("made here"), "stored": _("stored"), "bought": _("bought"), "unknown": _("unknown"),
    }  # fmt: skip


def terms_words() -> dict[str, str]:
    """Who may sell what is made."""
    return {
        "everyone": _("everyone"), "peers": _("cooperatives and non-profits; others by agreement"),
        "agreement": _("only who agrees with us"),
    }  # fmt: skip


def allocation_words() -> dict[str, str]:
    """How several products share what went in."""
    return {"mass": _("by weight"), "economic": _("by value")}


def import_recipes(
    *, cooperative: Cooperative, rows: Sequence[Sequence[str]], by: Membership, at: datetime, is_rehearsal: bool = False
) -> Brought:
    """Draft the recipes and versions that stand in `rows` (the first is the head) and are not here; a rehearsal keeps
    nothing.

    A version that is here and says the same is passed over. Only the last version of a recipe stays a draft: what
    comes before it is published, as only a steward may. Raises NotAllowed (whoever may draft recipes), TableRefused.
    """
    refuse_unless(by, *DESIGNERS, cooperative=cooperative)
    columns = recipe_columns()
    told, problems = told_in(rows, columns, {"recipe", "line", "what"}), list[Problem]()
    new = known = 0
    with transaction.atomic():
        lock_cooperative(cooperative.pk)
        for lines in _grouped(told, problems, columns):
            try:
                with transaction.atomic():
                    if _bring(cooperative, lines, by, at):
                        new += 1
                    else:
                        known += 1
            except _At as wrong:
                line, head, why = wrong.args
                problems.append(Problem(line, columns[head], why))
            except Refusal as no:
                problems.append(Problem(lines[0][0], columns["recipe"], no.words(_)))
        if problems:
            raise TableRefused(problems)
        transaction.set_rollback(is_rehearsal)
    return Brought(new, known)


class _At(Exception):
    """What is wrong: row, head and why."""


def _grouped(told: Told, problems: list[Problem], columns: Mapping[str, str]) -> list[Told]:
    """The rows of each recipe and version together, earlier versions first; a name left empty goes on from above."""
    found: dict[tuple[str, int], Told] = {}
    order: dict[str, int] = {}
    above: tuple[str, int] | None = None
    for line, said in told:
        try:
            if said["recipe"]:
                above = said["recipe"], count_in(said, "version", 1)
        except WrongCell as wrong:
            problems.append(Problem(line, columns[wrong.args[0]], wrong.args[1]))
            continue
        if above is None:
            problems.append(Problem(line, columns["recipe"], _("This cell is empty.")))
            continue
        order.setdefault(above[0], len(order))
        found.setdefault(above, []).append((line, said))
    return [found[key] for key in sorted(found, key=lambda key: (order[key[0]], key[1]))]


def _bring(cooperative: Cooperative, lines: Told, by: Membership, at: datetime) -> bool:
    """Whether anything had to be drafted for these rows of one version."""
    first, head = lines[0]
    number = count_in(head, "version", 1)
    said, grams = _said(lines)
    recipe = _here(cooperative, head)
    versions = {version.number: version for version in recipe.versions.all()} if recipe else {}
    for unit in sorted({row["unit"] for side in ("inputs", "outputs") for row in said[side]}):
        if unit in grams:
            declare_piece(by=by, code=unit, grams=grams[unit] or None, at=at)
        elif ledger.unit(unit) is None:
            raise _At(first, "grams", _("Say how many grams one of them has; 0 where it has no weight."))
    if number in versions:
        if _in_table(read_design(said)) != _in_table(read_design(versions[number].body)):
            raise _At(first, "version", _("This version is here already, and says something else. Number it anew."))
        return False
    if number != len(versions) + 1:
        raise _At(first, "version", _("The next version of this recipe is %(number)s.") % {"number": len(versions) + 1})
    if recipe is None:
        draft_recipe(by=by, cooperative=cooperative, said=said, slug=head.get("slug") or None, at=at)
        return True
    last = versions[max(versions)]
    if last.published_at is None:
        publish_version(by=by, version=last, at=at)
    kept = {name: value for name, value in last.body.items() if name not in IN_TABLE}
    draft_version(by=by, recipe=recipe, said=kept | said, at=at)
    return True


def _here(cooperative: Cooperative, head: Mapping[str, str]) -> Recipe | None:
    """The cooperative's own recipe of that short name, or else of that name; a draft's name stands in its version."""
    own = cooperative.recipes.filter(origin="")
    if head.get("slug"):
        return own.filter(slug=head["slug"]).first()
    return own.filter(name=head["recipe"]).first()


def _said(lines: Told) -> tuple[dict[str, Any], dict[str, int]]:
    """The recipe that rows tell, and {unit: grams of one} of the pieces in it."""
    rows: dict[str, list[Any]] = {name: [] for name in ("inputs", "outputs", "steps", "energy", "equipment")}
    about: dict[str, Any] = {"name": lines[0][1]["recipe"], "license": "CC-BY-SA-4.0"}
    grams: dict[str, int] = {}
    for line, said in lines:
        try:
            _line(said, rows, grams)
            if said.get("license"):
                about["license"] = said["license"]
            if said.get("source"):
                about["source"] = said["source"]
            if said.get("terms"):
                about["terms"] = word_in(said, "terms", terms_words(), "")
            if said.get("allocation"):
                about["allocation"] = word_in(said, "allocation", allocation_words(), "")
            if said.get("readiness"):
                about["readiness"] = int(said["readiness"][:1]) if said["readiness"][:1].isdecimal() else 0
        except WrongCell as wrong:
            raise _At(line, *wrong.args) from None
    return about | rows, grams


def _line(said: Mapping[str, str], rows: dict[str, list[Any]], grams: dict[str, int]) -> None:
    kind, what = word_in(said, "line", line_words(), ""), said["what"]
    if not kind or not what:
        raise WrongCell("what" if kind else "line", _("This cell is empty."))
    if kind == "equipment":
        rows["equipment"].append(what)
    elif kind == "step":
        rows["steps"].append({"text": what, "minutes": count_in(said, "minutes", 0)})
    elif kind == "energy":
        source = word_in(said, "what", source_words(), "unknown")
        rows["energy"].append({"source": source, "watt_hours": quantity_in(said, "quantity", "Wh")})
    else:
        unit = unit_in(said.get("unit", ""), "g")
        row: dict[str, Any] = {"goods": what, "unit": unit, "quantity": quantity_in(said, "quantity", unit)}
        if said.get("grams"):
            grams[unit] = count_in(said, "grams", 0)
        if kind == "in":
            rows["inputs"].append(row)
        else:
            rows["outputs"].append(row | {"value": count_in(said, "value", 1), "is_scrap": kind == "scrap"})


def _in_table(design: Design) -> dict[str, Any]:
    said = write_design(design)
    return {name: said.get(name) for name in IN_TABLE}
