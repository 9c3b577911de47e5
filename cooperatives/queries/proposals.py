"""Give me: proposals for the next agreement, who may vote on them, and how a vote stands."""

from datetime import datetime

from django.db.models import Q, Sum

from cooperatives.models import Comment, Cooperative, Membership, Proposal, Vote
from cooperatives.rules.votes import Tally


def voters(cooperative: Cooperative, *, at: datetime) -> list[Membership]:
    """Who may vote in the cooperative: its members since `at` or longer behind whom there is a person or a cooperative,
    for which its stewards vote."""
    found = cooperative.memberships.filter(left_at=None, joined_at__lte=at).exclude(member=None, society=None)
    return list(found.select_related("member", "society"))


def proposals_of(cooperative: Cooperative) -> list[Proposal]:
    """All of them, the newest first."""
    return list(
        Proposal.objects.filter(cooperative=cooperative).select_related("cooperative", "drafted_by", "agreement")
    )


def proposal_of(cooperative: Cooperative, number: int) -> Proposal | None:
    """One of a cooperative's proposals."""
    found = Proposal.objects.filter(cooperative=cooperative, number=number)
    return found.select_related("cooperative__place", "drafted_by", "agreement").first()


def tally_of(proposal: Proposal) -> Tally:
    """How the vote on its present edition stands. Who left the cooperative since they voted is still counted."""
    counted = proposal.votes.filter(edition=proposal.edition).aggregate(
        **{choice: Sum("weight", filter=Q(choice=choice), default=0) for choice in Vote.Choice.values}
    )
    return Tally(counted["yes"], counted["no"], counted["abstain"], proposal.electorate or 0)


def vote_of(proposal: Proposal, voter: Membership) -> Vote | None:
    """What a member said to its present edition."""
    return proposal.votes.filter(edition=proposal.edition, voter=voter).first()


def comments_on(proposal: Proposal) -> list[Comment]:
    """What members said of it, the first first."""
    return list(proposal.comments.select_related("by"))
