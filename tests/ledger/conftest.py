"""A small ledger: two cooperatives, a few people, and units to count in."""

from datetime import UTC, datetime

import pytest

from ledger.services.journal import record_account, record_owners, record_unit

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
