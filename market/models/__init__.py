"""Nouns of the market: tables and constraints, no decisions."""
