"""Nouns of the ledger: tables and constraints, no decisions. Only the journal's own function writes them."""

from ledger.models.evidence import Salt
from ledger.models.journal import Account, Balance, Batch, Closing, Entry, Flow, Hold, Owner, Unit
from ledger.models.log import Checkpoint, Document, Leaf, Log
from ledger.models.witnesses import Cosignature, Quorum

__all__ = [
    "Account",
    "Balance",
    "Batch",
    "Checkpoint",
    "Closing",
    "Cosignature",
    "Document",
    "Entry",
    "Flow",
    "Hold",
    "Leaf",
    "Log",
    "Owner",
    "Quorum",
    "Salt",
    "Unit",
]
