"""The broker of files under many writers and readers at once."""

import threading
import time
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection

from config import broker
from config.message_files import Transport, take_the_place_of_kombus

pytestmark = pytest.mark.quick


class TestMessageFiles:
    def test_a_message_is_fetched_whole_or_not_yet(self, tmp_path: Path) -> None:
        take_the_place_of_kombus()
        options = broker.options_of("filesystem://", tmp_path)
        broker.make_folders(options)
        sent, fetched, faults = 30, [], []
        padding = list(range(40_000))  # takes a while to write out, which is when a reader may come

        # The channel itself, without kombu's polling, which sleeps a second whenever it finds nothing.
        def send(writer: int) -> None:
            with Connection("filesystem://", transport_options=options) as link, link.channel() as channel:
                for n in range(sent):
                    channel._put("nudges", {"writer": writer, "n": n, "padding": padding})

        def fetch() -> None:
            deadline = time.monotonic() + 60
            with Connection("filesystem://", transport_options=options) as link, link.channel() as channel:
                assert isinstance(link.transport, Transport)
                while len(fetched) < 2 * sent and time.monotonic() < deadline:
                    try:
                        message = channel._get("nudges")
                    except Empty:
                        continue
                    except ValueError as half_written:
                        faults.append(half_written)
                        return
                    fetched.append((message["writer"], message["n"]))

        threads = [threading.Thread(target=send, args=[w]) for w in range(2)]
        threads += [threading.Thread(target=fetch) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not faults
        assert sorted(fetched) == sorted((w, n) for w in range(2) for n in range(sent))
