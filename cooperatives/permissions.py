"""What membership permits in the floors below: members and auditors of any cooperative read the books."""

from typing import Any

from cooperatives.models import Membership
from ledger.permissions import READ_BOOKS


class MembersReadBooks:
    """An authentication backend that permits members who have not left to read entries.

    It signs nobody in: without `get_user`, Django and allauth pass over it when they look for who does.
    """

    def authenticate(self, request: object, **credentials: object) -> None:
        """Nobody."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if perm != READ_BOOKS or not user_obj.is_active or obj is not None:
            return False
        return Membership.objects.filter(member=user_obj, left_at=None).exists()
