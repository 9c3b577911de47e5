"""Biochar in Garut, by the recipe of the Jura: two cooperatives whose yields, hours and shares can be seen side by
side."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from config.demo.goods import ALDER, Bought, Made, Offer, Power, Step
from config.demo.season import Season

if TYPE_CHECKING:
    from cooperatives.models import Cooperative, Membership, RecipeVersion

CHAR = replace(
    ALDER,
    raw=None,
    steps=(
        Step("Char", 4, {"kiln": 1_500}, (Made("Biochar", 111_000),),
             "a damp season gives less than the 1 kg of 4 kg that the recipe says",
             (Bought("suppliers/road-crew", "Prunings", 480_000, 1_400, "id/west-java/garut"),),
             power=(Power("made-here", 21_000, "wood"),)),
    ),
    offer=Offer(
        "Biochar for terraces, 5 kg", "garden", 750, 5_000, 110,
        "Branches from the road to Garut, charred as they do it in the Jura. Dug into a terrace it keeps the water.",
        {"is_food": False, "net_quantity": 5000, "net_unit": "g", "operator": "Alder Growers, Garut, Indonesia",
         "origin": "West Java, Indonesia"},
        pieces_sold=16, buyers=4,
    ),
)  # fmt: skip
STOKERS = 4  # farmers who stand at the kiln beside the cooperative's own people
SEASON, DAYS = 10, 40  # its number among Alder's, and how long ago it began


def char_in_garut(
    cooperative: Cooperative,
    people: dict[str, Membership],
    farms: list[Membership],
    recipe: RecipeVersion,
    *,
    now: datetime,
) -> None:
    """A batch of Alder's, made, sold and divided; the rest of it is on the shelf."""
    season = Season(CHAR, cooperative, people, farms, SEASON, now - timedelta(days=DAYS), {"Char": recipe})
    season.makers += farms[:STOKERS]
    season.sell(season.make(None), stays_open=True)
    season.settle()
