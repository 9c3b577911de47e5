"""A circle of hours among Fern's members, opened by two persons as everywhere."""

from typing import Any

from cooperatives.models import Approval, Circle, Membership
from cooperatives.services.credit import ask_circle, pay_credit
from market.services.approvals import approve_wish
from tests.world import World, key

RULE = {
    "code": "HFERN", "name": "Fern hours", "kind": "hours", "floor": 600, "ceiling": 1_200, "lowest": 1_800,
    "highest": 3_600, "worth": 1_200,
}  # fmt: skip


def asked(w: World, by: Membership | None = None, **said: Any) -> Approval:
    return ask_circle(by=by or w.ada, said=RULE | said, at=w.later(), key=key("credit"))


def opened(w: World, eve: Membership, **said: Any) -> Circle:
    """Ada wishes it, Eve agrees."""
    approve_wish(by=eve, approval=asked(w, **said), at=w.later())
    return Circle.objects.get(cooperative=w.fern)


def paid(w: World, circle: Circle, by: Membership, to: str, quantity: int, **more: Any):
    more = {"key": f"key-of-a-test-{key()[-6:]}", "words": "Pruning"} | more
    return pay_credit(by=by, circle=circle, to=to, quantity=quantity, at=w.later(), **more)
