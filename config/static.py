"""Gathers the static files for the server, only when one of them changed."""

import hashlib

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from config.folder import DATA, write_private

MADE_FOR = DATA / "static.made-for"


def collect() -> None:
    mark = _mark()
    if not (settings.STATIC_ROOT.exists() and MADE_FOR.exists() and MADE_FOR.read_text() == mark):
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        write_private(MADE_FOR, mark)


def _mark() -> str:
    seen = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            seen.update(f"{path} {storage.size(path)} {storage.get_modified_time(path)}\n".encode())
    return seen.hexdigest()
