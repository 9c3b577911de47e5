"""Nouns of the cooperatives: tables and constraints, no decisions."""

from cooperatives.models.people import Member

__all__ = ["Member"]
