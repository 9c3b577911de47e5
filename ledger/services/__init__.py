"""Verbs: the only code that changes anything."""
