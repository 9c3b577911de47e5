"""Recipes from elsewhere: a manifest becomes a draft."""

from datetime import datetime

from django.db import transaction

from cooperatives.models import Cooperative, Membership, RecipeVersion
from cooperatives.rules.manifests import Manifest
from cooperatives.services.making import declare_piece
from cooperatives.services.people import refuse_unless
from cooperatives.services.recipes import DESIGNERS, draft_recipe
from ledger import queries as ledger


@transaction.atomic
def bring_manifest(
    *, by: Membership, cooperative: Cooperative, manifest: Manifest, at: datetime, is_rehearsal: bool = False
) -> RecipeVersion:
    """A draft of what a manifest says, with units for the pieces in it; the same again is one, a rehearsal keeps none.

    Raises what draft_recipe does.
    """
    refuse_unless(by, *DESIGNERS, cooperative=cooperative)
    version = draft_recipe(by=by, cooperative=cooperative, said=manifest.said, at=at)
    used = {row["unit"] for side in ("inputs", "outputs") for row in version.body.get(side, ())}
    for unit in sorted(used - ledger.units(used).keys()):
        declare_piece(by=by, code=unit, grams=manifest.grams, at=at)
    transaction.set_rollback(is_rehearsal)
    return version
