"""django-hordak and django-ledger beside us, on the same PostgreSQL, in a Python of their own (they pin other things).

It is run as a script by `bench.recording`: each line it reads names a peer, a way and how many entries of four postings
to write; it answers when they are committed.
"""

import json
import os
import sys
from datetime import UTC, date, datetime
from decimal import Decimal

import django
from django.conf import settings

DAY, NOW = date(2026, 11, 23), datetime(2026, 11, 23, tzinfo=UTC)
Pair = tuple[object, object]


def main() -> None:
    database = {"ENGINE": "django.db.backends.postgresql", **json.loads(os.environ["BENCH_DATABASE"])}
    settings.configure(
        DATABASES={"default": database},
        INSTALLED_APPS=[
            "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "mptt", "hordak",
            "django_ledger",
        ],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField", USE_TZ=True, SECRET_KEY="bench", CURRENCIES=["EUR"],
        LOGGING_CONFIG=None,
    )  # fmt: skip
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    ways = {**hordak(), **ledger()}
    print("ready", flush=True)
    for line in sys.stdin:
        way, count = line.split()
        ways[way](int(count))
        print("done", flush=True)


def hordak() -> dict[str, object]:
    from django.db import transaction
    from hordak.models import Account, AccountType, Leg, Transaction
    from moneyed import Money

    def opened(kind: str, number: int) -> list[Account]:
        return [
            Account.objects.create(name=f"{kind} {n}", type=getattr(AccountType, kind), currencies=["EUR"])
            for n in range(number)
        ]

    assets, equities, amount = opened("asset", 50), opened("income", 200), Money(125, "EUR")

    def legs(n: int) -> list[Leg]:
        pairs = [(assets[n % 50], equities[n % 200]), (assets[(n + 1) % 50], equities[(n + 1) % 200])]
        return [leg for a, b in pairs for leg in (Leg(account=a, debit=amount), Leg(account=b, credit=amount))]

    def one_by_one(count: int) -> None:
        for n in range(count):
            with transaction.atomic():
                made = Transaction.objects.create(date=DAY, description="delivery")
                for leg in legs(n):
                    leg.transaction = made
                    leg.save()

    def bulk(count: int) -> None:
        with transaction.atomic():
            made = Transaction.objects.bulk_create(Transaction(date=DAY, description="delivery") for _ in range(count))
            many = [(entry, leg) for n, entry in enumerate(made) for leg in legs(n)]
            for entry, leg in many:
                leg.transaction = entry
            Leg.objects.bulk_create(leg for _, leg in many)

    return {"hordak": one_by_one, "hordak-bulk": bulk}


def ledger() -> dict[str, object]:
    from django.contrib.auth import get_user_model
    from django.db import transaction
    from django_ledger.io import roles
    from django_ledger.models import EntityModel

    admin = get_user_model().objects.create_user(username="bench")
    entity = EntityModel.create_entity(name="Fern", use_accrual_method=True, admin=admin, fy_start_month=1)
    chart = entity.create_chart_of_accounts(assign_as_default=True, commit=True, coa_name="Chart")
    named = {"coa_model": chart, "active": True}
    cash = [
        entity.create_account(
            code=f"1{n:03}", role=roles.ASSET_CA_CASH, name=f"till {n}", balance_type="debit", **named
        )
        for n in range(10)
    ]
    owed = [
        entity.create_account(
            code=f"3{n:03}", role=roles.EQUITY_CAPITAL, name=f"purse {n}", balance_type="credit", **named
        )
        for n in range(10)
    ]
    book, amount = entity.create_ledger(name="book", posted=True), Decimal("1.25")

    def one_by_one(count: int) -> None:
        for n in range(count):
            sides = [
                ("debit", cash[n % 10]),
                ("credit", owed[n % 10]),
                ("debit", cash[(n + 1) % 10]),
                ("credit", owed[(n + 1) % 10]),
            ]
            postings = [{"account": a, "amount": amount, "tx_type": side, "description": ""} for side, a in sides]
            with transaction.atomic():
                entity.commit_txs(
                    je_timestamp=NOW, je_txs=postings, je_posted=True, je_ledger_model=book, je_desc="delivery"
                )

    return {"ledger": one_by_one}


if __name__ == "__main__":
    main()
