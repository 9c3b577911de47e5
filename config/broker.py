"""What each kind of message broker asks for. None of them holds anything that the database does not."""

from pathlib import Path
from typing import Any

LONGEST_TASK = 3600  # seconds; Redis hands a task out again after this long


def options_of(address: str, folder: Path) -> dict[str, Any]:
    if address.startswith("filesystem"):
        # One folder for both directions: what is sent is what is fetched.
        queue = str(folder / "queue")
        folders = {"data_folder_in": queue, "data_folder_out": queue, "control_folder": str(folder / "control")}
        # Kombu looks once a second, and fetches two; the clock alone asks for more than that.
        return folders | {"polling_interval": 0.2}
    if address.startswith(("redis", "rediss", "valkey")):
        return {"visibility_timeout": LONGEST_TASK, "unacked_restore_interval": 10, "unacked_restore_throttle": 1}
    return {}


def make_folders(options: dict[str, Any]) -> None:
    for name in ("data_folder_in", "control_folder"):
        if name in options:
            Path(options[name]).mkdir(mode=0o700, parents=True, exist_ok=True)
