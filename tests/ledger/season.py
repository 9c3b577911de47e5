"""A season of two cooperatives, a market and its payment processor: every kind of event, entry by entry.

Fern dries what its farms deliver; Oak makes bars of it; both sell on the market. It is told by `tell`, which records an
entry and gives its key; whoever listens checks the books after each.
"""

from collections.abc import Callable, Iterator
from uuid import UUID

from ledger import queries
from ledger.services.journal import record_account, record_entry, record_owners, record_unit
from tests.ledger.conftest import AT

FERN, OAK, OP = "coops/fern", "coops/oak", "operators/market"
F, O, M = f"EUR@{FERN}", f"EUR@{OAK}", f"EUR@{OP}"  # noqa: E741  # claims on each
AT_STRIPE = "stripe/market"
ADA, BEN, CLEO = "members/ada", "members/ben", "members/cleo"
OWNERS = [
    *((name, "land/valley") for name in (FERN, OAK, ADA, BEN, CLEO, "members/dov", "commons/care", "nature/soil")),
    *((name, None) for name in (
        OP, "commons/recipe", "suppliers/sugar", "suppliers/grid", "carriers/velo", "processors/stripe",
        "processors/bank", "tax/land", "funders/region", "nature/air", "unknown/payer", "unknown/count",
        "orders/a", "orders/b", "orders/c", "orders/d", "orders/e",
    )),
]  # fmt: skip
UNITS = [
    ("EUR", "money", 2), ("XOF", "money", 0), ("HOUR", "money", 0), ("g", "thing", 0), ("bar", "thing", 0),
    ("min", "thing", 0), ("cite", "thing", 0), ("Wh", "thing", 0), ("copy", "thing", 0), ("release", "thing", 0),
    ("part", "thing", 0), ("use.min", "thing", 0),
]  # fmt: skip
Step = tuple[str, str, int, str]
Told = Callable[[str], None]
Arrow = tuple[str, str, str, int]


def declare() -> None:
    for code, family, exponent in UNITS:
        record_unit(code=code, family=family, exponent=exponent, by=OP, at=AT)
    record_owners(OWNERS, at=AT)
    for address, unit, floor in (
        (f"{BEN}/purse", O, -30_000), ("members/dov/purse", F, -30_000), (f"{CLEO}/purse", "HOUR", -500),
        (f"{FERN}/earned/dry", O, -30_000),
    ):  # fmt: skip
        record_account(address=address, floors={unit: floor}, at=AT)


def tell(key: str, action: str, purpose: str, *flows: Arrow, undoes: str | None = None, by: str = ADA) -> str:
    """Record one entry; `undoes` is the key of the one it takes back."""
    origin: UUID | None = queries.entries_by_key([undoes])[undoes].id if undoes else None
    reason = "incorrect-data" if purpose == "correction" else None
    evidence = "invoice" if key.startswith(("stripe/", "bank/")) else "declared"
    record_entry(
        key=key, action=action, purpose=purpose, flows=flows, at=AT, by=[by], evidence=evidence, undoes=origin,
        reason=reason,
    )  # fmt: skip
    return key


def money_in(holder: str, keeper: str, giver: str, claim: str, cents: int) -> tuple[Arrow, Arrow]:
    return (
        (giver, f"{holder}/till@{keeper}", "EUR", cents), (f"{holder}/owes", claim, f"EUR@{holder}", cents),
    )  # fmt: skip


def money_out(holder: str, keeper: str, claim: str, taker: str, cents: int) -> tuple[Arrow, Arrow]:
    return (
        (f"{holder}/till@{keeper}", taker, "EUR", cents), (claim, f"{holder}/owes", f"EUR@{holder}", cents),
    )  # fmt: skip


