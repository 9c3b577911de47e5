"""Readings of the journal: what stayed local, what left, what is unknown."""
