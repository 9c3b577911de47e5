"""A clock that jumps: times are data, the order is drawn under the locks, and the log replays whatever it says."""

import json
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from ledger import queries
from ledger.services.journal import record_entry
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from tests.ledger.conftest import AT

pytestmark = [pytest.mark.quick, pytest.mark.usefixtures("books")]

LOT = "coops/fern/lots/wet-1@hubs/fern"


def test_back_and_forward_changes_no_order_and_breaks_no_law(monkeypatch: pytest.MonkeyPatch) -> None:
    days = [0, -400, 9_000, -9_000, 1]
    for n, jump in enumerate(days):
        now: datetime = AT + timedelta(days=jump)
        flows = [("members/ben/harvest", LOT, "g", 40) if n == 0 else (LOT, "nature/air/body", "g", 10)]
        with monkeypatch.context() as clock:
            clock.setattr(timezone, "now", lambda now=now: now)
            record_entry(key=f"k/{n}", action="lower", purpose="test", flows=flows, at=now, by=["members/ada"])
    publish_checkpoint()
    said = [body for leaf in queries.leaves() if (body := json.loads(leaf.text))["type"] == "entry"]
    assert [body["key"] for body in said] == [f"k/{n}" for n in range(len(days))]
    assert sorted(body["recorded"] for body in said) != [body["recorded"] for body in said]
    assert verify_log().agrees
