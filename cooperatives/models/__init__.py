"""Nouns of the cooperatives: tables and constraints, no decisions."""

from cooperatives.models.agreements import Agreement
from cooperatives.models.devices import Device
from cooperatives.models.making import Correction, Lot, Process, Weighing
from cooperatives.models.people import Audience, Cooperative, Hub, Member, Membership, Place, Role
from cooperatives.models.proposals import Comment, Proposal, Vote

__all__ = [
    "Agreement", "Audience", "Comment", "Cooperative", "Correction", "Device", "Hub", "Lot", "Member", "Membership",
    "Place", "Process", "Proposal", "Role", "Vote", "Weighing",
]  # fmt: skip
