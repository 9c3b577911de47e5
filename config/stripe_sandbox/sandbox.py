"""The sandbox as a whole: its store, its address, and what every verb of it needs."""

from dataclasses import dataclass, field
from typing import Any

from config.stripe_sandbox import shapes
from config.stripe_sandbox.errors import StripeError, invalid_integer, missing, no_such
from config.stripe_sandbox.store import Object, Store

VERSION = "2026-08-26.dahlia"


@dataclass
class Sandbox:
    """`settles_after`: seconds until money of a card is available; `public`: the address that browsers see."""

    store: Store
    public: str
    settles_after: int = 0
    key: str | None = None  # idempotency key of the request in hand, which events name
    touched: list[str] = field(default_factory=list)

    def find(self, kind: str, identity: Any, account: str | None = None, *, param: str = "id") -> Object:
        """The object, if this account may see it."""
        found = self.store.get(str(identity), kind)
        if found is None or (account is not None and self.store.account_of(str(identity)) != account):
            raise no_such(kind.replace("_", " "), str(identity), param)
        return found

    def say(self, kind: str, body: Object, account: str = "") -> None:
        """An event, and its delivery to whoever listens; sent after the change is on disk."""
        made = self.store.put(shapes.event(kind, body, VERSION, account, self.key), account)
        for endpoint in self.store.all("webhook_endpoint"):
            wanted = endpoint["enabled_events"]
            if bool(account) == bool(endpoint["application"]) and (kind in wanted or "*" in wanted):
                self.store.link.execute(
                    "INSERT INTO delivery (event, endpoint, due) VALUES (?, ?, 0)", (made["id"], endpoint["id"])
                )


def whole(said: dict[str, Any], param: str, default: int | None = None) -> int:
    """A parameter that must be a whole number."""
    given = said.get(param)
    if given is None:
        if default is None:
            raise missing(param)
        return default
    try:
        return int(given)
    except (TypeError, ValueError):
        raise invalid_integer(param) from None


def need(said: dict[str, Any], param: str) -> Any:
    if said.get(param) in (None, ""):
        raise missing(param)
    return said[param]


def refuse(message: str, *, code: str = "", param: str = "", status: int = 400) -> StripeError:
    return StripeError(message, code=code, param=param, status=status)
