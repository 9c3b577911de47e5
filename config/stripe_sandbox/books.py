"""The sandbox's own books: every change of a balance is a balance transaction, and a balance is their sum.

Fees are ours: 1.5 % and a fixed part, as European cards cost on Stripe's public price list in 2026; a dispute costs a
fixed sum that is never given back.
"""

from collections import defaultdict

from config.stripe_sandbox.errors import StripeError, below_one
from config.stripe_sandbox.store import Object, Store, new_id, now

PER_MILLE = 15
FIXED = {"eur": 25, "usd": 30, "gbp": 20, "chf": 30, "xof": 164, "kwd": 80, "idr": 450_000, "ghs": 300}
DISPUTE = {"eur": 2000, "usd": 1500, "gbp": 2000, "chf": 2000, "xof": 13_120, "kwd": 6_000, "idr": 36_000_000}
# docs.stripe.com/currencies: three-decimal amounts end in 0.
THREE_DECIMALS = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})


def refuse_amount(amount: int, currency: str, param: str = "amount") -> None:
    if amount < 1:
        raise below_one(param)
    if amount > 99_999_999_999:
        raise StripeError("Amount must be no more than 99999999999.", code="amount_too_large", param=param)
    if currency in THREE_DECIMALS and amount % 10:
        raise StripeError(
            f"Invalid {currency.upper()} amount. {currency.upper()} amounts must be rounded to the nearest ten.",
            param=param,
        )


def card_fee(amount: int, currency: str) -> int:
    fee = (amount * PER_MILLE + 500) // 1000 + FIXED.get(currency, 25)
    return min(amount, -(-fee // 10) * 10 if currency in THREE_DECIMALS else fee)


def dispute_fee(currency: str) -> int:
    return DISPUTE.get(currency, 2000)


def post(
    store: Store,
    account: str,
    amount: int,
    currency: str,
    source: str,
    kind: str,
    *,
    fee: int = 0,
    category: str = "",
    available_on: int | None = None,
    description: str | None = None,
) -> Object:
    """One line of an account's statement; `amount` is gross, the balance changes by `amount` less `fee`."""
    details = [
        {"amount": fee, "application": None, "currency": currency, "description": "Stripe processing fees",
         "type": "stripe_fee"}
    ]  # fmt: skip
    created = now()
    due = created if available_on is None else available_on
    line = {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": due,
        "balance_type": "payments",
        "created": created,
        "currency": currency,
        "description": description,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": details if fee else [],
        "net": amount - fee,
        "reporting_category": category or kind,
        "source": source,
        "status": "pending" if due > created else "available",
        "type": kind,
    }
    return store.put(line, account)


def shown(line: Object) -> Object:
    """A line as it stands now: what was pending becomes available by itself."""
    return line | {"status": "pending" if line["available_on"] > now() else "available"}


def balance(store: Store, account: str) -> Object:
    sums: dict[str, dict[str, int]] = {"available": defaultdict(int), "pending": defaultdict(int)}
    for line in store.all("balance_transaction", account):
        for name in sums:
            sums[name][line["currency"]] += line["net"] if shown(line)["status"] == name else 0
    shape = {
        name: [{"amount": n, "currency": c, "source_types": {"card": n}} for c, n in sorted(found.items())]
        or [{"amount": 0, "currency": "eur", "source_types": {"card": 0}}]
        for name, found in sums.items()
    }
    return {"object": "balance", "livemode": False, "refund_and_dispute_prefunding": {
        "available": [], "pending": []}, **shape}  # fmt: skip


def held(store: Store, account: str, currency: str, *, with_pending: bool = False) -> int:
    lines = [line for line in store.all("balance_transaction", account) if line["currency"] == currency]
    return sum(line["net"] for line in lines if with_pending or shown(line)["status"] == "available")
