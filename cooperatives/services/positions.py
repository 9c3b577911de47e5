"""Where goods were weighed: the giver's own, to show to the cooperative, to keep, or to have forgotten."""

from django.db import transaction

from cooperatives.models import Membership, Weighing
from ledger.rules.refusal import NotAllowed, Refusal


class NoPosition(Refusal):
    """Where this was weighed is not kept."""


@transaction.atomic
def show_position(*, by: Membership, weighing: Weighing, is_shown: bool) -> Weighing:
    """Whether the cooperative reads where a delivery was weighed. Raises NotAllowed (the giver alone), NoPosition."""
    found = _own(by, weighing)
    if found.longitude is None:
        raise NoPosition
    found.is_position_shown = is_shown
    found.save(update_fields=["is_position_shown"])
    return found


@transaction.atomic
def forget_position(*, by: Membership, weighing: Weighing) -> Weighing:
    """Where a delivery was weighed is kept no longer. Raises NotAllowed (the giver alone)."""
    found = _own(by, weighing)
    found.longitude = found.latitude = None
    found.is_position_shown = False
    found.save(update_fields=["longitude", "latitude", "is_position_shown"])
    return found


def _own(by: Membership, weighing: Weighing) -> Weighing:
    if by.pk != weighing.giver_id:
        raise NotAllowed
    return Weighing.objects.select_for_update().get(pk=weighing.pk)
