"""Starts the sandbox: python -m config.stripe_sandbox --port 9000 --data FILE --forward-to ADDRESS --secret whsec_…"""

import argparse
import contextlib
import os
from pathlib import Path

from config.stripe_sandbox import shapes
from config.stripe_sandbox.sandbox import VERSION, Sandbox
from config.stripe_sandbox.server import Server
from config.stripe_sandbox.store import Store


def main() -> None:
    said = argparse.ArgumentParser(prog="stripe_sandbox", description=__doc__)
    said.add_argument("--host", default="127.0.0.1")
    said.add_argument("--port", type=int, default=0)
    said.add_argument("--data", type=Path, default=None, help="the file of its books; in memory if none")
    said.add_argument("--public", default="", help="the address that browsers see")
    said.add_argument("--forward-to", default="", help="where webhooks go, as `stripe listen --forward-to` sends them")
    secret = os.environ.get("STRIPE_SANDBOX_SECRET", "whsec_test")  # not on the command line, where all could read it
    said.add_argument("--secret", default=secret, help="what webhooks are signed with")
    said.add_argument("--settles-after", type=int, default=0, help="seconds until a card's money is available")
    said.add_argument("--quiet", action="store_true", help="do not print the address")
    given = said.parse_args()
    box = Sandbox(Store(given.data or ":memory:"), "", given.settles_after)
    with Server((given.host, given.port), box) as server:
        box.public = given.public.rstrip("/") or f"http://{given.host}:{server.server_port}"
        if given.forward_to:
            _listen(box, given.forward_to, given.secret)
        if not given.quiet:
            print(f"http://{given.host}:{server.server_port}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever(poll_interval=0.1)


def _listen(box: Sandbox, url: str, secret: str) -> None:
    """One endpoint for the platform's events and one for those of connected accounts, as two would be set up."""
    with box.store.changing():
        for connect, number in ((False, 0), (True, 1)):
            made = shapes.endpoint(url, secret, enabled_events=["*"], connect=connect, version=VERSION)
            box.store.put(made | {"id": f"we_forward{number}"})


if __name__ == "__main__":
    main()
