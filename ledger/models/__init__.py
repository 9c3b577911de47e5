"""Nouns of the ledger: tables and constraints, no decisions."""
