"""The broker of files: who looks for a message while it is being written finds nothing yet, and then all of it."""

from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection

from config import broker
from config.message_files import take_the_place_of_kombus

pytestmark = pytest.mark.quick


class TestMessageFiles:
    def test_a_message_is_there_whole_or_not_at_all(self, tmp_path: Path) -> None:
        take_the_place_of_kombus()
        options = broker.options_of("filesystem://", tmp_path)
        broker.make_folders(options)
        found: list[Any] = []

        class ReaderComes:
            """Whoever writes this out is interrupted by a reader."""

            def __json__(self) -> str:
                try:
                    found.append(channel._get("nudges"))
                except Empty:
                    found.append(None)
                return "written"

        with Connection("filesystem://", transport_options=options) as link, link.channel() as channel:
            channel._put("nudges", {"body": ReaderComes()})
            assert found == [None]
            assert channel._get("nudges") == {"body": "written"}
            with pytest.raises(Empty):
                channel._get("nudges")
        assert [file.name for file in (tmp_path / "queue").iterdir() if "half-written" in file.name] == []
