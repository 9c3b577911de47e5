"""Nouns of the ledger: tables and constraints, no decisions. Only the journal's own function writes them."""

from ledger.models.journal import Account, Balance, Batch, Entry, Flow, Owner, Unit
from ledger.models.log import Checkpoint, Document, Leaf, Log
from ledger.models.witnesses import Cosignature, Quorum

__all__ = [
    "Account",
    "Balance",
    "Batch",
    "Checkpoint",
    "Cosignature",
    "Document",
    "Entry",
    "Flow",
    "Leaf",
    "Log",
    "Owner",
    "Quorum",
    "Unit",
]
