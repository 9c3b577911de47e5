"""Whose tax it is: the country of the seller's place."""

import re


def tax_owner(place: str | None) -> str:
    """The ledger's owner of the VAT on what is sold from a place: gh/ashanti/kumasi pays tax/gh."""
    country = re.sub(r"[^a-z0-9-]", "-", (place or "").partition("/")[0].lower())[:40]
    return f"tax/{country or 'unknown'}"


def country_of(tax: str) -> str | None:
    """Where a tax stays: the country it is named after."""
    name = tax.partition("/")[2]
    return None if name == "unknown" else name
