"""Nouns of the cooperatives: tables and constraints, no decisions."""

from cooperatives.models.agreements import Agreement
from cooperatives.models.making import Correction, Lot, Process, Weighing
from cooperatives.models.people import Audience, Cooperative, Hub, Member, Membership, Place, Role

__all__ = [
    "Agreement", "Audience", "Cooperative", "Correction", "Hub", "Lot", "Member", "Membership", "Place", "Process",
    "Role", "Weighing",
]  # fmt: skip
