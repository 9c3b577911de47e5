"""The sandbox as tests use it: a process of its own, with a buyer at its pages and a witness in its books."""

import json
import signal
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.sandbox.described import object_faults, request_faults

KEY, SECRET = "sk_test_of_the_tests", "whsec_of_the_tests"
GOOD, ASKS, DECLINED, DISPUTED = "4242424242424242", "4000002500003155", "4000000000000002", "4000000000000259"
TABLES = ("object", "answer", "delivery", "fault", "request")
PROJECT = Path(__file__).parents[2]


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


@dataclass
class Desk:
    """A running sandbox; `file` holds its books, which outlive it. `differs`: the test itself made our books others."""

    file: Path
    forward_to: str = ""
    settles_after: int = 0
    address: str = ""
    process: subprocess.Popen[str] | None = None
    said: list[str] = field(default_factory=list)
    differs: bool = False

    def start(self, port: int = 0) -> None:
        command = [sys.executable, "-m", "config.stripe_sandbox", "--data", str(self.file), "--port", str(port),
                   "--secret", SECRET, "--settles-after", str(self.settles_after)]  # fmt: skip
        command += ["--forward-to", self.forward_to] if self.forward_to else []
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()
        assert self.address, "the sandbox did not start"

    def stop(self, how: int = signal.SIGTERM) -> None:
        if self.process:
            self.process.send_signal(how)
            self.process.wait(10)
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None

    def press(self, path: str, **said: str) -> tuple[int, str]:
        """A button on one of its pages: the status, and where it leads or what it says."""
        opener = urllib.request.build_opener(_StayHere)
        address = path if path.startswith("http") else self.address + path
        try:
            with opener.open(address, urllib.parse.urlencode(said).encode(), timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as no:
            return no.code, no.headers.get("Location") or no.read().decode()

    def pay(self, page: str, card: str = GOOD) -> tuple[int, str]:
        """A buyer types a card, and tells his bank that it is he."""
        answer = self.press(page, number=card)
        return self.press(f"{page}/bank", number=card, said="yes") if card == ASKS and answer[0] == 200 else answer

    def fault(self, kind: str, word: str = "", times: int = 1) -> None:
        self.press("/desk/fault", kind=kind, word=word, times=str(times))

    def rows(self, query: str, *given: Any) -> list[tuple[Any, ...]]:
        link = sqlite3.connect(self.file)
        try:
            return link.execute(query, given).fetchall()
        finally:
            link.close()

    def objects(self, kind: str) -> list[dict[str, Any]]:
        return [json.loads(body) for (body,) in self.rows("SELECT body FROM object WHERE kind = ? ORDER BY seq", kind)]

    def balances(self) -> dict[tuple[str, str], int]:
        """{(account, or "" for the platform; currency): its balance}, summed from the statement's lines."""
        sums: dict[tuple[str, str], int] = defaultdict(int)
        for account, body in self.rows("SELECT account, body FROM object WHERE kind = 'balance_transaction'"):
            line = json.loads(body)
            sums[account, line["currency"]] += line["net"]
        return dict(sums)

    def mark(self) -> dict[str, int]:
        """How far its books are, for `back_to`."""
        return {table: self.rows(f"SELECT coalesce(max(rowid), 0) FROM {table}")[0][0] for table in TABLES}

    def back_to(self, mark: dict[str, int]) -> None:
        """Take out of its books what came since; whoever does so looks for faults before."""
        link = sqlite3.connect(self.file)
        with link:
            for table, last in mark.items():
                link.execute(f"DELETE FROM {table} WHERE rowid > ?", (last,))
        link.close()

    def faults_found(self) -> list[str]:
        """What Stripe's own description has against any request it got and any object it made."""
        found = [fault for row in self.rows("SELECT method, path, asked FROM request WHERE status < 400")
                 for fault in request_faults(*row)]  # fmt: skip
        kinds = [(body,) for (body,) in self.rows("SELECT body FROM object WHERE kind NOT IN ('kept')")]
        return found + [fault for (body,) in kinds for fault in object_faults(json.loads(body))]
