"""A small ledger: two cooperatives, a few people, and units to count in."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from ledger.models import Entry
from ledger.rules.entries import Recorded
from ledger.services.journal import record_account, record_entry, record_owners, record_unit

LOT = "coops/fern/lots/wet-1@hubs/fern"
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
OWNERS = [
    ("coops/fern", "gh/ashanti/kumasi"), ("coops/oak", "fr/jura"), ("operators/market", "fr/paris"),
    ("members/ada", "gh/ashanti/kumasi"), ("members/ben", "gh/ashanti"), ("members/cleo", None),
    ("orders/o1", None), ("orders/o2", None), ("tax/fr", "fr"), ("nature/air", None), ("unknown/count", None),
    ("funders/region", "fr"),
]  # fmt: skip


def declare() -> None:
    """Through the services, so that the ledger's first leaves are real ones."""
    for code, family, exponent in (
        ("EUR", "money", 2),
        ("HOUR", "money", 0),
        ("g", "thing", 0),
        ("min", "thing", 0),
        ("bar", "thing", 0),
        ("part", "thing", 0),
    ):
        record_unit(code=code, family=family, exponent=exponent, by="operators/market", at=AT)
    record_owners(OWNERS, at=AT)
    record_account(address="members/ben/purse", floors={"EUR@coops/fern": -500}, at=AT)


@pytest.fixture
def books(db: None) -> None:
    declare()


@pytest.fixture
def delivery(books: None) -> Recorded:
    return record_entry(
        key="phone/1", action="transfer", purpose="delivery", flows=[("members/ben/harvest", LOT, "g", 1250)], at=AT,
        by=["members/ada"], evidence="two-sided",
    )  # fmt: skip


@pytest.fixture
def closed_books(settings: Any) -> None:
    settings.OPEN_BOOKS = False


def reader() -> Client:
    """Someone whom the floor above lets read the books."""
    person = get_user_model().objects.create_user(username="ben", email="ben@rennet.example")
    kind = ContentType.objects.get_for_model(Entry)
    person.user_permissions.add(Permission.objects.get_or_create(codename="read_books", content_type=kind)[0])
    client = Client()
    client.force_login(person)
    return client
