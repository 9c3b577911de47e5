"""Objecting to a weight, talking about it, and ending the talk; what changes the weight is a correction."""

from datetime import datetime

from django.db import transaction

from cooperatives.models import Membership, Remark, Role, Weighing
from cooperatives.services.people import refuse_unless
from ledger.rules.refusal import BadInput, NotAllowed, Refusal

SAID = 500  # characters, as the table has them


class NothingSaid(BadInput):
    """Say in a sentence what you mean."""


class ObjectedAlready(Refusal):
    """There is an open objection to this weight. Say there what you have to add."""


class NoObjection(Refusal):
    """Nobody objects to this weight any more."""


class OwnRecord(Refusal):
    """Whoever weighed cannot decide that the weight stands. Someone else with an office must."""


@transaction.atomic
def object_to(*, by: Membership, weighing: Weighing, net: int | None, text: str, at: datetime) -> Remark:
    """Whoever gave the goods says that the weight is wrong, and what it was if they know.

    `net` is in the lot's unit. Raises NotAllowed, ObjectedAlready, NothingSaid.
    """
    if by.pk != weighing.giver_id:
        raise NotAllowed()
    if _open(weighing):
        raise ObjectedAlready()
    return _say(by, weighing, Remark.Kind.OBJECTION, text, at, net=net)


@transaction.atomic
def answer(*, by: Membership, weighing: Weighing, text: str, at: datetime) -> Remark:
    """Either side adds something. Raises NotAllowed, NoObjection, NothingSaid."""
    if by.pk != weighing.giver_id:
        refuse_unless(by, Role.STEWARD, Role.CLERK, Role.TREASURER, cooperative=weighing.lot.cooperative)
    if not _open(weighing):
        raise NoObjection()
    return _say(by, weighing, Remark.Kind.ANSWER, text, at)


@transaction.atomic
def end_objection(*, by: Membership, weighing: Weighing, text: str, at: datetime) -> Remark:
    """The giver no longer objects; or a steward or clerk who did not weigh lets the weight stand, and says why.

    Raises NotAllowed, OwnRecord, NoObjection, NothingSaid.
    """
    kind = Remark.Kind.WITHDRAWN
    if by.pk != weighing.giver_id:
        refuse_unless(by, Role.STEWARD, Role.CLERK, cooperative=weighing.lot.cooperative)
        if by.pk == weighing.by_id:
            raise OwnRecord()
        kind = Remark.Kind.STANDS
    if not _open(weighing):
        raise NoObjection()
    return _say(by, weighing, kind, text, at)


def settle_by_correction(*, entry: str, by: Membership, reason: str, at: datetime) -> None:
    """A correction of the delivery of that key ends an objection to it, for the same reason."""
    weighing = Weighing.objects.filter(key=entry).first()
    if weighing and _open(weighing):
        _say(by, weighing, Remark.Kind.CORRECTED, reason, at)


def _open(weighing: Weighing) -> bool:
    Weighing.objects.select_for_update().get(pk=weighing.pk)  # two who speak at once do so in turn
    last = Remark.objects.filter(weighing=weighing).last()
    return last is not None and not last.ends


def _say(
    by: Membership, weighing: Weighing, kind: Remark.Kind, text: str, at: datetime, *, net: int | None = None
) -> Remark:
    if not text.strip():
        raise NothingSaid()
    return Remark.objects.create(weighing=weighing, kind=kind, net=net, text=text.strip()[:SAID], by=by, at=at)
