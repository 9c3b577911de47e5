"""A cooperative's own money: capital paid in, goods bought from outside, cash brought to the bank."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from cooperatives.models import Cooperative, Hub, Lot, Membership, Role
from cooperatives.services.contributions import open_lot
from cooperatives.services.people import find_place, refuse_unless
from ledger import queries as ledger
from ledger.rules.entries import KEEPERS, Draft, Flow, Recorded, claim
from ledger.rules.refusal import BadInput, NotFound
from ledger.services.journal import record_entries, record_entry, record_owner


class NoSuchKeeper(BadInput):
    """“{keeper}” keeps no money: name a bank, a cash box or mobile money, as in bank/fern."""


class AmountMissing(BadInput):
    """Say how much, above zero."""


@transaction.atomic
def pay_in_capital(
    *, by: Membership, giver: Membership, amount: int, keeper: str, statement_line: str, at: datetime
) -> None:
    """A member's share of the capital arrives at `keeper`: working money, and a promise to give it back on leaving.

    Raises NotAllowed (a treasurer or a steward records it), NoSuchKeeper, AmountMissing.
    """
    cooperative = by.cooperative
    refuse_unless(by, Role.TREASURER, Role.STEWARD, cooperative=giver.cooperative)
    refuse_money(amount, keeper)
    holder, money = cooperative.address, cooperative.currency
    owed, key = claim(money, holder), f"{keeper}/{statement_line}"
    came = (
        Flow(f"{giver.address}/pocket", f"{holder}/till@{keeper}", money, amount),
        Flow(f"{holder}/owes", f"{holder}/free", owed, amount),
    )
    promised = (Flow(f"{holder}/debts", f"{giver.address}/capital", owed, amount),)
    record_entries([
        Draft(key, "transfer", "capital", came, at, (by.address,), "invoice"),
        Draft(f"capital/{key}", "raise", "capital", promised, at, (by.address,), "two-sided"),
    ])  # fmt: skip


@transaction.atomic
def buy_goods(
    *,
    by: Membership,
    supplier: str,
    place: str | None,
    goods: str,
    unit: str,
    quantity: int,
    hub: Hub,
    net: int,
    taxes: Mapping[str, int] | None = None,
    keeper: str,
    statement_line: str,
    at: datetime,
) -> Lot:
    """Goods bought outside and paid: a lot whose cost is `net`, with input tax by tax owner (tax/fr) in `taxes`.

    `supplier` is its address in the ledger (suppliers/sugar), `place` where it is, None where nobody knows. The same
    statement line again answers the same lot. Raises NotAllowed (a treasurer or a steward buys), NoSuchKeeper,
    AmountMissing, UnknownPlace, and BelowFloor where the working money does not reach.
    """
    cooperative = by.cooperative
    refuse_unless(by, Role.TREASURER, Role.STEWARD, cooperative=cooperative)
    key = f"{keeper}/{statement_line}"
    if known := ledger.entries_by_key([key]).get(key):
        return _bought_before(cooperative, known.flows)
    if hub.cooperative_id != cooperative.pk:
        raise NotFound()
    refuse_money(min(net, quantity), keeper)
    find_place(place)
    record_owner(owner=supplier, place=place, at=at)
    lot = open_lot(cooperative.pk, goods=goods, unit=unit, hub=hub, code=None, at=at)
    holder, money, vat = cooperative.address, cooperative.currency, taxes or {}
    owed = claim(money, holder)
    record_entry(
        key=key, action="transfer", purpose="purchase", at=at, by=(by.address,), evidence="invoice",
        flows=[
            Flow(f"{holder}/till@{keeper}", f"{supplier}/pocket", money, net + sum(vat.values())),
            Flow(f"{holder}/free", f"{holder}/owes", owed, net),
            *(Flow(f"{tax}/purse", f"{holder}/owes", owed, n) for tax, n in sorted(vat.items())),
            Flow(f"{supplier}/stock", lot.address, unit, quantity),
        ],
    )  # fmt: skip
    return lot


def move_money(*, by: Membership, source: str, target: str, amount: int, statement_line: str, at: datetime) -> Recorded:
    """The cooperative's own money goes from one keeper to another, as cash brought to the bank: nobody gains or loses.

    `statement_line` is the line of the keeper that receives it. Raises NotAllowed (a treasurer or a steward moves it),
    NoSuchKeeper, AmountMissing, and BelowFloor where `source` holds less.
    """
    refuse_unless(by, Role.TREASURER, Role.STEWARD)
    refuse_money(amount, source)
    refuse_money(amount, target)
    till, money = f"{by.cooperative.address}/till", by.cooperative.currency
    return record_entry(
        key=f"{target}/{statement_line}", action="transfer-custody", purpose="sweep", at=at, by=(by.address,),
        evidence="invoice", flows=[Flow(f"{till}@{source}", f"{till}@{target}", money, amount)],
    )  # fmt: skip


def refuse_money(amount: int, keeper: str) -> None:
    word, _, name = keeper.partition("/")
    if word not in KEEPERS or not name:
        raise NoSuchKeeper(keeper=keeper)
    if amount <= 0:
        raise AmountMissing()


def _bought_before(cooperative: Cooperative, flows: tuple[Flow, ...]) -> Lot:
    (address,) = (flow.taker for flow in flows if "/lots/" in flow.taker)
    code = address.partition("@")[0].rpartition("/")[2]
    return Lot.objects.select_related("hub", "cooperative").get(cooperative=cooperative, code=code)
