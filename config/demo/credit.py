"""Members of Fern help each other, and pay in hours: opened by two persons, and lived in for a month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cooperatives.queries import approvals_of
from cooperatives.queries.credit import circle_of
from cooperatives.services.credit import ask_circle, pay_credit
from market.services.approvals import approve_wish

if TYPE_CHECKING:
    from cooperatives.models import Cooperative, Membership

HOURS = {
    "code": "HFERN", "name": "Hours of Fern", "kind": "hours", "worth": 180,
    "floor": 20 * 60, "ceiling": 40 * 60, "lowest": 40 * 60, "highest": 100 * 60,
}  # fmt: skip
HELP = (  # who pays whom, minutes, for what
    ("Ben", "Esi", 180, "Looked after the children during the harvest"),
    ("Ada", "Kofi", 240, "Mended the roof of the drying house"),
    ("Esi", "Ada", 90, "Taught me the accounts"),
    ("Kofi", "Ben", 300, "Two mornings of pruning"),
    ("Yaw", "Ben", 120, "Carried the sacks to the road"),
)


def open_credit(cooperative: Cooperative, people: Mapping[str, Membership], *, at: datetime) -> None:
    """Ada asks, Kofi agrees; then help is paid in hours, week after week."""
    ask_circle(by=people["Ada"], said=HOURS, at=at, key="demo-credit")
    for wish in approvals_of(cooperative, "waiting"):
        approve_wish(by=people["Kofi"], approval=wish, at=at)
    circle = circle_of(cooperative)
    assert circle is not None, "two persons agreed to open it"
    for week, (giver, taker, minutes, words) in enumerate(HELP):
        pay_credit(
            by=people[giver], circle=circle, to=people[taker].address, quantity=minutes, words=words,
            at=at + timedelta(days=1 + 7 * week), key=f"demo-help-{week}",
        )  # fmt: skip
