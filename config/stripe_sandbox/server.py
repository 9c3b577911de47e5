"""The door: HTTP for the API and for the pages, keys that make a request happen once, and faults on demand."""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from config.stripe_sandbox import api, pages
from config.stripe_sandbox.deliveries import Postman
from config.stripe_sandbox.errors import StripeError
from config.stripe_sandbox.faults import OF_REQUESTS, take_fault
from config.stripe_sandbox.forms import read_form
from config.stripe_sandbox.sandbox import VERSION, Sandbox
from config.stripe_sandbox.store import new_id

KEYS_LIVE = 24 * 3600
LONG = 60  # seconds that a request hangs which is to time out


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], box: Sandbox) -> None:
        super().__init__(address, Door)
        self.box = box
        self.postman = Postman(box)
        self.postman.start()


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_DELETE(self) -> None:
        self._answer("DELETE")

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: what was asked stands in the store."""

    def _answer(self, method: str) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        said = read_form(parts.query) | read_form(body)
        if not parts.path.startswith("/v1/"):
            status, kind, text, headers = pages.answer(self.server.box, method, parts.path, said)
            self.server.postman.wake.set()
            self._send(status, text.encode(), kind, headers)
            return
        fault = (
            next((f for f in OF_REQUESTS if take_fault(self.server.box, f, parts.path)), "") if method != "GET" else ""
        )
        if fault == "429":
            self._refuse(StripeError("Request rate limit exceeded.", status=429, code="rate_limit"))
            return
        if fault == "409":
            self._refuse(StripeError("There is currently another in-progress request using this key.", status=409,
                                     kind="idempotency_error", code="idempotency_key_in_use"))  # fmt: skip
            return
        status, answered, replayed = self._once(method, parts.path, said, body or parts.query, fault)
        self.server.postman.wake.set()
        if fault.startswith("timeout"):
            time.sleep(LONG)
        if fault.startswith(("timeout", "hang up")):
            self.close_connection = True
            return
        self._send(status, answered.encode(), "application/json",
                   {"Idempotent-Replayed": "true"} if replayed else {})  # fmt: skip

    def _once(self, method: str, path: str, said: dict[str, Any], body: str, fault: str) -> tuple[int, str, bool]:
        """The answer, from memory where this key was used before (docs.stripe.com/api/idempotent_requests).

        What the first request answered is kept for a day, a 500 too; a request that fails validation is not kept.
        """
        box, account = self.server.box, self.headers.get("Stripe-Account") or ""
        key = self.headers.get("Idempotency-Key") if method == "POST" else None
        asked = f"{account} {method} {path} {body}"
        with box.store.changing():
            if refusal := self._unauthorised(account):
                return refusal.status, json.dumps(refusal.body), False
            box.store.link.execute("DELETE FROM answer WHERE at < ?", (time.time() - KEYS_LIVE,))
            known = box.store.rows("SELECT asked, status, body FROM answer WHERE key = ?", key) if key else []
            if known and known[0][0] != asked:
                no = StripeError(
                    "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                    f"Try using a key other than '{key}' if you meant to execute a different request.",
                    kind="idempotency_error",
                )
                return no.status, json.dumps(no.body), False
            if known:
                return int(known[0][1]), str(known[0][2]), True
            box.key = key
            status, text, is_kept = self._do(box, method, path, said, account, fault)
            if key and is_kept:
                box.store.link.execute(
                    "INSERT INTO answer VALUES (?, ?, ?, ?, ?)", (key, asked, status, text, time.time())
                )
            box.store.link.execute(
                "INSERT INTO request (method, path, asked, status) VALUES (?, ?, ?, ?)", (method, path, body, status)
            )
            return status, text, False

    def _do(
        self, box: Sandbox, method: str, path: str, said: dict[str, Any], account: str, fault: str
    ) -> tuple[int, str, bool]:
        broken = StripeError("An unknown error occurred", status=500, kind="api_error")
        if fault == "500 before effect":
            return broken.status, json.dumps(broken.body), True
        try:
            found = api.answer(box, method, path, said, account)
        except StripeError as no:
            began = no.body["error"].get("code") in {"balance_insufficient", "insufficient_capabilities_for_transfer"}
            return no.status, json.dumps(no.body), began
        if fault == "500 after effect":
            return broken.status, json.dumps(broken.body), True
        return 200, json.dumps(found, indent=2), True

    def _unauthorised(self, account: str) -> StripeError | None:
        given = self.headers.get("Authorization", "")
        if not given.removeprefix("Bearer ").startswith("sk_test_"):
            return StripeError("Invalid API Key provided.", status=401)
        if account and self.server.box.store.get(account, "account") is None:
            return StripeError(
                f"The provided key does not have access to account '{account}' (or that account does not exist).",
                status=403, code="account_invalid",
            )  # fmt: skip
        return None

    def _refuse(self, no: StripeError) -> None:
        self._send(no.status, json.dumps(no.body).encode(), "application/json", {})

    def _send(self, status: int, body: bytes, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        said = {"Content-Type": kind, "Content-Length": str(len(body)), "Request-Id": new_id("req"),
                "Stripe-Version": VERSION, "Cache-Control": "no-store", **headers}  # fmt: skip
        for name, value in said.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
