"""Doors of the market: pages and buttons."""
