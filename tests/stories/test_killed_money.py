"""Kill -9 at each step of a charge, a transfer, a refund and a reversal: each money movement happens exactly once in
Stripe's own books, and ours agree with them within two minutes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from cooperatives.services.people import admit_member
from market.models import StripeCall
from market.services.approvals import approve_wish
from market.services.bank_payouts import ask_bank_payout
from market.services.refunds import ask_refund
from market.services.stripe_answers import make_calls
from market.services.stripe_facts import take_fact
from market.services.transfers import send_what_is_divided
from tests.market.cards import by_card, come_back, now, page_of, paid_by_card, reconciled
from tests.market.goods import on_shelf
from tests.market.test_card_money import divided, onboarded
from tests.sandbox.desk import KEY, PROJECT, Desk
from tests.world import agreed, person, world

pytestmark = pytest.mark.quick

CHILD = """
import sys
import django
django.setup()
from django.conf import settings
from django.utils import timezone
settings.STRIPE_KEY, settings.STRIPE_ADDRESS = sys.argv[1:3]
from market.services.stripe_answers import make_calls
from market.services.stripe_facts import take_fact
if len(sys.argv) > 3:
    take_fact(kind=sys.argv[3], identity=sys.argv[4], at=timezone.now())
else:
    make_calls(at=timezone.now())
"""


def dies(stripe: Desk, at: str, *fact: str) -> None:
    """Another process makes the calls that wait, or takes a fact, and is killed at that moment."""
    connection.close()
    settings = {"DJANGO_SETTINGS_MODULE": "config.settings", "RENNET_DIES_AT": at}
    command = [sys.executable, "-c", CHILD, KEY, stripe.address, *fact]
    ended = subprocess.run(command, env={**os.environ, **settings}, cwd=PROJECT, capture_output=True, timeout=120)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()[-2000:]


def page_to_open(stripe: Desk) -> Any:
    w = world()
    order = by_card(on_shelf(w))
    from market.services.cards import ask_for_page

    ask_for_page(order=order, back="http://shop/p", leave="http://shop/o", at=now())
    return order


def refund_to_give(stripe: Desk) -> Any:
    w = world()
    order = paid_by_card(stripe, on_shelf(w))
    ask_refund(by=w.ada, order=order, amounts={1: 200}, why="", at=now(), key="one")
    return order


def transfer_to_send(stripe: Desk) -> Any:
    w = world()
    agreed(w)
    order = paid_by_card(stripe, on_shelf(w))
    onboarded(stripe, w)
    divided(w)
    send_what_is_divided(at=now())
    return order


def reversal_to_take(stripe: Desk) -> Any:
    order = transfer_to_send(stripe)
    make_calls(at=now())
    line = order.lines.get()
    steward = line.listing.product.cooperative.memberships.filter(roles__contains="steward").first()
    ask_refund(by=steward, order=order, amounts={1: 200}, why="", at=now(), key="one")
    make_calls(at=now())
    assert StripeCall.objects.get(state="waiting").verb == "reverse_transfer"
    return order


def payout_to_send(stripe: Desk) -> Any:
    order = transfer_to_send(stripe)
    make_calls(at=now())
    seller = order.lines.get().listing.product.cooperative
    eve = admit_member(cooperative=seller, member=person("Eve"), roles=["treasurer"], at=now(), by=None)
    asked = ask_bank_payout(by=eve, amount=500, at=now(), key="one")
    steward = seller.memberships.filter(roles__contains="steward").first()
    approve_wish(by=steward, approval=asked, at=now())
    assert StripeCall.objects.get(state="waiting").verb == "send_payout"
    return order


STEPS: dict[str, tuple[Callable[[Desk], Any], str]] = {
    "open_page": (page_to_open, "checkout.session"),
    "give_refund": (refund_to_give, "refund"),
    "send_transfer": (transfer_to_send, "transfer"),
    "reverse_transfer": (reversal_to_take, "transfer_reversal"),
    "send_payout": (payout_to_send, "payout"),
}


class TestKilled:
    @pytest.mark.parametrize("moment", ["claimed", "answered", "written"])
    @pytest.mark.parametrize("verb", STEPS)
    def test_at_each_step_of_a_call_it_happens_once(self, own_database, stripe, verb, moment):
        prepare, kind = STEPS[verb]
        prepare(stripe)
        made = sum(row["object"] == kind and not row["id"].startswith("pyr") for row in stripe.objects(kind))
        dies(stripe, f"{verb} {moment}")
        later = now() + timedelta(seconds=90)
        make_calls(at=later)
        make_calls(at=later)
        after = [row for row in stripe.objects(kind) if not row["id"].startswith("pyr")]
        assert len(after) == made + 1 and not StripeCall.objects.filter(state="waiting").exists()
        reconciled(stripe)

    def test_while_a_charge_is_recorded_nothing_is_half_there(self, own_database, stripe):
        w = world()
        order = by_card(on_shelf(w))
        page = page_of(order)
        stripe.pay(page.url)
        dies(stripe, "charge recorded", "checkout.session", page.session or "")
        order.refresh_from_db()
        assert order.state == "placed"
        assert come_back(order).state == "paid"
        reconciled(stripe)

    def test_while_a_refund_is_recorded_nothing_is_half_there(self, own_database, stripe):
        order = refund_to_give(stripe)
        dies(stripe, "refund recorded")
        (refund,) = stripe.objects("refund")
        assert order.refunds.get().state == "asked"
        take_fact(kind="refund", identity=refund["id"], at=now())
        assert order.refunds.get().state == "given"
        reconciled(stripe)
