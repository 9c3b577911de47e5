"""The demo's recipes: one for each step, so that plans go down to raw goods; a fork elsewhere; one kept for feasts."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from config.demo.goods import Made, Step, Story
from cooperatives.rules.measures import measure_of
from cooperatives.services.labels import declare_ownership, set_label
from cooperatives.services.recipes import draft_recipe, publish_version

if TYPE_CHECKING:
    from cooperatives.models import Cooperative, Membership, RecipeVersion

Recipes = dict[str, "RecipeVersion"]  # by the name of the step
LICENSES = {"rowan": "CERN-OHL-S-2.0", "clover": "CC-BY-4.0"}
PEERS = ("fern",)
FEAST = "A sweet of our harvest feasts. You may make it and give it away; we ask that nobody sells it."
BY_NAME = "The farms of Offin grew it and worked out how it is made. Name them wherever you show or sell it."
SEED = "The seed of these terraces was kept here for nine generations. Say where it comes from."


def write_recipes(story: Story, cooperative: Cooperative, steward: Membership, at: datetime) -> Recipes:
    """A recipe for each step of a cooperative, published before its first season."""
    declare_ownership(by=steward, cooperative=cooperative, kind="members", at=at)
    found: Recipes = {}
    came = [(story.raw.goods, story.raw.unit, story.raw.quantity)] if story.raw else []
    for step in story.steps:
        said = _design(story, step, came, steward)
        slug = "dark-72" if said["name"] == "Dark 72" else None  # the fund of that name is for this design
        draft = draft_recipe(by=None, cooperative=cooperative, said=said, slug=slug, at=at)
        found[step.name] = publish_version(by=steward, version=draft, at=at)
        came = [(step.makes[0].goods, step.makes[0].unit, step.makes[0].quantity)]
    return found


def fork_recipes(
    known: dict[str, Recipes], cooperatives: dict[str, tuple[Cooperative, Membership]], at: datetime
) -> None:
    """Biochar of rice husks in Garut, after the Jura's; a sweet for feasts, after Dark 72, that is not sold; and what
    the communities of the bars and of the rice ask of whoever uses them."""
    alder, sari = cooperatives["alder"]
    char = known["moss"]["Char"]
    husks = dict(char.body) | {
        "name": "Biochar of rice husks",
        "summary": "The husks that a mill in Garut piles up, charred as prunings are in the Jura, for the terraces.",
        "authors": [{"who": sari.address, "role": "trials", "minutes": 1_200}],
        "inputs": [{"goods": "Rice husks", "unit": "g", "quantity": 1_000_000}],
        "outputs": [{"goods": "Husk biochar", "unit": "g", "quantity": 350_000}], "readiness": 4,
        "parents": [[char.recipe.slug, char.number]],
        "adaptations": [{
            "place": "Garut", "instead_of": "Prunings", "uses": "Rice husks", "reason": "The mill leaves them in heaps",
            "result": "More ash, and it chars in a day",
        }],
    }  # fmt: skip
    _published(husks, alder, sari, at)
    fern, ada = cooperatives["fern"]
    dark = known["fern"]["Grind and mould"]
    feast = dict(dark.body) | {
        "name": "Feast sweet", "summary": "Cocoa, palm sugar and smoke, for the night after the last harvest.",
        "parents": [[dark.recipe.slug, dark.number]], "terms": "everyone",
        "adaptations": [{
            "place": "Kumasi", "instead_of": "Cane sugar", "uses": "Palm sugar", "reason": "As it was always made",
        }],
    }  # fmt: skip
    version = _published(feast, fern, ada, at)
    set_label(by=ada, recipe=dark.recipe, code="TK-A", text=BY_NAME, at=at)
    set_label(by=sari, recipe=known["alder"]["Mill"].recipe, code="BC-P", text=SEED, at=at)
    set_label(by=ada, recipe=version.recipe, code="TK-NC", text=FEAST, at=at + timedelta(days=1))


def _published(said: dict[str, Any], cooperative: Cooperative, steward: Membership, at: datetime) -> RecipeVersion:
    draft = draft_recipe(by=steward, cooperative=cooperative, said=said, at=at)
    return publish_version(by=steward, version=draft, at=at)


def _design(story: Story, step: Step, came: list[tuple[str, str, int]], steward: Membership) -> dict[str, Any]:
    bought = [(each.goods, each.unit, each.quantity) for each in step.bought]
    is_last = step is story.steps[-1]
    return {
        "name": step.makes[0].goods,
        "summary": story.offer.description if is_last else step.source.strip(),
        "license": LICENSES.get(story.slug, "CC-BY-SA-4.0"),
        "terms": "peers" if story.slug in PEERS else "everyone",
        "readiness": 6,
        "allocation": "economic",
        "inputs": [{"goods": goods, "unit": unit, "quantity": n} for goods, unit, n in (*came, *bought)],
        "outputs": [
            {"goods": each.goods, "unit": each.unit, "quantity": each.quantity, "value": _value(each, step.makes)}
            for each in step.makes
        ],
        "steps": [{"text": f"{step.name}: {kind}", "minutes": minutes} for kind, minutes in step.minutes.items()],
        "equipment": list(step.tools),
        "energy": [{"source": each.source, "watt_hours": each.watt_hours} for each in step.power],
        "authors": [{"who": steward.address, "role": "author", "minutes": 600}] if is_last else [],
    }


def _value(made: Made, among: tuple[Made, ...]) -> int:
    """What one of it counts beside the least valuable, so that the declared parts come out."""
    values = {each: Fraction(each.parts * 10 ** measure_of(each.unit).exponent, each.quantity) for each in among}
    return round(values[made] / min(values.values()))