def beginning() -> Iterator[str]:
    """Grants, a float for refunds, a cash box, an advance in cash."""
    for holder, keeper in ((FERN, "bank/fern"), (OAK, "bank/oak"), (OP, "bank/market")):
        flows = money_in(holder, keeper, "funders/region/pocket", f"{holder}/free", 60_000)
        yield tell(f"{keeper}-grant", "transfer", "grant", *flows)
    yield tell("bank/sweep", "transfer-custody", "sweep",
               (f"{OP}/till@bank/market", f"{OP}/till@{AT_STRIPE}", "EUR", 50_000))  # fmt: skip
    yield tell("float/1", "transfer-all-rights", "float",
               (f"{OP}/till@{AT_STRIPE}", f"{OP}/float@{AT_STRIPE}", "EUR", 40_000))  # fmt: skip
    yield tell("cash/1", "transfer-custody", "sweep",
               (f"{FERN}/till@bank/fern", f"{FERN}/till@cash/fern", "EUR", 6_000))  # fmt: skip
    yield tell("cash/2", "transfer", "advance",
               *money_out(FERN, "cash/fern", "members/dov/purse", "members/dov/pocket", 4_000))  # fmt: skip


def farms() -> Iterator[str]:
    """Two deliveries, dried; the scale was wrong by 2 kg, and that is taken back from downstream up."""
    for n, (who, grams) in enumerate(((BEN, 120_000), ("members/dov", 82_000)), 1):
        yield tell(f"phone/{n}", "transfer", "delivery", (f"{who}/harvest", wet(n), "g", grams))
    yield tell("dry/in1", "consume", "making", (wet(1), DRYING, "g", 120_000))
    yield tell("dry/in2", "consume", "making", (wet(2), DRYING, "g", 82_000))
    yield tell("dry/work", "work", "making", (f"{BEN}/work/family", DRYING, "min", 600))
    yield tell("dry/use", "use", "making", (f"{FERN}/tools/dryer", DRYING, "use.min", 4_000))
    yield tell("dry/out", "produce", "making", (DRYING, dry(), "g", 80_000),
               (DRYING, "nature/air/body", "g", 122_000), (DRYING, dry(), "part", 10_000))  # fmt: skip
    yield tell("fix/1", "raise", "correction", ("nature/air/body", DRYING, "g", 2_000), undoes="dry/out")
    yield tell("fix/2", "lower", "correction", (DRYING, wet(2), "g", 2_000), undoes="dry/in2")
    yield tell("fix/3", "lower", "correction", (wet(2), "members/dov/harvest", "g", 2_000), undoes="phone/2")


def making() -> Iterator[str]:
    """Oak buys half of it, takes more on consignment, buys sugar and power, and makes bars with hours paid or not."""
    yield tell("bank/buy", "transfer", "purchase",
               (f"{OAK}/till@bank/oak", f"{FERN}/till@bank/fern", "EUR", 20_000),
               (f"{OAK}/free", f"{OAK}/owes", O, 20_000),
               (f"{FERN}/owes", f"{FERN}/earned/dry", F, 20_000), (dry(), BOUGHT, "g", 40_000))  # fmt: skip
    yield tell("custody/1", "transfer-custody", "custody", (dry(), dry("hubs/oak"), "g", 25_000))
    yield tell("bank/sugar", "transfer", "purchase", (f"{OAK}/till@bank/oak", "suppliers/sugar/pocket", "EUR", 3_165),
               (f"{OAK}/free", f"{OAK}/owes", O, 3_000), ("tax/land/purse", f"{OAK}/owes", O, 165),
               ("suppliers/sugar/stock", SUGAR, "g", 20_000))  # fmt: skip
    yield tell("bars/in", "consume", "making", (BOUGHT, BARRING, "g", 40_000), (dry("hubs/oak"), BARRING, "g", 25_000),
               (SUGAR, BARRING, "g", 15_000))  # fmt: skip
    yield tell("bars/ben", "work", "making", (f"{BEN}/work/share", BARRING, "min", 600), by=BEN)
    yield tell("bars/ada", "work", "making", (f"{ADA}/work/paid", BARRING, "min", 240),
               (f"{OAK}/free", f"{ADA}/purse", O, 4_800))  # fmt: skip
    yield tell("bars/power", "consume", "making", ("suppliers/grid/stock", BARRING, "Wh", 30_000),
               (f"{OAK}/debts", "suppliers/grid/debt", O, 600))  # fmt: skip
    yield tell("bars/cite", "cite", "making", ("commons/recipe/recipe", BARRING, "cite", 1))
    yield tell("bars/out", "produce", "making", (BARRING, BARS, "bar", 1_000), (BARRING, BUTTER, "g", 10_000),
               (BARRING, "nature/soil/body", "g", 10_000), (BARRING, BARS, "part", 9_000),
               (BARRING, BUTTER, "part", 1_000))  # fmt: skip
    yield tell("bars/late hour", "work", "making", (f"{BEN}/work/care", BARRING, "min", 30))
    yield tell("bank/power", "transfer", "purchase",
               *money_out(OAK, "bank/oak", f"{OAK}/free", "suppliers/grid/pocket", 600))  # fmt: skip
    yield tell("debt/power", "lower", "debt", ("suppliers/grid/debt", f"{OAK}/debts", O, 600))
    yield tell("split/1", "separate", "split", (BUTTER, f"{OAK}/lots/butter-a@hubs/oak", "g", 4_000))
    yield tell("lost/1", "lower", "expiry", (BARS, "nature/soil/body", "bar", 2))
    yield tell("lost/2", "lower", "count", (BARS, "unknown/count/count", "bar", 1))
    yield tell("found/1", "raise", "count", ("unknown/count/count", f"{OAK}/lots/found@hubs/oak", "bar", 1))


