"""What stands against ordering goods that are sold in cycles, in words that say when they can be ordered."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from market.models import Listing
from market.queries import Standing
from market.services.cycles import refusal_of


def closed_words(listing: Listing, standing: Standing | None, *, at: datetime) -> str:
    """Why a listing cannot be ordered now, and from when it can; empty where it can."""
    if standing is None or standing.open:
        return ""
    return refusal_of(listing.title, standing, None, at).words(_)
