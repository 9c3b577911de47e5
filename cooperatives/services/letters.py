"""Letters: written with what they tell of, in the reader's language, and sent later."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Manager, Q

from cooperatives.models import Letter

CLAIMED_FOR = timedelta(minutes=10)
MOST_TRIES = 20


def write_letter(*, key: str, to: str, subject: str, lines: Iterable[str], at: datetime) -> Letter:
    """A letter that a sweep will send; the same key again is the same letter."""
    said = {"to": to, "subject": subject, "body": "\n".join(lines), "written_at": at}
    letter, _new = Letter.objects.get_or_create(key=key, defaults=said)
    return letter


def send_letters(*, send: Callable[[Letter], None], at: datetime, most: int = 50) -> int:
    """Give the letters that wait to `send`; answers how many went. What one said is forgotten then: a link in it opens
    a door."""
    return send_waiting(Letter.objects, send=send, at=at, most=most, leaves={"body": ""})


def send_waiting(
    letters: Manager[Any], *, send: Callable[[Any], None], at: datetime, most: int, leaves: Mapping[str, str]
) -> int:
    """Send what waits in a table of letters, and write into each row what it `leaves`; answers how many went.

    A letter is claimed first, then sent outside any transaction, then marked: two sweeps do not send the same one, and
    a process that dies in between sends it again after a while rather than never.
    """
    waiting = letters.filter(
        Q(claimed_at=None) | Q(claimed_at__lte=at - CLAIMED_FOR), sent_at=None, tries__lt=MOST_TRIES
    )
    sent = 0
    for pk in list(waiting.order_by("tries", "pk").values_list("pk", flat=True)[:most]):
        if not waiting.filter(pk=pk).update(claimed_at=at, tries=F("tries") + 1):
            continue
        try:
            send(letters.get(pk=pk))
        except OSError:
            continue  # it stays claimed for a while, and is tried again then
        sent += letters.filter(pk=pk).update(sent_at=at, **leaves)
    return sent
