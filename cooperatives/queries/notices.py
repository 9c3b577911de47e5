"""Give me: what stands on the board, and who answered."""

from django.db.models import Q, QuerySet

from cooperatives.models import Membership, Notice, Reply, Role


def notices(*, is_wanted: bool | None = None, kind: str = "", place: str = "", words: str = "") -> QuerySet[Notice]:
    """What is open, the newest first: offered or looked for, of one kind, inside a place, with words in it."""
    found = Notice.objects.filter(closed_at=None).select_related("cooperative", "place")
    if is_wanted is not None:
        found = found.filter(is_wanted=is_wanted)
    if kind:
        found = found.filter(kind=kind)
    if place:
        found = found.filter(Q(place__path=place) | Q(place__path__startswith=f"{place}/"))
    for word in words.split()[:8]:
        found = found.filter(Q(title__icontains=word) | Q(words__icontains=word))
    return found


def notice(pk: int) -> Notice | None:
    """One notice, open or closed."""
    return Notice.objects.select_related("cooperative", "place", "by__member").filter(pk=pk).first()


def may_close(notice: Notice, reader: Membership | None) -> bool:
    """Whether it is `reader`'s own, or of a cooperative that `reader` looks after."""
    if reader is None or reader.cooperative_id != notice.cooperative_id:
        return False
    return reader.pk == notice.by_id or reader.has_role(Role.STEWARD)


def replies_to(notice: Notice, readers: list[Membership]) -> list[Reply]:
    """The answers that somebody with these memberships may read: all to one's own notice, else only one's own."""
    found = notice.replies.select_related("by__cooperative", "by__place")
    if any(reader.pk == notice.by_id for reader in readers):
        return list(found)
    return list(found.filter(by__in=readers))
