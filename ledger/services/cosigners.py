"""Asking witnesses of the wider world: each is shown the newest checkpoint, and what it signs is kept under it."""

import logging
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, Request

from django.conf import settings

from ledger.log_folder import LogFolder
from ledger.rules.notes import BadNote, Head, Line, Note, read_checkpoint
from ledger.rules.refusal import Refusal
from ledger.rules.witnesses.cosigners import Cosigned, Cosigner, lines_in, read_policy, request
from ledger.services.log import log_folder

PATIENCE = 10  # seconds that a witness has to answer
LARGEST = 20_000  # bytes of an answer that are read

logger = logging.getLogger(__name__)


class BadPolicy(Refusal):
    """The policy at {path} cannot be read: {why}."""


def cosigners() -> list[Cosigner]:
    """The witnesses whom the policy at LOG_POLICY names with an address; none where there is no policy."""
    if not settings.LOG_POLICY:
        return []
    try:
        found = read_policy(Path(settings.LOG_POLICY).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, BadNote) as error:
        raise BadPolicy(path=settings.LOG_POLICY, why=error) from None
    for witness in found:
        if urlsplit(witness.url).scheme not in {"http", "https"}:
            raise BadPolicy(path=settings.LOG_POLICY, why=f"“{witness.url}” is no http address")
    return found


def ask_cosigners() -> int:
    """Show the published checkpoint to each witness of the policy that has not signed it; how many have signed it now.

    What they sign is published in the file `cosigned` once it says more than before: a newer checkpoint, or more who
    signed it. A witness that is away, or refuses, is told in the log of this program and asked again the next time.
    """
    witnesses, folder = cosigners(), log_folder()
    note, key = folder.note(), folder.key()
    if not witnesses or note is None or key is None:
        return 0
    head, read = read_checkpoint(note, key)
    kept, kept_head = folder.cosigned()
    lines: dict[Cosigner, Line] = {}
    if kept is not None and kept_head == head:
        lines = {w: found[0] for w in witnesses if (found := _signed(w, read.text, kept.lines))}
    before = len(lines)
    for witness in witnesses:
        if witness not in lines and (line := _asked(witness, folder, head, read, kept, kept_head)):
            lines[witness] = line
    if len(lines) > before:
        folder.publish_cosigned(read.with_lines(lines[w] for w in witnesses if w in lines))
    return len(lines)


def cosigned() -> tuple[Head | None, list[Cosigned]]:
    """The checkpoint that witnesses of the policy signed last, who did, and when."""
    kept, head = log_folder().cosigned()
    if kept is None or head is None:
        return None, []
    signed = [(w, _signed(w, kept.text, kept.lines)) for w in cosigners()]
    return head, [Cosigned(witness.name, found[1]) for witness, found in signed if found]


def _signed(witness: Cosigner, text: str, lines: tuple[Line, ...]) -> tuple[Line, int] | None:
    with suppress(BadNote):
        return witness.signed_at(text, lines)
    return None


def _asked(
    witness: Cosigner, folder: LogFolder, head: Head, note: Note, kept: Note | None, kept_head: Head | None
) -> Line | None:
    """Its line under this checkpoint. It is asked from the size we know it signed, or from the one that it tells us."""
    knows = kept is not None and kept_head is not None and _signed(witness, kept.text, kept.lines)
    old = kept_head.size if knows and kept_head is not None else 0
    try:
        for _ in range(2):
            proof = folder.tree(head.size).consistency(old)
            status, kind, answer = _send(witness, request(old, proof, note))
            if status == HTTPStatus.OK:
                found = witness.signed_at(note.text, lines_in(answer))
                return found[0] if found else None
            said = answer.strip()
            if status != HTTPStatus.CONFLICT or kind != "text/x.tlog.size" or not said.isdecimal():
                break
            if not 0 <= (old := int(said)) <= head.size:
                break  # it has seen more than is published here: a copy of an old past, or a fork; it will not sign
        logger.warning("%s does not sign %s records: %s %s", witness.name, head.size, status, answer[:200].strip())
    except (BadNote, URLError, OSError, UnicodeDecodeError) as error:
        logger.warning("%s does not sign %s records: %s", witness.name, head.size, error)
    return None


def _send(witness: Cosigner, body: bytes) -> tuple[int, str, str]:
    """The status, content type and text that it answers. Redirects are not followed."""
    opener = OpenerDirector()
    for handler in (HTTPHandler(), HTTPSHandler()):
        opener.add_handler(handler)
    asked = Request(f"{witness.url}/add-checkpoint", data=body, headers={"Content-Type": "text/plain; charset=utf-8"})
    with opener.open(asked, timeout=PATIENCE) as answer:
        return answer.status, answer.headers.get_content_type(), answer.read(LARGEST).decode()
