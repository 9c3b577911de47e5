"""The entries of money by card: whose the fee is, and what a payment that no order wants becomes."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from cooperatives.rules.shares import apportion
from ledger.rules.entries import Draft, Flow, claim
from market.rules.sales import SoldLine

THREE_DECIMALS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
PLATFORM = "stripe/market"  # the operator's account at Stripe, where every card payment arrives
PROCESSOR = "processors/stripe"


def line_key(identity: str, keeper: str = PLATFORM) -> str:
    """The key of an entry that a line of Stripe's statement tells: by the object that the line is of."""
    return f"{keeper}/{identity}"


def fee_shares(fee: int, lines: Iterable[SoldLine]) -> tuple[dict[int, int], int]:
    """What each line (by number) bears of a fee, by price and no more than its lot earned; and what is left over."""
    lines = list(lines)
    shares = apportion(fee, {f"{line.number:04}": line.price for line in lines})
    borne = {line.number: min(shares[f"{line.number:04}"], line.rest) for line in lines}
    return borne, fee - sum(borne.values())


def fee_drafts(
    *, key: str, lines: Iterable[SoldLine], shares: Mapping[int, int], money: str, at: datetime, by: tuple[str, ...]
) -> list[Draft]:
    """The fee of a charge, one entry for each seller: its money goes to the processor, out of what its lots earned."""
    sellers: dict[str, list[SoldLine]] = {}
    for line in lines:
        if shares[line.number]:
            sellers.setdefault(line.seller, []).append(line)
    drafts = []
    for seller, its in sorted(sellers.items()):
        borne = sum(shares[line.number] for line in its)
        flows = [Flow(f"{seller}/till@{PLATFORM}", f"{PROCESSOR}/pocket", money, borne)]
        pots: dict[str, int] = {}
        for line in its:
            pots[line.earned] = pots.get(line.earned, 0) + shares[line.number]
        flows += [Flow(pot, f"{seller}/owes", claim(money, seller), n) for pot, n in pots.items()]
        name = seller.partition("/")[2]
        drafts.append(Draft(f"{key}/fee/{name}", "transfer", "fee", tuple(flows), at, by, "invoice"))
    return drafts


def operator_fee_draft(*, key: str, operator: str, fee: int, money: str, at: datetime, by: tuple[str, ...]) -> Draft:
    """A fee, or a part of one, that nobody's sale bears: the operator's loss, out of its float."""
    flows = (
        Flow(f"{operator}/float@{PLATFORM}", f"{PROCESSOR}/pocket", money, fee),
        Flow(f"{operator}/losses", f"{operator}/owes", claim(money, operator), fee),
    )
    return Draft(f"{key}/fee/market", "transfer", "fee", flows, at, by, "invoice")


def given_back_draft(*, key: str, order: str, money: str, amount: int, at: datetime, by: tuple[str, ...]) -> Draft:
    """What an order had paid in goes back to the card."""
    flow = Flow(f"{order}/prepaid@{PLATFORM}", f"{order}/pocket", money, amount)
    return Draft(key, "transfer-custody", "refund", (flow,), at, by, "invoice")


def sendable(amount: int, money: str) -> int:
    """The most of an amount that Stripe moves: where a currency has three decimals the last is 0
    (docs.stripe.com/currencies, special cases)."""
    return amount - amount % 10 if money in THREE_DECIMALS else amount
