"""Give me: the tokens by which programs work at a stall."""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.models import Token

if TYPE_CHECKING:
    from cooperatives.models import Membership


def token_of(digest: str) -> Token | None:
    """The token of that digest, unless it was revoked or its member has left."""
    found = Token.objects.filter(digest=digest, revoked_at=None, membership__left_at=None)
    return found.select_related("membership__cooperative", "membership__member").first()


def tokens_at(by: Membership) -> list[Token]:
    """The tokens that `by` may see and revoke: the own ones, and for a steward all of the stall."""
    found = Token.objects.filter(membership__cooperative=by.cooperative).select_related("membership")
    return list(found if by.has_role("steward") else found.filter(membership=by))
