"""Who reads the books where they are not open: members and auditors, nobody else."""

from typing import Any

import pytest
from django.test import Client

from ledger.permissions import READ_BOOKS, may_read_books
from tests.world import world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


class TestMembersReadBooks:
    def test_permits_members_until_they_leave(self, settings: Any) -> None:
        settings.OPEN_BOOKS = False
        w = world()
        assert may_read_books(w.people["ada"]) and may_read_books(w.people["ben"])
        assert not may_read_books(w.dov) and not may_read_books(w.cleo)
        w.ben.left_at = w.later()
        w.ben.save()
        assert not may_read_books(type(w.people["ben"]).objects.get(pk=w.people["ben"].pk))

    def test_permits_nothing_else(self) -> None:
        w = world()
        assert w.people["ben"].has_perm(READ_BOOKS)
        assert not w.people["ben"].has_perm("ledger.change_entry")

    def test_on_the_page(self, client: Client, settings: Any) -> None:
        settings.OPEN_BOOKS = False
        w = world()
        assert client.get("/log/find/?q=x").status_code == 302
        client.force_login(w.dov, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert client.get("/log/find/?q=x").status_code == 403
        client.force_login(w.people["ben"], backend="allauth.account.auth_backends.AuthenticationBackend")
        assert client.get("/log/find/?q=x").status_code == 404
