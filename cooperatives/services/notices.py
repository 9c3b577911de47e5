"""The board: post what one offers or looks for, answer it, close it."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from cooperatives.models import Membership, Notice, Reply, Role
from cooperatives.queries import may_close
from cooperatives.services.letters import write_letter
from cooperatives.services.people import find_place
from ledger.rules.refusal import BadInput, NotAllowed, Refusal


class NoticeClosed(Refusal):
    """This is no longer open."""


class NoticeUnreadable(BadInput):
    """Say what it is about, in a few words."""


class OwnNotice(Refusal):
    """This is your own: whoever reads it answers you."""


def post_notice(
    *, by: Membership, is_wanted: bool, kind: str, title: str, words: str = "", place: str | None = None, at: datetime
) -> Notice:
    """Put it on the board that all cooperatives read. NotAllowed (who reads only), NoticeUnreadable, UnknownPlace."""
    if not by.has_role(Role.STEWARD, Role.TREASURER, Role.CLERK, Role.MEMBER):
        raise NotAllowed()
    if not title.strip() or kind not in Notice.Kind.values:
        raise NoticeUnreadable()
    return Notice.objects.create(
        cooperative=by.cooperative, by=by, is_wanted=is_wanted, kind=kind, title=title.strip(), words=words.strip(),
        place=find_place(place), posted_at=at,
    )  # fmt: skip


@transaction.atomic
def answer_notice(*, notice: Notice, words: str, language: str, by: Membership, at: datetime) -> Reply:
    """Answer; a second answer takes the place of the first. Whoever posted it gets a letter, once.

    Raises NotAllowed, NoticeClosed, OwnNotice, NoticeUnreadable.
    """
    notice = Notice.objects.select_for_update(of=("self",)).select_related("by__member").get(pk=notice.pk)
    if by.left_at is not None:
        raise NotAllowed()
    if notice.closed_at is not None:
        raise NoticeClosed()
    if notice.by_id == by.pk:
        raise OwnNotice()
    if not words.strip():
        raise NoticeUnreadable()
    reply, _new = Reply.objects.update_or_create(
        notice=notice, by=by, defaults={"words": words.strip(), "replied_at": at}
    )
    if notice.by.member is not None and notice.by.member.email:
        with override(language):
            subject = _("An answer to “%(title)s”") % {"title": notice.title}
            page = settings.PUBLIC_ADDRESS + reverse("notice", args=[notice.pk])
            lines = [_("Somebody answered on the board. You read it here:"), "", page]
            write_letter(
                key=f"replies/{reply.pk}", to=notice.by.member.email, subject=subject[:200], lines=lines, at=at
            )
    return reply


@transaction.atomic
def close_notice(*, notice: Notice, by: Membership, at: datetime) -> Notice:
    """Take it off the board. Once. NotAllowed (whoever posted it, or a steward of that cooperative)."""
    notice = Notice.objects.select_for_update().get(pk=notice.pk)
    if not may_close(notice, by):
        raise NotAllowed()
    if notice.closed_at is None:
        notice.closed_at = at
        notice.save(update_fields=["closed_at"])
    return notice
