"""The broker of files under many writers and readers at once."""

import threading
from pathlib import Path

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
        sent, fetched, faults = 150, [], []

        def send(writer: int) -> None:
            with Connection("filesystem://", transport_options=options) as link, link.SimpleQueue("nudges") as queue:
                for n in range(sent):
                    queue.put({"writer": writer, "n": n, "padding": "x" * 5_000})

        def fetch() -> None:
            try:
                with (
                    Connection("filesystem://", transport_options=options) as link,
                    link.SimpleQueue("nudges") as queue,
                ):
                    assert isinstance(link.transport, Transport)
                    while len(fetched) < 2 * sent:
                        try:
                            message = queue.get(timeout=0.2)
                        except queue.Empty:
                            continue
                        fetched.append((message.payload["writer"], message.payload["n"]))
                        message.ack()
            except Exception as error:  # noqa: BLE001  # whatever a reader dies of is the fault
                faults.append(error)

        threads = [threading.Thread(target=send, args=[w]) for w in range(2)]
        threads += [threading.Thread(target=fetch) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not faults
        assert sorted(set(fetched)) == sorted((w, n) for w in range(2) for n in range(sent))
