"""The laws of an entry's form: each is refused by its own name, and the entries of every day pass."""

from datetime import UTC, datetime

import pytest

from ledger.rules.entries import (
    Address,
    ClaimsAndMoneyPart,
    Draft,
    Flow,
    MalformedEntry,
    NoStatementLine,
    NotThatAction,
    refuse_malformed,
)
from ledger.rules.refusal import Refusal

pytestmark = pytest.mark.quick

AT = datetime(2026, 11, 23, tzinfo=UTC)
MONEY = frozenset({"EUR", "XOF", "HOUR"})
BEANS = "coops/fern/lots/beans-12@hubs/kumasi"
PREPAID, TILL = "orders/9q2c/prepaid@bank/fern", "coops/fern/till@bank/fern"


def check(*flows: tuple[str, str, str, int], key: str = "phone/1", action: str = "transfer", **more: object) -> None:
    refuse_malformed(Draft(key, action, "test", tuple(Flow(*f) for f in flows), AT, **more), MONEY)  # type: ignore[arg-type]


class TestAddress:
    def test_reads_its_parts(self) -> None:
        address = Address.parse(BEANS)
        assert (address.owner, address.word, address.name, address.keeper) == (
            "coops/fern",
            "lots",
            "beans-12",
            "hubs/kumasi",
        )
        assert (address.purpose, address.path, str(address), address.kind) == (
            "lots/beans-12",
            "coops/fern/lots/beans-12",
            BEANS,
            "lot",
        )

    @pytest.mark.parametrize(
        "text",
        ["", "coops/fern", "coops/fern/nothing", "people/ben/purse", "coops/Fern/free", "coops/fern/free@", "a/b/c/d/e",
         f"coops/{'x' * 41}/free", "coops/fern/free\n"]
    )  # fmt: skip
    def test_refuses_what_is_none(self, text: str) -> None:
        with pytest.raises(MalformedEntry):
            Address.parse(text)


class TestRefuseMalformed:
    def test_passes_the_entries_of_every_day(self) -> None:
        check(("members/ben/harvest", BEANS, "g", 50_000))
        check(
            (PREPAID, TILL, "EUR", 600),
            ("coops/fern/owes", "tax/fr/purse", "EUR@coops/fern", 31),
            ("coops/fern/owes", "coops/fern/earned/bars-31", "EUR@coops/fern", 569),
            action="transfer-all-rights",
        )
        check(("orders/9q2c/pocket", PREPAID, "EUR", 600), key="bank/1", action="transfer-custody")
        check(
            (TILL, "members/ben/pocket", "EUR", 262),
            ("members/ben/purse", "coops/fern/owes", "EUR@coops/fern", 262),
            key="bank/2",
        )

    @pytest.mark.parametrize(
        ("why", "flows"),
        [
            ("moves something", []),
            ("above zero", [("members/ben/harvest", BEANS, "g", 0)]),
            ("above zero", [("members/ben/harvest", BEANS, "g", -5)]),
            ("above zero", [("members/ben/harvest", BEANS, "g", 2**63)]),
            ("above zero", [("members/ben/harvest", BEANS, "g", 1.0)]),
            ("to itself", [(BEANS, BEANS, "g", 1)]),
            ("is no unit", [("members/ben/harvest", BEANS, "g ", 1)]),
            ("is no unit", [("coops/fern/owes", "members/ben/purse", "EUR@members/ben", 1)]),
            ("cannot hold EUR", [("members/ben/harvest", BEANS, "EUR", 1)]),
            ("cannot hold EUR@", [("coops/fern/owes", "coops/fern/till@cash/fern", "EUR@coops/fern", 1)]),
            ("not coops/fern's own", [("coops/fern/free", "coops/oak/reserve", "EUR@coops/fern", 1)]),
        ],
    )  # fmt: skip
    def test_refuses(self, why: str, flows: list[tuple[str, str, str, int]]) -> None:
        with pytest.raises(MalformedEntry, match=why):
            check(*flows)

    @pytest.mark.parametrize(
        "wrong",
        [{"key": ""}, {"key": "é"}, {"key": "x" * 201}, {"action": "give"}, {"evidence": "sure"}, {"by": ("Ada",)}],
    )
    def test_refuses_words_we_do_not_know(self, wrong: dict[str, object]) -> None:
        with pytest.raises(MalformedEntry):
            check(("members/ben/harvest", BEANS, "g", 1), **wrong)  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("refusal", "key", "action", "flow"),
        [
            (NotThatAction, "x/1", "transfer-custody", ("members/ben/purse", "members/ada/purse", "HOUR", 1)),
            (NotThatAction, "bank/1", "transfer-all-rights", ("orders/9q2c/pocket", PREPAID, "EUR", 1)),
            (NoStatementLine, "x/1", "transfer-custody", ("orders/9q2c/pocket", PREPAID, "EUR", 1)),
            (ClaimsAndMoneyPart, "bank/1", "transfer", ("orders/9q2c/pocket", TILL, "EUR", 1)),
            (ClaimsAndMoneyPart, "x/1", "transfer", ("coops/fern/owes", "members/ben/purse", "EUR@coops/fern", 1)),
        ],
    )
    def test_refuses_the_shape(
        self, refusal: type[Refusal], key: str, action: str, flow: tuple[str, str, str, int]
    ) -> None:
        with pytest.raises(refusal):
            check(flow, key=key, action=action)
