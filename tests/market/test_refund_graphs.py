"""Random cooperatives that sell one another's goods on, and random refunds: told to the laws of the journal, entry by
entry, without a database. What was divided and paid on comes back along the same ways, to the smallest unit."""

import random
from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime
from itertools import count
from uuid import UUID

import pytest

from cooperatives.rules.shares import apportion
from ledger.rules.entries import Draft, Flow, Recorded, claim
from ledger.rules.laws import Books
from ledger.rules.readings import net_flows
from market.rules.cards import PLATFORM, fee_drafts, fee_shares, given_back_draft
from market.rules.climbs import Behind, Divided, PaidOn, offset_draft, pay_on_draft
from market.rules.parts import whole
from market.rules.refunds import TakenBack, left_of, parts_of, take_from
from market.rules.sales import SoldLine, division_draft, payment_draft, payout_draft, sale_draft

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
OPERATOR, SYSTEM = "operators/market", ("operators/market",)
MONEYS = {"XOF": 0, "EUR": 2, "KWD": 3}


class Graph:
    """Cooperatives, lots that hold others' lots, and everything that happens to what they earn."""

    def __init__(self, seed: int, money: str) -> None:
        self.chance, self.money = random.Random(seed), money
        self.books, self.entries = Books(), list[Recorded]()
        self.undone: dict[UUID, list[Recorded]] = defaultdict(list)
        self.numbers = count(1)
        self.coops = [f"coops/c{n}" for n in range(self.chance.randint(2, 4))]
        # A lot may hold any earlier lot of another cooperative: no cooperative's goods come back to it as its own past.
        self.lots = [(self.chance.choice(self.coops), f"l{n}") for n in range(self.chance.randint(3, 7))]
        self.agreements = {lot: self._agreement(n) for n, lot in enumerate(self.lots)}
        self.lines: list[tuple[SoldLine, int, UUID]] = []
        self.taken: dict[int, list[dict[str, int]]] = defaultdict(list)
        self._declare()

    def _agreement(self, n: int) -> dict[str, int]:
        coop, _name = self.lots[n]
        weights = {f"members/{coop.removeprefix('coops/')}-{m}/purse": self.chance.randint(1, 9) for m in range(3)}
        weights |= {f"{coop}/reserve": self.chance.randint(0, 4), "commons/shade/purse": self.chance.randint(0, 4)}
        for owner, name in self.lots[:n]:
            if owner != coop and self.chance.random() < 0.7:
                weights[f"{owner}/earned/{name}"] = self.chance.randint(1, 30)
        return weights

    def _declare(self) -> None:
        for code, family, exponent in [*((m, "money", e) for m, e in MONEYS.items()), ("bar", "thing", 0)]:
            self.books.record(
                {"type": "document", "kind": "unit", "id": code, "version": 1, "at": AT.isoformat(),
                 "body": {"family": family, "exponent": exponent, "grams": None}}
            )  # fmt: skip
        people = {a.partition("/purse")[0] for w in self.agreements.values() for a in w if a.endswith("/purse")}
        for owner in {*self.coops, *people, OPERATOR, "tax/xx", "processors/stripe", "funders/f", "members/stock"}:
            self.books.record({"type": "owner", "owner": owner, "place": None})
        for coop in self.coops:  # money in the box, to pay with
            name = coop.partition("/")[2]
            unit, much = claim(self.money, coop), 10**9
            flows = (
                Flow("funders/f/pocket", f"{coop}/till@cash/{name}", self.money, much),
                Flow(f"{coop}/owes", f"{coop}/free", unit, much),
            )
            self.tell(Draft(f"cash/{name}/0", "transfer", "capital", flows, AT, SYSTEM))
        for coop, lot in self.lots:
            flow = Flow("members/stock/harvest", f"{coop}/lots/{lot}@hubs/h", "bar", 10**6)
            self.tell(Draft(f"fill/{lot}", "transfer", "delivery", (flow,), AT, SYSTEM))

    def tell(self, *drafts: Draft) -> list[Recorded]:
        told = []
        for draft in drafts:
            entry_id = UUID(int=next(self.numbers))
            self.books.record_entry(draft, entry_id)
            token = len(self.entries) + 1
            told.append(
                Recorded(token, entry_id, draft.key, draft.action, draft.purpose, draft.at, draft.at, draft.by,
                         draft.evidence, draft.undoes, draft.flows)
            )  # fmt: skip
            self.entries.append(told[-1])
            if draft.undoes:
                self.undone[draft.undoes].append(told[-1])
        return told

    def left(self, entry: Recorded) -> list[Flow]:
        found = net_flows([entry, *self.undone[entry.id]])
        return [Flow(f.taker, f.giver, f.unit, f.quantity) for f in found if f.token == entry.token]

    def balance(self, account: str, unit: str) -> int:
        return self.books.balance[account, unit]

    # What the services ask of the database ---------------------------------------------------------------------

    def behind(self) -> Behind:
        return Behind(self._rooms, self._division_after, self._payments)

    def _rooms(self, accounts: Collection[str], unit: str) -> dict[str, int | None]:
        return {one: None if one.startswith("tax/") else self.balance(one, unit) for one in accounts}

    def _division_after(self, earned: str, money: str, token: int) -> Divided | None:
        for entry in self.entries:
            if entry.token > token and entry.key.startswith("divide/") and entry.flows[0].giver == earned:
                left: dict[str, int] = defaultdict(int)
                for flow in self.left(entry):
                    left[flow.giver] += flow.quantity
                return Divided(entry.id, entry.token, dict(left))
        return None

    def _payments(self, debtor: str, earned: str, money: str) -> list[PaidOn]:
        owed, unit = claim(money, debtor), claim(money, earned.partition("/earned/")[0])
        return [
            PaidOn(e.id, e.token, sum(f.quantity for f in self.left(e) if f.giver == earned and f.unit == unit))
            for e in self.entries
            if e.undoes is None
            and any(f.giver == earned and f.unit == owed for f in e.flows)
            and any(f.taker == earned and f.unit == unit for f in e.flows)
        ]

    # What happens ----------------------------------------------------------------------------------------------

    def sell(self) -> None:
        coop, lot = self.chance.choice([*self.lots, *self.lots[-2:]])
        price = self.chance.choice([self.chance.randint(1, 60), self.chance.randint(1, 90_000)])
        vat = self.chance.randint(0, price // 6)
        commission = self.chance.randint(0, (price - vat) // 10)
        number = next(self.numbers)
        line = SoldLine(f"orders/o{number}", 1, coop, lot, "hubs/h", "bar", 1, price, vat, commission, "tax/xx",
                        self.money)  # fmt: skip
        self.books.record({"type": "owner", "owner": line.order, "place": None})
        key = f"stripe/market/ch_{number}"
        paid = payment_draft(key=key, order=line.order, keeper=PLATFORM, money=self.money, amount=price, at=AT,
                             by=SYSTEM, evidence="invoice")  # fmt: skip
        sale = self.tell(paid, sale_draft(line, operator=OPERATOR, paid={PLATFORM: whole(line)}, at=AT, by=SYSTEM))[1]
        shares, _left = fee_shares(self.chance.randint(0, 40), [line])
        self.tell(*fee_drafts(key=key, lines=[line], shares=shares, money=self.money, at=AT, by=SYSTEM))
        self.lines.append((line, shares[1], sale.id))

    def divide(self) -> None:
        """A cooperative divides its period: all that its lots earned."""
        coop = self.chance.choice(self.coops)
        for lot in (name for owner, name in self.lots if owner == coop):
            unit, earned = claim(self.money, coop), f"{coop}/earned/{lot}"
            if amount := self.balance(earned, unit):
                parts = apportion(amount, self.agreements[coop, lot])
                key = f"divide/{next(self.numbers)}"
                self.tell(
                    division_draft(key=key, pot=f"{coop}/earned/{lot}", money=self.money, parts=parts, at=AT, by=SYSTEM)
                )
                for other in parts:
                    if "/earned/" in other:
                        self.offset(coop, other)

    def offset(self, debtor: str, earned: str) -> None:
        owned = self.balance(f"{debtor}/purse", claim(self.money, earned.partition("/earned/")[0]))
        if amount := min(owned, self.balance(earned, claim(self.money, debtor))):
            losses = max(0, -self.balance(f"{debtor}/losses", claim(self.money, debtor)))
            key = f"offset/{next(self.numbers)}"
            self.tell(offset_draft(key=key, debtor=debtor, earned=earned, money=self.money, amount=amount,
                                   losses=losses, at=AT, by=SYSTEM))  # fmt: skip

    def pay_on(self) -> None:
        debtor = self.chance.choice(self.coops)
        for owner, name in self.lots:
            held = self.balance(f"{owner}/earned/{name}", claim(self.money, debtor))
            if owner != debtor and held:
                amount = self.chance.choice([held, self.chance.randint(1, held)])
                where, earned = debtor.partition("/")[2], f"{owner}/earned/{name}"
                key = f"cash/{where}/{next(self.numbers)}"
                self.tell(
                    pay_on_draft(key=key, debtor=debtor, earned=earned, keeper=f"cash/{where}", money=self.money,
                                 amount=amount, at=AT, by=SYSTEM, evidence_hash="0" * 64)
                )  # fmt: skip

    def pay_out(self) -> None:
        coop = self.chance.choice(self.coops)
        name = coop.partition("/")[2]
        owner = f"members/{name}-{self.chance.randint(0, 2)}"
        held = self.balance(f"{owner}/purse", claim(self.money, coop))
        if held > 0:
            self.tell(
                payout_draft(key=f"cash/{name}/{next(self.numbers)}", holder=coop, owner=owner, keeper=f"cash/{name}",
                             money=self.money, amount=self.chance.randint(1, held), at=AT, by=SYSTEM,
                             evidence_hash="0" * 64)
            )  # fmt: skip

    def refund(self, *, whole: bool = False) -> None:
        """Parts of one to three lines are given back in one refund, as one order's lines are."""
        left = {n: left_of(parts_of(line, fee), self.taken[n]) for n, (line, fee, _sale) in enumerate(self.lines)}
        still = [n for n, parts in left.items() if sum(parts.values())]
        behind, cause = self.behind(), f"refund/{next(self.numbers)}"
        owed = {coop: self.balance(f"{OPERATOR}/purse", claim(self.money, coop)) for coop in self.coops}
        own: dict[str, int] = defaultdict(int)
        for n in still if whole else self.chance.sample(still, min(len(still), self.chance.randint(1, 3))):
            line, _fee, sale = self.lines[n]
            rest = sum(left[n].values())
            take = take_from(rest if whole else self.chance.choice([rest, self.chance.randint(1, rest)]), left[n])
            self.taken[n].append(take)
            each = TakenBack(f"{cause}/{n}", line, take, sale, OPERATOR, AT, SYSTEM)
            token = next(e.token for e in self.entries if e.id == sale)
            divided = behind.division_after(each.earned, self.money, token)
            self.tell(*each.contributor_drafts(divided, behind), *each.unsold_drafts())
            key = f"stripe/market/re_{next(self.numbers)}"
            self.tell(given_back_draft(key=key, order=line.order, money=self.money, amount=sum(take.values()), at=AT,
                                       by=SYSTEM))  # fmt: skip
            own[line.seller] += each.own
        for coop in self.coops:  # what the buyer got back is what sellers owe, and the commission: not a unit less
            assert self.balance(f"{OPERATOR}/purse", claim(self.money, coop)) - owed[coop] == own[coop]


def play(seed: int, money: str) -> None:
    graph = Graph(seed, money)
    moves = [graph.sell, graph.divide, graph.divide, graph.pay_on, graph.pay_on, graph.pay_out, graph.refund]
    graph.sell()
    for _ in range(graph.chance.randint(15, 40)):
        graph.chance.choice(moves)()
    graph.refund(whole=True)
    net: dict[tuple[str, str], int] = defaultdict(int)  # what shares gave, less what was taken back of them
    paid_on: dict[tuple[str, str], int] = defaultdict(int)
    kept: dict[str, int] = defaultdict(int)
    for entry in graph.entries:
        for giver, taker, unit, quantity in entry.flows:
            if entry.purpose == "share":
                net[giver, unit] -= quantity
                net[taker, unit] += quantity
            if entry.purpose in {"payout", "offset"} and "/earned/" in taker:
                paid_on[taker, unit] += quantity
            if entry.purpose == "refund" and "/earned/" in giver and taker.startswith("coops/"):
                paid_on[giver, unit] -= quantity
            if entry.key.endswith("fee-kept"):
                kept[unit] += quantity
    assert not any(net.values()), "whoever had a share gave it back, whole"
    assert not any(paid_on.values()), "and what was paid on is owed to who paid it"
    for line, _fee, _sale in graph.lines:
        assert graph.balance(f"{line.order}/pocket", money) == 0, "the buyer has his money"
    for coop, lot in graph.lots:
        for debtor in graph.coops:
            assert graph.balance(f"{coop}/earned/{lot}", claim(money, debtor)) == 0
    for coop in graph.coops:
        fees = sum(fee for line, fee, _sale in graph.lines if line.seller == coop)
        assert kept[claim(money, coop)] == fees, "a seller is short of what the processor kept"


@pytest.mark.quick
class TestClimbing:
    @pytest.mark.parametrize("money", MONEYS)
    def test_whatever_was_sold_on_and_in_whatever_parts_it_goes_back_everyone_is_even(self, money):
        for seed in range(60):
            play(seed, money)


@pytest.mark.soak
class TestTenThousandGraphs:
    @pytest.mark.parametrize("money", MONEYS)
    def test_of_sales_divisions_and_refunds_all_end_even(self, money):
        for seed in range(1_000, 1_000 + 10_000 // len(MONEYS) + 1):
            play(seed, money)