def sell(order: str, bars: int, price: int, vat: int, fee: int, *, keeper: str = AT_STRIPE, hours: int = 0) -> str:
    claims = ((f"{OAK}/owes", "tax/land/purse", O, vat), (f"{OAK}/owes", EARNED, O, price - fee - vat))
    operator = (
        (f"orders/{order}/prepaid@{keeper}", f"{OP}/till@{keeper}", "EUR", fee),
        (f"{OP}/owes", f"{OP}/free", M, fee),
    )
    credit = ((f"orders/{order}/prepaid", f"{OAK}/till", "HOUR", hours), (f"{OAK}/owes", EARNED, f"HOUR@{OAK}", hours))
    return tell(
        f"order/{order}/line/1", "transfer" if hours else "transfer-all-rights", "sale",
        (f"orders/{order}/prepaid@{keeper}", f"{OAK}/till@{keeper}", "EUR", price - fee), *claims,
        *(operator if fee else ()), *(credit if hours else ()), (BARS, f"orders/{order}/parcels@hubs/oak", "bar", bars),
    )  # fmt: skip


def paid(order: str, cents: int) -> str:
    flow = (f"orders/{order}/pocket", f"orders/{order}/prepaid@{AT_STRIPE}", "EUR", cents)
    return tell(f"stripe/ch-{order}", "transfer-custody", "payment", flow)


def fee(order: str, cents: int) -> str:
    return tell(f"stripe/ch-{order}/fee", "transfer", "fee",
                (f"{OAK}/till@{AT_STRIPE}", "processors/stripe/pocket", "EUR", cents),
                (EARNED, f"{OAK}/owes", O, cents))  # fmt: skip


