"""Pictures on the cooperatives' pages: the drawings of the look (`config/static/look/illustrations/`), as a camera
would bring them; labelled as drawings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cooperatives.services.pictures import add_picture

if TYPE_CHECKING:
    from cooperatives.models import Cooperative, Membership

DRAWINGS = Path(__file__).parent / "drawings"
SHOWN = {
    "fern": (("chocolate", "Drawing: a bar of Dark 72 half out of its wrapper"),
             ("nibs", "Drawing: a heap of roasted cocoa, before it is ground")),
    "sedge": (("cheese", "Drawing: a wheel of Comté, a wedge cut out of it"),),
    "alder": (("rice", "Drawing: a tied sack of terrace rice"),),
    "moss": (("biochar", "Drawing: a heap of biochar, out of which a seedling grows"),),
    "clover": (("course", "Drawing: a ledger lying open"),),
    "rowan": (("code", "Drawing: a page of code, and the dial of a scale"),),
    "teasel": (("art", "Drawing: a print in its frame, a low sun over water"),),
    "jura-union": (("map", "Drawing: streets around the hall where the union meets; not to scale"),),
}  # fmt: skip


def hang_pictures(stewards: Mapping[str, tuple[Cooperative, Membership]], *, at: datetime) -> None:
    """Each cooperative shows what it makes."""
    for slug, (cooperative, by) in stewards.items():
        for name, words in SHOWN.get(slug, ()):
            data = (DRAWINGS / f"{name}.webp").read_bytes()
            add_picture(cooperative=cooperative, data=data, words=words, at=at, by=by)
