"""Who may read entries: members and auditors, and everyone where the members voted for open books."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from ledger import queries
from ledger.rules.witnesses.reading import Asking
from ledger.services.log import log_folder

READ_BOOKS = "ledger.read_books"  # given by the floor that knows the members, as an authentication backend


def may_read_books(user: Any) -> bool:
    """Whether this person reads who got what: checkpoints and roots are public, entries are not."""
    return settings.OPEN_BOOKS or bool(user and not isinstance(user, AnonymousUser) and user.has_perm(READ_BOOKS))


def reads_as_witness(request: HttpRequest) -> bool:
    """Whether a witness of the log asks: it must read every entry, and has no log-in."""
    asking = Asking.parse(request.headers.get("Authorization", ""))
    if asking is None:
        return False
    roster, key = queries.roster(), log_folder().key()
    return bool(roster and key and asking.may_read(roster, key.name, int(time.time())))


def reads_books[**P](
    view: Callable[P, HttpResponseBase],
) -> Callable[P, HttpResponseBase]:
    """A page of entries: the stranger is asked to sign in, a person who is no member is refused."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        request = args[0]
        assert isinstance(request, HttpRequest)
        if may_read_books(request.user):
            return view(*args, **kwargs)
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.get_full_path())

    return guarded