def selling() -> Iterator[str]:
    """A card, a card captured short, card and credit, a transfer without a reference, an order on invoice."""
    yield paid("a", 18_800)
    yield sell("a", 60, 18_000, 938, 720)
    yield tell("order/a/delivery", "transfer-all-rights", "delivery",
               (f"orders/a/prepaid@{AT_STRIPE}", f"{OP}/till@{AT_STRIPE}", "EUR", 800),
               (f"{OP}/owes", "carriers/velo/purse", M, 667), (f"{OP}/owes", "tax/land/purse", M, 133))  # fmt: skip
    yield tell("order/a/handed", "transfer-custody", "handover",
               ("orders/a/parcels@hubs/oak", "orders/a/goods", "bar", 60))  # fmt: skip
    yield paid("b", 6_000)
    yield tell("stripe/ch-b-less", "transfer-custody", "payment",
               (f"orders/b/prepaid@{AT_STRIPE}", "orders/b/pocket", "EUR", 1_000), undoes="stripe/ch-b")  # fmt: skip
    yield tell("credit/b", "transfer", "payment", (f"{CLEO}/purse", "orders/b/prepaid", "HOUR", 100))
    yield sell("b", 20, 5_000, 261, 200, hours=100)
    yield fee("a", 300)
    yield fee("b", 100)
    yield tell("bank/in", "transfer-custody", "payment",
               ("unknown/payer/pocket", "unknown/payer/prepaid@bank/oak", "EUR", 1_000))  # fmt: skip
    yield tell("match/1", "transfer-all-rights", "payment",
               ("unknown/payer/prepaid@bank/oak", "orders/c/prepaid@bank/oak", "EUR", 1_000))  # fmt: skip
    yield sell("c", 3, 900, 47, 0, keeper="bank/oak")
    yield tell("bank/back", "transfer-custody", "refund", ("orders/c/prepaid@bank/oak", "orders/c/pocket", "EUR", 100))
    yield tell("order/d/line/1", "transfer-all-rights", "sale", (BARS, "orders/d/parcels@hubs/oak", "bar", 10),
               ("orders/d/debts", f"{OAK}/debt", "EUR@orders/d", 3_000))  # fmt: skip
    yield tell("order/d/written off", "lower", "debt", (f"{OAK}/debt", "orders/d/debts", "EUR@orders/d", 3_000))
    yield tell("stripe/dispute-b", "transfer", "dispute", (f"{OP}/float@{AT_STRIPE}", "orders/b/pocket", "EUR", 5_000),
               (f"{OP}/float@{AT_STRIPE}", "processors/stripe/pocket", "EUR", 1_500),
               (f"{OP}/losses", f"{OP}/owes", M, 6_500))  # fmt: skip
    yield tell("dispute/b/aside", "transfer-all-rights", "dispute", (EARNED, f"{OAK}/disputed/b", O, 4_400))
    till = queries.balance_of(f"{OAK}/till@{AT_STRIPE}", "EUR")
    for key, giver, taker in (
        ("stripe/tr", f"{OAK}/till@{AT_STRIPE}", f"{OAK}/till@stripe/oak"),
        ("stripe/po", f"{OAK}/till@stripe/oak", f"{OAK}/till@way/oak"),
    ):  # fmt: skip
        yield tell(key, "transfer-custody", "sweep", (giver, taker, "EUR", till))
    yield tell("stripe/po-failed", "transfer-custody", "sweep",
               (f"{OAK}/till@way/oak", f"{OAK}/till@stripe/oak", "EUR", till), undoes="stripe/po")  # fmt: skip
    yield tell("stripe/po-2", "transfer-custody", "sweep",
               (f"{OAK}/till@stripe/oak", f"{OAK}/till@way/oak", "EUR", till))  # fmt: skip
    yield tell("bank/po-2", "transfer-custody", "sweep",
               (f"{OAK}/till@way/oak", f"{OAK}/till@bank/oak", "EUR", till))  # fmt: skip


def settling() -> Iterator[str]:
    """The week's division; Fern's share climbs to its lot, is divided there, and everyone is paid out."""
    earned = queries.balance_of(EARNED, O)
    yield tell("divide/w1/bars/EUR", "transfer-all-rights", "share", (EARNED, f"{OAK}/free", O, 3_000),
               (EARNED, f"{BEN}/purse", O, 6_000), (EARNED, "commons/recipe/purse", O, 500),
               (EARNED, f"{OAK}/reserve", O, 1_500), (EARNED, f"{FERN}/earned/dry", O, earned - 11_000))  # fmt: skip
    yield tell("divide/w1/bars/HOUR", "transfer-all-rights", "share", (EARNED, f"{BEN}/purse", f"HOUR@{OAK}", 100))
    yield tell("payout/hours", "transfer", "payout", (f"{OAK}/till", f"{BEN}/purse", "HOUR", 100),
               (f"{BEN}/purse", f"{OAK}/owes", f"HOUR@{OAK}", 100))  # fmt: skip
    yield tell("bank/climb", "transfer", "share",
               (f"{OAK}/till@bank/oak", f"{FERN}/till@bank/fern", "EUR", earned - 11_000),
               (f"{FERN}/earned/dry", f"{OAK}/owes", O, earned - 11_000),
               (f"{FERN}/owes", f"{FERN}/earned/dry", F, earned - 11_000))  # fmt: skip
    here = queries.balance_of(f"{FERN}/earned/dry", F)
    yield tell("divide/w1/dry/EUR", "transfer-all-rights", "share",
               (f"{FERN}/earned/dry", f"{BEN}/purse", F, here - 9_000),
               (f"{FERN}/earned/dry", "members/dov/purse", F, 8_000),
               (f"{FERN}/earned/dry", f"{FERN}/reserve", F, 1_000))  # fmt: skip
    yield tell("debt/w1/dov", "raise", "debt", (f"{FERN}/debts", "members/dov/debt", F, 700))
    yield tell("debt/w2/dov", "lower", "debt", ("members/dov/debt", f"{FERN}/debts", F, 700))
    yield tell("bank/ben", "transfer", "payout", *money_out(OAK, "bank/oak", f"{BEN}/purse", f"{BEN}/pocket", 6_000))
    yield tell(
        "bank/momo", "transfer-custody", "sweep", (f"{FERN}/till@bank/fern", f"{FERN}/till@momo/fern", "EUR", 4_000)
    )
    yield tell("momo/1", "transfer", "payout",
               *money_out(FERN, "momo/fern", "members/dov/purse", "members/dov/pocket", 4_000))  # fmt: skip
    yield tell("momo/1-back", "transfer", "payout",
               *money_in(FERN, "momo/fern", "members/dov/pocket", "members/dov/purse", 4_000),
               undoes="momo/1")  # fmt: skip


