"""Webhooks: signed as Stripe signs them (docs.stripe.com/webhooks#verify-manually), sent again until they are heard."""

import contextlib
import hashlib
import hmac
import json
import random
import threading
import time
import urllib.error
import urllib.request

from config.stripe_sandbox.faults import take_fault
from config.stripe_sandbox.sandbox import Sandbox
from config.stripe_sandbox.store import Object

TRIES = 12  # Stripe tries for three days in live mode, three times in a sandbox; ours doubles its patience
FIRST_WAIT = 1.0


def signature(secret: str, body: bytes, at: int) -> str:
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


class Postman(threading.Thread):
    """Carries what is due, one after the other; anything but 2xx is tried again later."""

    def __init__(self, box: Sandbox) -> None:
        super().__init__(daemon=True, name="postman")
        self.box, self.wake, self.ended = box, threading.Event(), False

    def run(self) -> None:
        while not self.ended:
            if not self.carry():
                self.wake.wait(0.2)
                self.wake.clear()

    def carry(self) -> int:
        """Carry what is due now; answers how many."""
        due = self.box.store.rows(
            "SELECT seq, event, endpoint, tries FROM delivery WHERE state = 'due' AND due <= ? ORDER BY seq LIMIT 50",
            time.time(),
        )
        if len(due) > 1 and take_fault(self.box, "reorder", "webhook"):
            random.shuffle(due)
        for row in due:
            self._carry_one(*row)
        return len(due)

    def _carry_one(self, seq: int, event: str, endpoint: str, tries: int) -> None:
        known, to = self.box.store.get(event, "event"), self.box.store.get(endpoint, "webhook_endpoint")
        if known is None or to is None or to["status"] != "enabled":
            self._mark(seq, "gone", tries, 0)
        elif take_fault(self.box, "drop", "webhook", known["type"]):
            self._mark(seq, "dropped", tries, 0)
        elif take_fault(self.box, "delay", "webhook", known["type"]):
            self._mark(seq, "due", tries, time.time() + 3)
        else:
            heard = send(to, known)
            if take_fault(self.box, "duplicate", "webhook", known["type"]):
                send(to, known)
            tries += 1
            state = "heard" if heard else "due" if tries < TRIES else "given up"
            self._mark(seq, state, tries, 0 if heard else time.time() + FIRST_WAIT * 2**tries)

    def _mark(self, seq: int, state: str, tries: int, due: float) -> None:
        with self.box.store.changing():
            self.box.store.link.execute(
                "UPDATE delivery SET state = ?, tries = ?, due = ? WHERE seq = ?", (state, tries, due, seq)
            )


def send(endpoint: Object, event: Object) -> bool:
    """Whether the endpoint answered 2xx."""
    body = json.dumps(event, indent=2).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8", "User-Agent": "Stripe/1.0 (sandbox)",
        "Stripe-Signature": signature(endpoint["secret"], body, int(time.time())),
    }  # fmt: skip
    request = urllib.request.Request(endpoint["url"], data=body, headers=headers, method="POST")
    with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(request, timeout=20) as answer:
        return bool(200 <= answer.status < 300)
    return False
