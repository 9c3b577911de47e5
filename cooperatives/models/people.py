"""Who takes part: members, cooperatives, memberships and places."""

from django.contrib.auth.models import AbstractUser


class Member(AbstractUser):
    """A person who signs in; known to the ledger only by the random address of each membership."""
