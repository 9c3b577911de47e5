"""Nouns of the ledger: tables and constraints, no decisions. Only the journal's own function writes them."""

from ledger.models.journal import Account, Balance, Batch, Entry, Flow, Owner, Unit
from ledger.models.log import Checkpoint, Document, Leaf, Log

__all__ = [
    "Account",
    "Balance",
    "Batch",
    "Checkpoint",
    "Document",
    "Entry",
    "Flow",
    "Leaf",
    "Log",
    "Owner",
    "Unit",
]
