"""Named moments at which a test may end this process as a power cut would; nothing happens where none is named."""

import os
import signal


def reached(name: str) -> None:
    if os.environ.get("RENNET_DIES_AT") == name:
        os.kill(os.getpid(), signal.SIGKILL)
