"""Every kind of event is recorded, the laws hold after each entry, and what must be refused is refused."""

from collections import defaultdict
from collections.abc import Callable

import pytest

from ledger import queries
from ledger.rules import laws
from ledger.rules.entries import Address, ClaimsAndMoneyPart, MalformedEntry, NoStatementLine, NotThatAction
from ledger.rules.refusal import Refusal
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from tests.ledger.season import (
    ADA,
    BARRING,
    BARS,
    BEN,
    CLEO,
    EARNED,
    FERN,
    OAK,
    OP,
    SUGAR,
    F,
    M,
    O,
    declare,
    dry,
    money_out,
    season,
    tell,
    wet,
)  # fmt: skip

pytestmark = [pytest.mark.quick, pytest.mark.django_db]
HOLDERS = (FERN, OAK, OP)


def laws_hold() -> None:
    """Each unit sums to zero; what is held is what is owed, holder by holder, coin by coin."""
    sums: dict[str, int] = defaultdict(int)
    money: dict[tuple[str, str], int] = defaultdict(int)
    for holding in queries.balances():
        sums[holding.unit] += holding.quantity
        address, (coin, _, debtor) = Address.parse(holding.address), holding.unit.partition("@")
        if address.word in {"till", "float"} and address.owner in HOLDERS:
            money[address.owner, coin] += holding.quantity
        if debtor in HOLDERS and address.word != "owes":
            money[debtor, coin] -= holding.quantity
    assert not any(sums.values())
    assert not any(money.values())


def test_a_season_of_every_event() -> None:
    declare()
    told = []
    for key in season():
        told.append(key)
        laws_hold()
    assert len(told) == len(queries.all_entries()) > 90
    assert queries.balance_of(f"{OP}/float@stripe/market", "EUR") == 40_000 - 1_500  # the dispute's fee is gone
    assert queries.balance_of(f"{OP}/purse", O) == 0
    assert queries.balance_of(f"{BEN}/purse", O) == 5_000 - 1_800  # below what he was paid: kept back from the next
    assert queries.balance_of(dry(), "g") == 80_000 - 40_000 - 25_000
    assert queries.balance_of(BARRING, "part") == -10_000
    publish_checkpoint()
    assert verify_log().agrees


def gift(
    giver: str, taker: str, unit: str, quantity: int, action: str = "transfer", **more: str
) -> Callable[[], object]:
    return lambda: tell("x", action, "test", (giver, taker, unit, quantity), **more)


REFUSED: list[tuple[str, type[Refusal], Callable[[], object]]] = [
    ("undo a delivery already used", laws.BelowFloor, gift(wet(2), "members/dov/harvest", "g", 1, undoes="phone/2")),
    ("fill a lot already drawn from", laws.LotAlreadyDrawn, gift(f"{BEN}/harvest", wet(1), "g", 5)),
    ("feed a finished process", laws.ProcessFinished, gift(SUGAR, BARRING, "g", 1, "consume")),
    ("oversell", laws.BelowFloor, gift(dry(), "orders/e/parcels@hubs/fern", "g", 50_000, "transfer-all-rights")),
    ("divide the same earnings twice", laws.BelowFloor, gift(EARNED, f"{BEN}/purse", O, 20_000)),
    ("spend what is promised to others", laws.BelowFloor,
     lambda: tell("bank/x", "transfer", "test", *money_out(OAK, "bank/oak", f"{OAK}/free", f"{BEN}/pocket", 50_000))),
    ("same key, another body", laws.KeyHasAnotherBody,
     lambda: tell("credit/1", "transfer", "credit", (f"{CLEO}/purse", f"{BEN}/purse", "HOUR", 51))),
    ("nothing at all", MalformedEntry, lambda: tell("x", "transfer", "test")),
    ("half a cent", MalformedEntry, gift(f"{FERN}/free", f"{BEN}/purse", F, 0.5)),  # type: ignore[arg-type]
    ("a promise in the cash box", MalformedEntry, gift(f"{FERN}/free", f"{FERN}/till@cash/fern", F, 1)),
    ("another holder's reserve", MalformedEntry, gift(f"{FERN}/free", f"{OAK}/reserve", F, 1)),
    ("take back more than was given", laws.MoreThanWasGiven, gift(BARRING, f"{BEN}/work/gift", "min", 1, "lower")),
    ("call a gift a change of custody", NotThatAction,
     gift(BARS, f"{FERN}/lots/bars-x@hubs/fern", "bar", 1, "transfer-custody")),
    ("undo more than was done", laws.UndoesTooMuch,
     gift(f"{BEN}/purse", f"{CLEO}/purse", "HOUR", 51, undoes="credit/1")),
    ("refund more than was paid", laws.UndoesTooMuch,
     gift("orders/a/parcels@hubs/oak", BARS, "bar", 53, undoes="order/a/line/1")),
    ("move money without a line of a statement", NoStatementLine,
     lambda: tell("x", "transfer", "test", *money_out(FERN, "bank/fern", f"{FERN}/free", f"{ADA}/pocket", 1))),
    ("pay money and forget the claim", ClaimsAndMoneyPart,
     lambda: tell("bank/x", "transfer", "test", (f"{FERN}/till@bank/fern", f"{ADA}/pocket", "EUR", 1))),
    ("credit beyond the limit", laws.BelowFloor, gift(f"{CLEO}/purse", f"{BEN}/purse", "HOUR", 351)),
    ("make the operator owe what it does not hold", ClaimsAndMoneyPart, gift(f"{OP}/owes", f"{BEN}/purse", M, 1)),
]  # fmt: skip


def test_what_must_be_refused_is_refused_and_changes_nothing() -> None:
    declare()
    list(season())
    tell("spare", "transfer-custody", "test", ("orders/a/goods", "orders/a/parcels@hubs/oak", "bar", 60))
    before = (len(queries.all_entries()), queries.balances())
    for what, refusal, call in REFUSED:
        with pytest.raises(refusal):
            call()
            pytest.fail(f"should have been refused: {what}")
        assert (len(queries.all_entries()), queries.balances()) == before, what
