"""A sandbox for each test, held to Stripe's description at the end."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe as sdk

from config.stripe_sandbox.sandbox import VERSION
from tests.sandbox.desk import KEY, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path / "books.sqlite")
    found.start()
    yield found
    found.stop()
    assert found.faults_found() == []


@pytest.fixture
def client(desk: Desk) -> sdk.StripeClient:
    return client_of(desk)


def client_of(desk: Desk) -> sdk.StripeClient:
    """Stripe's own SDK, aimed at the sandbox."""
    return sdk.StripeClient(KEY, base_addresses={"api": desk.address}, stripe_version=VERSION, max_network_retries=0)
