"""PostgreSQL is restarted in the middle of a checkout: a cluster of its own, stopped and started between the question
to Stripe and our writing the answer down, and again while the payment is recorded. The order ends right, once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.folder import PROJECT
from tests.sandbox.desk import KEY, SECRET, Desk

pytestmark = pytest.mark.soak

SHOP = """
import json, sys
from datetime import timedelta
import django
django.setup()
from config import postgres
from django.conf import settings
settings.STRIPE_KEY, settings.STRIPE_ADDRESS, settings.STRIPE_WEBHOOK_SECRET = sys.argv[1:4]
settings.ALLOWED_HOSTS, settings.WHITENOISE_USE_FINDERS = ["testserver"], True
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
settings.STATIC_ROOT.mkdir(exist_ok=True)
from django.core.wsgi import get_wsgi_application
from django.db import OperationalError, close_old_connections
from django.test import RequestFactory
from ledger.queries import balance_of, log_size
from market.models import Order, Payment
from market.services import cards, stripe_answers
from market.services.cards import ask_for_page
from market.services.reconcile import reconcile
from market.services.stripe_answers import make_calls
from market.services.stripe_facts import take_fact
from tests.market.cards import by_card, now
from tests.market.goods import on_shelf
from tests.world import world

with postgres.running():
    shop, told = get_wsgi_application(), []

    def asks(path):
        "One request, as the server of the shop hands it on."
        answered = []
        body = shop(RequestFactory().get(path).environ, lambda status, headers: answered.append(int(status[:3])))
        list(body), body.close()
        told.append(answered[0])

    def restarts(at):
        "The next time that this moment is reached, the database is restarted; only once."
        reached_before = []
        def reached(name):
            if name == at and not reached_before:
                reached_before.append(name)
                before = postgres.postmaster()
                postgres.stop()
                postgres.start()
                assert postgres.postmaster() not in {None, before}
        return reached

    def fails(action):
        try:
            action()
        except OperationalError as no:
            told.append(type(no).__name__)
        close_old_connections()

    w = world()
    listing = on_shelf(w)
    asks("/shop/")
    order = by_card(listing, 2)
    page = ask_for_page(order=order, back="http://shop/paid", leave="http://shop/order", at=now())
    stripe_answers.reached = restarts("open_page answered")
    fails(lambda: make_calls(at=now()))
    asks("/shop/")
    page.refresh_from_db()
    assert page.session is None, "nothing of the answer was written"
    make_calls(at=now() + timedelta(minutes=2))
    page.refresh_from_db()
    print(page.url, flush=True)
    sys.stdin.readline()  # the buyer pays meanwhile
    size = log_size()
    cards.reached = restarts("charge recorded")
    fails(lambda: take_fact(kind="checkout.session", identity=page.session, at=now()))
    asks(f"/orders/{order.token}/")
    assert log_size() == size and not Payment.objects.exists(), "no half entry"
    take_fact(kind="checkout.session", identity=page.session, at=now())
    order.refresh_from_db()
    first = reconcile(at=now())
    print(json.dumps({
        "told": told, "state": order.state, "payments": Payment.objects.count(), "orders": Order.objects.count(),
        "left": balance_of(listing.lot_address, "bar"), "differences": len(first.differences),
        "healed": reconcile(at=now()).healed,
        "kept": sum(balance_of(f"{who}/till@stripe/market", "EUR") for who in ("coops/fern", "operators/market")),
    }), flush=True)
"""


def test_restarted_between_the_question_and_the_answer_the_order_ends_right(tmp_path: Path) -> None:
    data, stripe = tmp_path / "data", Desk(tmp_path / "stripe.sqlite")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "RENNET_"))}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=PROJECT, env={**kept, "RENNET_DATA": str(data)}, check=True,
    )  # fmt: skip
    program, faults = tmp_path / "shop.py", tmp_path / "faults"
    program.write_text(SHOP)
    stripe.start()
    try:
        with faults.open("w") as trouble:
            shop = subprocess.Popen(
                [sys.executable, str(program), KEY, stripe.address, SECRET], cwd=PROJECT, text=True,
                env={**kept, "RENNET_DATA": str(data), "DJANGO_SETTINGS_MODULE": "config.settings",
                     "PYTHONPATH": str(PROJECT)},
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=trouble,
            )  # fmt: skip
        assert shop.stdin and shop.stdout
        url = shop.stdout.readline().strip()
        assert url.startswith("http"), faults.read_text()[-3000:]
        assert stripe.pay(url)[0] == 303
        said, _ = shop.communicate("paid\n", timeout=120)
        assert shop.returncode == 0, faults.read_text()[-3000:]
        ended = json.loads(said)
        assert ended["told"] == [200, "OperationalError", 200, "OperationalError", 200], "each next request is served"
        assert (ended["state"], ended["payments"], ended["orders"], ended["left"]) == ("paid", 1, 1, 398)
        assert (ended["differences"], ended["healed"]) == (0, 0)
        assert stripe.balances() == {("", "eur"): ended["kept"]}
        assert len(stripe.objects("checkout.session")) == len(stripe.objects("charge")) == 1
    finally:
        stripe.stop()
