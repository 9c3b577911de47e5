"""Ten times the demo world, and every page in it: it asks no more of the database, and is not heavier, for all that."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.demo.neighbours import UNION
from config.demo.world import make_world
from cooperatives.queries import cooperative
from ledger.queries import balances
from ledger.services.verify import verify_log
from tests.browser.kinds import just_signed_in, readers, walk

pytestmark = pytest.mark.soak

TIMES, MOST_QUESTIONS, MOST_BYTES = 10, 12, 100_000  # bytes of a page itself, as they are sent
MORE = ("sedge", UNION)  # whose stewards see what no reader of Fern does: order cycles, and members that are societies


def each_reader() -> Iterator[tuple[str, Client]]:
    yield from readers()
    for slug in MORE:
        its = cooperative(slug)
        assert its is not None
        steward = next(m for m in its.memberships.order_by("pk") if m.has_role("steward"))
        assert steward.member is not None, "whoever founds a cooperative can sign in"
        yield f"steward of {slug}", just_signed_in(steward.member)


def test_no_page_asks_or_weighs_more(own_database: str, settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR, settings.LOG_FOLDER = tmp_path, tmp_path / "log"
    make_world(now=timezone.now(), times=TIMES)
    assert verify_log().agrees
    fern = cooperative("fern")
    assert fern and fern.memberships.count() > 12 * TIMES
    assert sum(1 for row in balances(prefix="members/")) > 100 * TIMES
    asks, weighs = {}, {}
    for reader, client in each_reader():
        for name, path in walk(client):
            with CaptureQueriesContext(connection) as asked:
                page = client.get(path).content
            if len(asked) > MOST_QUESTIONS:
                asks[name, reader] = f"{len(asked)} at {path}"
            if (size := len(zlib.compress(page))) > MOST_BYTES:
                weighs[name, reader] = f"{size} at {path}"
    assert (asks, weighs) == ({}, {})