def undoing() -> Iterator[str]:
    """A part of an order is refunded after everyone was paid; a dispute is won; the float is made good."""
    yield tell("refund/a-1/undivide", "transfer-all-rights", "share", (f"{BEN}/purse", EARNED, O, 1_800),
               (f"{OAK}/reserve", EARNED, O, 450), undoes="divide/w1/bars/EUR")  # fmt: skip
    yield tell("refund/a-1/fee kept", "transfer-all-rights", "fee", (f"{OAK}/reserve", EARNED, O, 50))
    yield tell("refund/a-1/unsell", "transfer-all-rights", "refund", (EARNED, f"{OP}/purse", O, 2_300),
               ("tax/land/purse", f"{OP}/purse", O, 130),
               (f"{OP}/till@{AT_STRIPE}", f"orders/a/prepaid@{AT_STRIPE}", "EUR", 100),
               (f"{OP}/float@{AT_STRIPE}", f"orders/a/prepaid@{AT_STRIPE}", "EUR", 2_430),
               (f"{OP}/free", f"{OP}/owes", M, 100), (f"{OP}/losses", f"{OP}/owes", M, 2_430),
               undoes="order/a/line/1")  # fmt: skip
    yield tell("stripe/re-a-1", "transfer-custody", "refund",
               (f"orders/a/prepaid@{AT_STRIPE}", "orders/a/pocket", "EUR", 2_530))  # fmt: skip
    yield tell("refund/a-1/goods", "transfer-custody", "return",
               ("orders/a/goods", "orders/a/parcels@hubs/oak", "bar", 8),
               undoes="order/a/handed")  # fmt: skip
    yield tell("refund/a-1/restock", "transfer-all-rights", "return", ("orders/a/parcels@hubs/oak", BARS, "bar", 8),
               undoes="order/a/line/1")  # fmt: skip
    yield tell("stripe/dispute-b-won", "transfer", "dispute",
               ("orders/b/pocket", f"{OP}/float@{AT_STRIPE}", "EUR", 5_000),
               (f"{OP}/owes", f"{OP}/losses", M, 5_000), undoes="stripe/dispute-b")  # fmt: skip
    yield tell("dispute/b/back", "transfer-all-rights", "dispute", (f"{OAK}/disputed/b", EARNED, O, 4_400),
               undoes="dispute/b/aside")  # fmt: skip
    yield paid("e", 9_000)
    yield sell("e", 30, 9_000, 469, 360)
    yield tell("recover/e", "transfer-all-rights", "recovery",
               (f"{OAK}/till@{AT_STRIPE}", f"{OP}/float@{AT_STRIPE}", "EUR", 2_430),
               (f"{OP}/purse", f"{OAK}/owes", O, 2_430), (f"{OP}/owes", f"{OP}/losses", M, 2_430))  # fmt: skip


