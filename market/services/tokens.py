"""Tokens: made by a person for a program of theirs, shown once, revoked when one likes."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from django.db import transaction

from cooperatives.services.people import refuse_unless
from ledger.rules.refusal import BadInput, NotAllowed
from market.models import Scope, Token

if TYPE_CHECKING:
    from cooperatives.models import Membership


class ScopesUnknown(BadInput):
    """Say what the token may do."""


class TokenTooNarrow(NotAllowed):
    """This token may not do that: it lacks “{scope}”."""


def make_token(*, by: Membership, name: str, scopes: Collection[str], at: datetime) -> tuple[Token, str]:
    """A new token and its secret, which nobody can read again. Raises NotAllowed, ScopesUnknown."""
    refuse_unless(by, "steward", "treasurer", "clerk", "auditor")
    if not scopes or not set(scopes) <= set(Scope.values):
        raise ScopesUnknown
    secret = f"rnt_{secrets.token_urlsafe(32)}"
    said = {"name": name, "digest": digest_of(secret), "scopes": sorted(set(scopes)), "made_at": at}
    return Token.objects.create(membership=by, **said), secret


@transaction.atomic
def revoke_token(*, by: Membership, token: Token, at: datetime) -> Token:
    """From now on it opens nothing. Again changes nothing. Raises NotAllowed (only whose it is, or a steward)."""
    token = Token.objects.select_for_update(of=("self",)).select_related("membership__cooperative").get(pk=token.pk)
    if by.pk != token.membership_id:
        refuse_unless(by, "steward", cooperative=token.membership.cooperative)
    if token.revoked_at is None:
        token.revoked_at = at
        token.save()
    return token


def refuse_without(token: Token | None, scope: str) -> None:
    """TokenTooNarrow where a token was shown that lacks the scope."""
    if token is not None and scope not in token.scopes:
        raise TokenTooNarrow(scope=scope)


def digest_of(secret: str) -> str:
    """What is kept of a secret: it is long and random, so one round of SHA-256 is enough."""
    return sha256(secret.encode()).hexdigest()
