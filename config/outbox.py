"""The outbox: letters that lie here to be read, as long as no mail server is set."""

import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

MOST = 50  # letters on the page, newest first
PARTING = b"-" * 79 + b"\n"  # Django's file backend writes this line after each letter


@dataclass(frozen=True)
class Letter:
    to: str
    subject: str
    sent_at: datetime
    words: str


@require_safe
@never_cache
def outbox(request: HttpRequest) -> HttpResponse:
    """For staff alone: a letter may hold a way into somebody's account."""
    if settings.MAIL_HOST or not request.user.is_staff:
        raise Http404
    return render(request, "outbox.html", {"letters": letters(settings.OUTBOX)})


def letters(folder: Path) -> list[Letter]:
    if not folder.exists():
        return []
    files = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)[:MOST]
    return [letter for path in files for letter in reversed(_read(path))][:MOST]


def _read(path: Path) -> list[Letter]:
    written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    found = []
    for source in path.read_bytes().split(PARTING):
        if source.strip():
            message = email.message_from_bytes(source, policy=email.policy.default)
            body = message.get_body(("plain",))
            words = body.get_content() if body else ""
            found.append(Letter(str(message["To"]), str(message["Subject"]), written_at, words))
    return found
