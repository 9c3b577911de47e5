"""Letters: written with what they tell of, in the reader's language, and sent later."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db.models import F, Q

from cooperatives.models import Letter

CLAIMED_FOR = timedelta(minutes=10)
MOST_TRIES = 20


def write_letter(*, key: str, to: str, subject: str, lines: Iterable[str], at: datetime) -> Letter:
    """A letter that a sweep will send; the same key again is the same letter."""
    said = {"to": to, "subject": subject, "body": "\n".join(lines), "written_at": at}
    letter, _new = Letter.objects.get_or_create(key=key, defaults=said)
    return letter


def send_letters(*, send: Callable[[Letter], None], at: datetime, most: int = 50) -> int:
    """Give the letters that wait to `send`; answers how many went.

    Each is claimed, then sent outside any transaction, then marked, and its words are dropped: a link in them opens a
    door. A process that dies in between sends it again after a while rather than never.
    """
    waiting = Letter.objects.filter(
        Q(claimed_at=None) | Q(claimed_at__lte=at - CLAIMED_FOR), sent_at=None, tries__lt=MOST_TRIES
    )
    sent = 0
    for pk in list(waiting.order_by("tries", "pk").values_list("pk", flat=True)[:most]):
        if not waiting.filter(pk=pk).update(claimed_at=at, tries=F("tries") + 1):
            continue
        try:
            send(Letter.objects.get(pk=pk))
        except OSError:
            continue  # it stays claimed for a while, and is tried again then
        sent += Letter.objects.filter(pk=pk).update(sent_at=at, body="")
    return sent
