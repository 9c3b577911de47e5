"""Nouns of the cooperatives: tables and constraints, no decisions."""

from cooperatives.models.agents import Agent
from cooperatives.models.agreements import Agreement
from cooperatives.models.approvals import Approval, MoneyRules
from cooperatives.models.boundaries import Boundary
from cooperatives.models.containers import Container
from cooperatives.models.credit import Circle, CreditLimit, CreditPayment
from cooperatives.models.devices import Device
from cooperatives.models.joining import Invitation, MembershipRequest
from cooperatives.models.letters import Letter
from cooperatives.models.making import Correction, Lot, Process, Tool, Weighing
from cooperatives.models.notices import Notice, Reply
from cooperatives.models.people import Admission, Audience, Cooperative, Hub, Member, Membership, Place, Role
from cooperatives.models.pictures import Picture
from cooperatives.models.proposals import Comment, Proposal, Vote
from cooperatives.models.recipes import Bundle, Ownership, Permission, Recipe, RecipeLabel, RecipeVersion
from cooperatives.models.remarks import Remark
from cooperatives.models.stock import CountLine, Showing, StockCount

__all__ = [
    "Admission",
    "Agent",
    "Agreement",
    "Approval",
    "Audience",
    "Boundary",
    "Bundle",
    "Circle",
    "Comment",
    "Container",
    "Cooperative",
    "Correction",
    "CountLine",
    "CreditLimit",
    "CreditPayment",
    "Device",
    "Hub",
    "Invitation",
    "Letter",
    "Lot",
    "Member",
    "Membership",
    "MembershipRequest",
    "MoneyRules",
    "Notice",
    "Ownership",
    "Permission",
    "Picture",
    "Place",
    "Process",
    "Proposal",
    "Recipe",
    "RecipeLabel",
    "RecipeVersion",
    "Remark",
    "Reply",
    "Role",
    "Showing",
    "StockCount",
    "Tool",
    "Vote",
    "Weighing",
]
