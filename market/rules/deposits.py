"""The entries of deposits: paid beside the price of goods, the buyer's own until the container comes back.

A deposit is no sale: it never touches what a lot earned, no tax and no commission is taken of it, and no reading of
where money went counts it (Directive 2006/112/EC, article 92 a: outside the taxable amount while containers come back).
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from ledger.rules.entries import Draft, Flow, claim
from market.rules.cards import PLATFORM
from market.rules.parts import rank, taken_in_order
from market.rules.splits import DEPOSIT


def laid_on(deposits: Mapping[int, int], amounts: Mapping[str, int]) -> dict[int, dict[str, int]]:
    """{number of a line: {keeper: what of its deposits lies there}}: from the card first, then the bank, then cash.

    `deposits` is {number: amount}, `amounts` what each keeper received of the whole order."""
    left, out = dict(sorted(amounts.items(), key=lambda row: rank(row[0]))), dict[int, dict[str, int]]()
    for number, amount in sorted(deposits.items()):
        taken = {keeper: n for keeper, n in taken_in_order(amount, left).items() if n}
        for keeper, n in taken.items():
            left[keeper] -= n
        out[number] = taken
    return out


def deposit_key(order: str, number: int) -> str:
    """The key of the entry by which a line's deposits were taken."""
    return f"order/{order.partition('/')[2]}/deposit/{number}"


def deposit_draft(
    *, order: str, number: int, seller: str, money: str, paid: Mapping[str, int], at: datetime, by: tuple[str, ...]
) -> Draft:
    """A line's deposits lie with its seller from now on, as the buyer's own."""
    flows = [Flow(f"{order}/prepaid@{keeper}", f"{seller}/till@{keeper}", money, n) for keeper, n in paid.items()]
    flows.append(Flow(f"{seller}/owes", f"{order}/purse", claim(money, seller), sum(paid.values())))
    return Draft(deposit_key(order, number), "transfer-all-rights", DEPOSIT, tuple(flows), at, by, "invoice")


def repaid_draft(
    *, key: str, order: str, seller: str, money: str, keeper: str, amount: int, took: UUID, at: datetime,
    by: tuple[str, ...],
) -> Draft:  # fmt: skip
    """A deposit goes back out of a keeper that the seller answers for; `key` names the line of that keeper."""
    flows = (
        Flow(f"{seller}/till@{keeper}", f"{order}/pocket", money, amount),
        Flow(f"{order}/purse", f"{seller}/owes", claim(money, seller), amount),
    )
    return Draft(key, "transfer", DEPOSIT, flows, at, by, "two-sided", took)


def given_up_drafts(
    *, stem: str, order: str, seller: str, operator: str, money: str, amount: int, took: UUID, at: datetime,
    by: tuple[str, ...], is_laid_out: bool,
) -> list[Draft]:  # fmt: skip
    """A deposit goes back to a card: the seller owes the operator for it, who lays it out at once, unless the
    processor took it before (a lost dispute)."""
    owed, ours = claim(money, seller), claim(money, operator)
    flow = Flow(f"{order}/purse", f"{operator}/purse", owed, amount)
    drafts = [Draft(f"{stem}/owed", "transfer-all-rights", DEPOSIT, (flow,), at, by, "invoice", took)]
    if is_laid_out:
        flows = (
            Flow(f"{operator}/float@{PLATFORM}", f"{order}/prepaid@{PLATFORM}", money, amount),
            Flow(f"{operator}/losses", f"{operator}/owes", ours, amount),
        )
        drafts.append(Draft(f"{stem}/laid-out", "transfer-all-rights", DEPOSIT, flows, at, by, "invoice"))
    return drafts
