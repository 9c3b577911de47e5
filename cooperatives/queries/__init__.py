"""Give me: people and their names, what is at hand and under way, how a lot came about, and a member's passbook."""

from cooperatives.queries.agreements import agreement_in_force, agreements_in_force, owed_by_divisions
from cooperatives.queries.devices import devices_of
from cooperatives.queries.goods import (
    Inside,
    LotAtHand,
    inside,
    lot,
    lots_at_hand,
    open_processes,
    process,
    process_names,
)
from cooperatives.queries.joining import invitation_at, last_request, open_invitations, open_requests, token_of
from cooperatives.queries.passbooks import Line, Passbook, passbook
from cooperatives.queries.people import (
    cooperative,
    cooperatives,
    member_at,
    members_of,
    membership_in,
    memberships_of,
    names_of,
    place_names,
    shown_name,
)
from cooperatives.queries.proposals import comments_on, proposal_of, proposals_of, tally_of, vote_of, voters
from cooperatives.queries.stories import Given, Story, flows_behind, lot_story, story_in
from cooperatives.queries.weighings import Delivered, deliveries, delivery

__all__ = [
    "Delivered",
    "Given",
    "Inside",
    "Line",
    "LotAtHand",
    "Passbook",
    "Story",
    "agreement_in_force",
    "agreements_in_force",
    "comments_on",
    "cooperative",
    "cooperatives",
    "deliveries",
    "delivery",
    "devices_of",
    "flows_behind",
    "inside",
    "invitation_at",
    "last_request",
    "lot",
    "lot_story",
    "lots_at_hand",
    "member_at",
    "members_of",
    "membership_in",
    "memberships_of",
    "names_of",
    "open_invitations",
    "open_processes",
    "open_requests",
    "owed_by_divisions",
    "passbook",
    "place_names",
    "process",
    "process_names",
    "proposal_of",
    "proposals_of",
    "shown_name",
    "story_in",
    "tally_of",
    "token_of",
    "vote_of",
    "voters",
]
