"""A circle of hours among Fern's members, opened by their vote."""

from typing import Any

from cooperatives.models import Circle, Membership, Proposal
from cooperatives.services.credit import pay_credit
from cooperatives.services.proposals import cast_vote, close_vote, open_vote, propose_rule
from ledger.queries import balance_of
from tests.market.goods import treasurer
from tests.world import World, key, world

RULE = {
    "code": "HFERN", "name": "Fern hours", "kind": "hours", "floor": 600, "ceiling": 1_200, "lowest": 1_800,
    "highest": 3_600, "worth": 1_200,
}  # fmt: skip
VOTE = {"why": "We help each other.", "quorum": 1, "majority": "half"}


def proposed(w: World, by: Membership | None = None, **said: Any) -> Proposal:
    return propose_rule(by=by or w.ada, said=RULE | said, at=w.later(), **VOTE)


def decided(w: World, draft: Proposal, *voters: Membership, choice: str = "yes") -> Proposal:
    """A vote on it, by these, closed on its day."""
    closes_at = w.later(hours=1)
    draft = open_vote(proposal=draft, closes_at=closes_at, at=draft.changed_at, by=w.ada)
    for voter in voters:
        cast_vote(proposal=draft, edition=draft.edition, choice=choice, at=draft.changed_at, by=voter)
    return close_vote(proposal=draft, at=closes_at, by=w.ada)


def opened(w: World, eve: Membership, **said: Any) -> Circle:
    """Ada proposes it; she and Eve vote for it."""
    decided(w, proposed(w, **said), w.ada, eve)
    return Circle.objects.get(cooperative=w.fern)


def paid(w: World, circle: Circle, by: Membership, to: str, quantity: int, **more: Any):
    more = {"key": f"key-of-a-test-{key()[-6:]}", "words": "Pruning"} | more
    return pay_credit(by=by, circle=circle, to=to, quantity=quantity, at=w.later(), **more)


def fern_with_hours():
    """Fern, its treasurer Eve, and a circle of hours."""
    found = world()
    found.eve = treasurer(found)
    found.circle = opened(found, found.eve)
    return found


def purse(w, owner) -> int:
    return balance_of(f"{owner}/purse", "HFERN")
