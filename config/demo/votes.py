"""Members decide how a sale is shared: one change they adopted between two seasons, and one they are voting on now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cooperatives.services.proposals import cast_vote, close_vote, draft_proposal, open_vote, say_of_proposal

if TYPE_CHECKING:
    from config.demo.goods import Story
    from cooperatives.models import Cooperative, Membership, Proposal

People = Mapping[str, "Membership"]


def adopt_change(story: Story, cooperative: Cooperative, people: People, before: int, *, at: datetime) -> None:
    """More for the commons and less for the reserve, though more with each change `before`: all but one for it."""
    rules = _with(story.rules(), commons=100, reserve=120 + before)
    why = "The shade trees need replanting, and the reserve has reached what we agreed on."
    proposal = _opened(cooperative, people["Kofi"], rules, why, at=at, days=14)
    _say(proposal, at, (people["Esi"], "How many seedlings is that in a year?"),
         (people["Kofi"], "About four hundred, at last year’s price."))  # fmt: skip
    for name, choice in (("Ada", "yes"), ("Kofi", "yes"), ("Ben", "yes"), ("Esi", "yes"), ("Yaw", "no")):
        cast_vote(
            proposal=proposal, edition=proposal.edition, choice=choice, at=at + timedelta(days=2), by=people[name]
        )
    close_vote(proposal=proposal, at=at + timedelta(days=3), by=people["Ada"])


def propose_change(story: Story, cooperative: Cooperative, people: People, *, at: datetime) -> None:
    """Half as much again for each hour, on which two have voted so far; Ada and Ben may still."""
    rules = [_dearer_hours(step) for step in _with(story.rules(), commons=100, reserve=120)]
    why = "Roasting and moulding are paid too little beside the harvest."
    proposal = _opened(cooperative, people["Ada"], rules, why, at=at, days=30)
    _say(proposal, at, (people["Ben"], "What does that leave for a bad harvest?"))
    for name, choice in (("Kofi", "no"), ("Esi", "yes")):
        cast_vote(
            proposal=proposal, edition=proposal.edition, choice=choice, at=at + timedelta(hours=3), by=people[name]
        )


def _opened(
    cooperative: Cooperative, by: Membership, rules: list[dict[str, Any]], why: str, *, at: datetime, days: int
) -> Proposal:
    proposal = draft_proposal(
        cooperative=cooperative, rules=rules, why=why, quorum=60, majority="two-thirds", at=at, by=by
    )
    return open_vote(proposal=proposal, closes_at=at + timedelta(days=days), at=at, by=by)


def _say(proposal: Proposal, at: datetime, *said: tuple[Membership, str]) -> None:
    for hours, (by, text) in enumerate(said, start=1):
        say_of_proposal(proposal=proposal, text=text, at=at + timedelta(hours=hours), by=by)


def _dearer_hours(step: dict[str, Any]) -> dict[str, Any]:
    rates = [rate | {"pays": rate["pays"] * 3 // 2} if rate["of"] == "work" else rate for rate in step.get("rates", ())]
    return step | ({"rates": rates} if rates else {})


def _with(rules: Iterable[dict[str, Any]], **thousandths: int) -> list[dict[str, Any]]:
    """The steps, with other thousandths for those that are named."""
    return [
        step | ({"thousandths": thousandths[step["step"]]} if step["step"] in thousandths else {}) for step in rules
    ]
