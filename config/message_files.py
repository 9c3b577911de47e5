"""Kombu's broker of files, made safe for several processes: a message is there whole, or not at all.

Kombu's own writes a message under the name by which it is fetched, so a worker may fetch it before it is written, find
an empty file, and die of it. Here it is written beside and renamed.
"""

import json
import time
import uuid
from pathlib import Path
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]  # kombu names it two ways
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        half_written = Path(self.data_folder_out) / f".{name}.half-written"
        half_written.write_bytes(str_to_bytes(dumps(payload)))
        half_written.replace(half_written.with_name(name))

    def get_table(self, exchange: str) -> list[Any]:
        try:
            return list(super().get_table(exchange))
        except json.JSONDecodeError:
            return []  # another process is making it at this moment


class Transport(filesystem.Transport):
    Channel = Channel


def take_the_place_of_kombus() -> None:
    """From now on `filesystem://` means this transport."""
    TRANSPORT_ALIASES["filesystem"] = "config.message_files:Transport"
