"""Orders paid by card in tests: through the shop's services and the stand-in's pages."""

from datetime import UTC, datetime
from typing import Any

from ledger.queries import balances
from market.models import Listing, Order, PaymentPage, StripeAccount
from market.services.cards import ask_for_page
from market.services.checkout import place_order
from market.services.reconcile import reconcile
from market.services.stripe_answers import make_calls
from market.services.stripe_facts import take_fact
from tests.market.goods import CLEO, _keys
from tests.sandbox.desk import GOOD, Desk


def now() -> datetime:
    """The real time: the stand-in's clock is no test's."""
    return datetime.now(UTC)


def by_card(listing: Listing, pieces: int = 1, **more: Any) -> Order:
    """An order to be paid by card, placed now."""
    key = f"checkout-of-a-test-{next(_keys):06}"
    said = {"cart": {str(listing.pk): pieces}, "buyer": CLEO, "way": "card", "at": now(), "key": key} | more
    return place_order(**said)


def page_of(order: Order) -> PaymentPage:
    """The page at which it can be paid."""
    page = ask_for_page(order=order, back="http://shop/paid", leave="http://shop/order", at=now())
    make_calls(at=now(), only=page.call)
    page.refresh_from_db()
    return page


def come_back(order: Order) -> Order:
    """What the page does to which a buyer comes back."""
    for page in order.pages.exclude(session=None):
        take_fact(kind="checkout.session", identity=page.session or "", at=now())
    order.refresh_from_db()
    return order


def paid_by_card(stripe: Desk, listing: Listing, pieces: int = 1, card: str = GOOD, **more: Any) -> Order:
    """An order paid by card, its fee known."""
    order = by_card(listing, pieces, **more)
    assert stripe.pay(page_of(order).url, card)[0] == 303
    return come_back(order)


def books_agree(stripe: Desk) -> None:
    """The law: what our accounts kept by Stripe hold is what Stripe's own books say, account by account."""
    names = {"": "market"} | {
        row.account or "": row.cooperative.slug for row in StripeAccount.objects.select_related("cooperative")
    }
    theirs = {(f"stripe/{names[account]}", currency.upper()): n for (account, currency), n in stripe.balances().items()}
    ours: dict[tuple[str, str], int] = {}
    for row in balances():
        keeper = row.address.partition("@")[2]
        if keeper.startswith("stripe/"):
            ours[keeper, row.unit] = ours.get((keeper, row.unit), 0) + row.quantity
    assert {k: n for k, n in ours.items() if n} == {k: n for k, n in theirs.items() if n}


def reconciled(stripe: Desk) -> None:
    """Reconciling prints zero, and a second time writes nothing."""
    found = reconcile(at=now())
    assert found.differences == ()
    books_agree(stripe)
    assert reconcile(at=now()).healed == 0
