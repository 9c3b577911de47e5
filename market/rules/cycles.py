"""Order cycles: when one takes orders, and the account in which what it earned waits for its own division."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ledger.rules.entries import Address


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when orders are taken: from `opens_at` to before `closes_at`, or to `closed_at` where it was
    closed."""

    opens_at: datetime
    closes_at: datetime
    closed_at: datetime | None = None

    def state(self, at: datetime) -> str:
        """coming, open or closed."""
        if self.closed_at is not None or at >= self.closes_at:
            return "closed"
        return "open" if at >= self.opens_at else "coming"

    def meets(self, other: "Window") -> bool:
        """Whether there is a moment in which both take orders."""
        ends = [window.closed_at or window.closes_at for window in (self, other)]
        return self.opens_at < ends[1] and other.opens_at < ends[0]


def moved(window: Window, handover_on: date, *, by: timedelta) -> tuple[Window, date]:
    """The same span and hand-over, so much later."""
    return Window(window.opens_at + by, window.closes_at + by), handover_on + by


def next_step(window: Window, handover_on: date, *, after: datetime) -> timedelta:
    """By how much a cycle is moved to be the next: by whole weeks, at least until the last one is closed and no
    earlier than `after`."""
    weeks = 1
    while window.opens_at + timedelta(weeks=weeks) < max(window.closed_at or window.closes_at, after):
        weeks += 1
    return timedelta(weeks=weeks)


def pot_of(lot: str, cycle: str = "") -> str:
    """Where what a lot (by path) earns waits to be divided: by period, or kept by the cycle in which it was sold."""
    earned = lot.replace("/lots/", "/earned/")
    return f"{earned}@cycles/{cycle}" if cycle else earned


def lot_of(pot: str) -> str:
    """The lot (by path) whose earnings are in a pot."""
    return Address.parse(pot).path.replace("/earned/", "/lots/")


def cycle_of(pot: str) -> str:
    """The cycle that keeps a pot; empty where none does."""
    kind, _slash, name = Address.parse(pot).keeper.partition("/")
    return name if kind == "cycles" else ""


def fee_cause(order: str) -> str:
    """Because of what the earnings of an order (by name) are set aside whose card's fee is not known."""
    return f"order/{order}"


def aside_key(cause: str, number: int) -> str:
    """The entry that sets aside what a line earned, because of a cause (the stem of a key)."""
    return f"{cause}/aside/{number}"