def later() -> Iterator[str]:
    """Below zero at the processor, a voucher, a text without end, an exchange, taxes, capital, a dividend, credit."""
    yield tell("stripe/debit", "transfer", "fee",
               (f"{FERN}/float@stripe/fern", "processors/stripe/pocket", "EUR", 200),
               (f"{FERN}/losses", f"{FERN}/owes", F, 200))  # fmt: skip
    yield tell(
        "bank/voucher", "transfer-custody", "payment", ("orders/a/pocket", "orders/a/prepaid@bank/oak", "EUR", 300)
    )
    yield tell("voucher/1", "transfer-all-rights", "voucher",
               ("orders/a/prepaid@bank/oak", "orders/c/prepaid@bank/oak", "EUR", 300))  # fmt: skip
    writing, book = f"{OAK}/processes/book", f"{OAK}/lots/book@hubs/oak"
    yield tell("book/ben", "work", "making", (f"{BEN}/work/share", writing, "min", 900))
    yield tell("book/out", "produce", "making", (writing, book, "release", 1), (writing, book, "part", 10_000))
    yield tell("order/c/line/2", "transfer", "sale", ("orders/c/prepaid@bank/oak", f"{OAK}/till@bank/oak", "EUR", 300),
               (f"{OAK}/owes", f"{OAK}/earned/book", O, 300),
               (f"{OAK}/copies/book", "orders/c/goods", "copy", 1))  # fmt: skip
    yield tell("bank/exchange", "transfer", "exchange",
               (f"{FERN}/till@bank/fern", "processors/bank/pocket", "EUR", 1_000),
               ("processors/bank/pocket", f"{FERN}/till@bank/fern", "XOF", 6_400),
               (f"{FERN}/free", f"{FERN}/owes", F, 1_000),
               (f"{FERN}/owes", f"{FERN}/free", f"XOF@{FERN}", 6_400))  # fmt: skip
    due = queries.balance_of("tax/land/purse", O)
    yield tell("bank/tax", "transfer", "tax", *money_out(OAK, "bank/oak", "tax/land/purse", "tax/land/pocket", due))
    yield tell("bank/capital", "transfer", "capital",
               *money_in(OAK, "bank/oak", f"{BEN}/pocket", f"{OAK}/free", 5_000))  # fmt: skip
    yield tell("capital/ben", "raise", "capital", (f"{OAK}/debts", f"{BEN}/capital", O, 5_000))
    yield tell(
        "capital/ben/back", "lower", "capital", (f"{BEN}/capital", f"{OAK}/debts", O, 5_000), undoes="capital/ben"
    )
    yield tell("capital/ben/due", "transfer-all-rights", "capital", (f"{OAK}/free", f"{BEN}/purse", O, 5_000))
    yield tell("dividend/1", "transfer-all-rights", "dividend", (f"{FERN}/free", f"{BEN}/purse", F, 60))
    yield tell("royalty/1", "transfer-all-rights", "royalty", ("commons/recipe/purse", "commons/care/purse", O, 50))
    yield tell("credit/1", "transfer", "credit", (f"{CLEO}/purse", f"{BEN}/purse", "HOUR", 50))
    failing = f"{OAK}/processes/failed"
    yield tell("failed/in", "consume", "making", (f"{OAK}/lots/butter-a@hubs/oak", failing, "g", 4_000))
    yield tell("failed/out", "produce", "loss", (failing, "nature/soil/body", "g", 4_000))


def wet(number: int) -> str:
    return f"{FERN}/lots/wet-{number}@hubs/fern"


def dry(hub: str = "hubs/fern") -> str:
    return f"{FERN}/lots/dry@{hub}"


DRYING, BARRING = f"{FERN}/processes/dry", f"{OAK}/processes/bars"
BOUGHT, SUGAR = f"{OAK}/lots/dry-b@hubs/oak", f"{OAK}/lots/sugar@hubs/oak"
BARS, BUTTER, EARNED = f"{OAK}/lots/bars@hubs/oak", f"{OAK}/lots/butter@hubs/oak", f"{OAK}/earned/bars"
CHAPTERS = (beginning, farms, making, selling, settling, undoing, later)


def season() -> Iterator[str]:
    """The whole of it, entry by entry: declare first."""
    for chapter in CHAPTERS:
        yield from chapter()
