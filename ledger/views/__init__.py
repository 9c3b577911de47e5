"""Doors of the ledger for people: its books, and what it published of them."""
