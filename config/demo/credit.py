"""Members of Fern help each other, and pay in hours: opened by a vote, and lived in for a month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cooperatives.queries.credit import circle_of
from cooperatives.services.credit import pay_credit
from cooperatives.services.proposals import cast_vote, close_vote, open_vote, propose_rule
from market.queries import on_the_shelf, open_of
from market.services.checkout import Buyer, place_order
from market.services.credit_parts import credit_offer, pay_part_in_credit
from market.services.payments import receive_payment

if TYPE_CHECKING:
    from cooperatives.models import Cooperative, Membership
    from market.models import Listing

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


def open_credit(cooperative: Cooperative, people: Mapping[str, Membership], *, at: datetime, times: int = 1) -> None:
    """Ada proposes it and all but one vote for it; then help is paid in hours, week after week."""
    why = "We help each other every week, and nobody writes it down."
    draft = propose_rule(by=people["Ada"], said=HOURS, why=why, quorum=60, majority="two-thirds", at=at)
    open_vote(proposal=draft, closes_at=at + timedelta(days=7), at=at, by=people["Ada"])
    for name, choice in (("Ada", "yes"), ("Kofi", "yes"), ("Ben", "yes"), ("Esi", "yes"), ("Yaw", "no")):
        cast_vote(proposal=draft, edition=draft.edition, choice=choice, at=at, by=people[name])
    close_vote(proposal=draft, at=at, by=people["Ada"])
    circle = circle_of(cooperative)
    assert circle is not None, "members decided to open it"
    for number in range(times * len(HELP)):
        again, week = divmod(number, len(HELP))
        giver, taker, minutes, words = HELP[week]
        if again % 2:  # help goes back and forth, so that nobody's account runs dry
            giver, taker = taker, giver
        pay_credit(
            by=people[giver], circle=circle, to=people[taker].address, quantity=minutes, words=words,
            at=at + timedelta(days=1 + 7 * week, minutes=again), key=f"demo-help-{number}",
        )  # fmt: skip


def wait_for_hours(cooperative: Cooperative, *, at: datetime) -> None:
    """Esi has ordered two bars, and has not yet said how much of them she pays in hours."""
    listing = _taken_in_hours(cooperative, at)
    place_order(
        cart={str(listing.pk): 2}, buyer=Buyer("Esi", "esi@post.example"), way="pickup", at=at,
        key="demo-order-to-be-paid-in-hours",
    )  # fmt: skip


def buy_with_hours(cooperative: Cooperative, people: Mapping[str, Membership], *, at: datetime) -> None:
    """Ben takes three bars and pays a part of them with the hours that others owe him; it waits to be divided."""
    listing = _taken_in_hours(cooperative, at)
    cart, buyer = {str(listing.pk): 3}, Buyer("Ben", "ben@post.example")
    order = place_order(cart=cart, buyer=buyer, way="pickup", at=at, key="demo-order-paid-in-hours")
    offer = credit_offer(people["Ben"], order)
    assert offer is not None, "the goods take credit, and Ben has some"
    pay_part_in_credit(by=people["Ben"], order=order, quantity=offer.most, at=at, key="demo-part-in-hours")
    receive_payment(by=people["Ada"], order=order, way="cash", amount=open_of(order), at=at)


def _taken_in_hours(cooperative: Cooperative, at: datetime) -> Listing:
    return next(one for one in on_the_shelf(at=at) if one.product.cooperative == cooperative and one.credit_share)
