"""The clock asks for no more than the broker of files can fetch, and what a busy worker did not reach grows old."""

from pathlib import Path

import pytest

from config import broker
from config.celery import OLD, app

pytestmark = pytest.mark.quick


def ticks() -> dict[str, float]:
    app.finalize()
    return {name: due["schedule"] for name, due in app.conf.beat_schedule.items()}


class TestClock:
    def test_asks_for_less_than_the_broker_fetches(self, tmp_path: Path) -> None:
        pause = broker.options_of("filesystem://", tmp_path)["polling_interval"]
        assert len(ticks()) > 3
        assert sum(1 / schedule for schedule in ticks().values()) * pause < 0.75

    def test_lets_no_tick_wait_behind_many_of_its_own(self) -> None:
        for name, schedule in ticks().items():
            assert app.conf.beat_schedule[name]["options"] == {"expires": max(schedule, OLD)}
