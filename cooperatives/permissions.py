"""What membership permits in the floors below: members and auditors of any cooperative read the books."""

from typing import Any

from django.contrib.auth.backends import BaseBackend

from cooperatives.models import Membership
from ledger.permissions import READ_BOOKS


class MembersReadBooks(BaseBackend):
    """An authentication backend that signs nobody in, and permits members who have not left to read entries."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if perm != READ_BOOKS or not user_obj.is_active or obj is not None:
            return False
        return Membership.objects.filter(member=user_obj, left_at=None).exists()
