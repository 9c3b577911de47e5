"""What must be said about goods before they may be sold: food after Regulation (EU) 1169/2011, other goods after
Regulation (EU) 2023/988."""

from collections.abc import Mapping

# The fourteen of Annex II, under the names they are filtered by.
ALLERGENS = (
    "gluten",
    "crustaceans",
    "eggs",
    "fish",
    "peanuts",
    "soya",
    "milk",
    "nuts",
    "celery",
    "mustard",
    "sesame",
    "sulphites",
    "lupin",
    "molluscs",
)

ALWAYS = ("title", "net_quantity", "operator", "origin")
FOOD = (*ALWAYS, "ingredients", "allergens", "storage")


def missing(facts: Mapping[str, object], *, is_food: bool) -> list[str]:
    """The fields without which this must not be published. An empty list of allergens says “none of them”."""
    unsaid = (None, "", 0)
    return [name for name in (FOOD if is_food else ALWAYS) if facts.get(name) in unsaid]
