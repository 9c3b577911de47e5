"""One season of one cooperative: from the farms' deliveries to what each was paid, through the services."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

from config.demo.goods import Step, Story
from config.demo.recipes import Recipes
from cooperatives.queries import deliveries
from cooperatives.rules.shares import apportion
from cooperatives.services.contributions import correct_quantity, give_goods, give_work
from cooperatives.services.energy import use_energy
from cooperatives.services.lots import take_off_lot
from cooperatives.services.making import Output, finish_process, put_in, start_process
from cooperatives.services.money import buy_goods, move_money
from cooperatives.services.remarks import answer, object_to
from cooperatives.services.tools import add_tool, use_tool
from ledger.queries import balance_of
from market.queries import purses_to_pay
from market.services.catalogue import list_lot, publish_listing, withdraw_listing
from market.services.checkout import Buyer, place_order
from market.services.orders import hand_over
from market.services.payments import receive_payment
from market.services.payouts import pay_purse
from market.services.settlements import divide_period

if TYPE_CHECKING:
    from cooperatives.models import Cooperative, Lot, Membership, Process
    from market.models import Listing, Order

BUYERS = (
    "Cleo",
    "Marie",
    "Ahmed",
    "Ruth",
    "Ivo",
    "Aylin",
    "Tomás",
    "Hanna",
    "Léon",
    "Wanda",
    "Noor",
    "Pia",
    "Eli",
    "Rosa",
)


@dataclass
class Season:
    """A cooperative's people at work. `number` makes keys and chance its own; time passes as things are done."""

    story: Story
    cooperative: Cooperative
    people: dict[str, Membership]
    farms: list[Membership]
    number: int
    now: datetime
    recipes: Recipes = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"{self.story.slug} {self.number}")
        self.keys: Iterator[int] = count(1)
        self.hub = self.cooperative.hubs.get(slug=self.story.slug)
        by_role = {role: m for m in reversed(self.people.values()) for role in m.roles}
        self.steward, self.clerk = by_role["steward"], by_role.get("clerk", by_role["steward"])
        self.treasurer = next(m for m in self.people.values() if "treasurer" in m.roles and m != self.steward)
        self.makers = [m for m in self.people.values() if "auditor" not in m.roles]
        self.hour = timedelta(hours=1) * 8 / max(8, self.story.offer.buyers)  # many buyers come closer together

    def key(self, kind: str) -> str:
        return f"demo/{self.story.slug}/{self.number}/{kind}/{next(self.keys)}"

    def later(self, **units: int) -> datetime:
        self.now += timedelta(**(units or {"minutes": 7}))
        return self.now

    def after(self, hours: int) -> datetime:
        self.now += hours * self.hour
        return self.now

    def deliver(self) -> Lot | None:
        """Every farm brings its part; one weight is read wrongly and put right before anything is made of it."""
        raw = self.story.raw
        if raw is None:
            return None
        sizes = {farm.address: int(1_000 * self.chance.lognormvariate(0, 0.6)) + 1 for farm in self.farms}
        shares = apportion(raw.quantity, sizes)
        code, lot, wrong = None, None, self.chance.choice(self.farms).address
        for farm in self.farms:
            key, slip = self.key("delivery"), 2_000 if farm.address == wrong else 0
            lot = give_goods(
                by=self.clerk, giver=farm, goods=raw.goods, unit=raw.unit, quantity=shares[farm.address] + slip,
                hub=self.hub, lot_code=code, at=self.later(), key=key,
            )  # fmt: skip
            code = lot.code
            if slip:
                weighing = deliveries(self.cooperative, reader=None, last=1)[0].weighing
                object_to(
                    by=farm, weighing=weighing, net=shares[farm.address], at=self.later(),
                    text="My own scale said less. Was the crate on yours?",
                )  # fmt: skip
                answer(by=self.clerk, weighing=weighing, text="It was. I forgot its weight.", at=self.later())
                correct_quantity(
                    by=self.steward, entry=key, quantity=shares[farm.address], at=self.later(),
                    key=self.key("correction"), reason="The crate was weighed with the goods.",
                )  # fmt: skip
        return lot

    def make(self, lot: Lot | None) -> Lot:
        """Each step takes the whole lot of the one before it."""
        for step in self.story.steps:
            lot = self._step(step, lot)
        assert lot is not None, "a story has a step"
        return lot

    def _step(self, step: Step, lot: Lot | None) -> Lot:
        process = start_process(
            by=self.steward, cooperative=self.cooperative, name=step.name, recipe=self.recipes.get(step.name),
            at=self.later(hours=5),
        )  # fmt: skip
        inputs = [] if lot is None else [lot]
        for bought in step.bought:
            inputs.append(buy_goods(
                by=self.steward, supplier=bought.supplier, place=bought.place, goods=bought.goods, unit=bought.unit,
                quantity=bought.quantity, hub=self.hub, net=bought.net, keeper=f"bank/{self.story.slug}",
                statement_line=self.key("bought").replace("/", "-"), at=self.later(),
            ))  # fmt: skip
        for each in inputs:
            put_in(
                by=self.steward,
                process=process,
                lot=each,
                quantity=balance_of(each.address, each.unit),
                at=self.later(),
                key=self.key("in"),
            )
        for kind, minutes in step.minutes.items():
            for maker, part in zip(self.makers, _parts(minutes, len(self.makers)), strict=True):
                give_work(
                    by=maker,
                    worker=maker,
                    process=process,
                    minutes=part,
                    kind=kind,
                    at=self.later(),
                    key=self.key("work"),
                )
        self._power(step, process)
        self.later(days=step.days)
        outputs = [Output(None, m.goods, m.unit, m.quantity, self.hub, m.parts) for m in step.makes]
        return finish_process(
            by=self.steward,
            process=process,
            outputs=outputs,
            rest_to=step.rest_to,
            at=self.later(),
            key=self.key("out"),
        )[0]

    def _power(self, step: Step, process: Process) -> None:
        """Each season takes a little more or less energy than the recipe says."""
        for each in step.power:
            use_energy(
                by=self.steward, process=process, source=each.source, origin=each.origin, place=each.place,
                watt_hours=each.watt_hours * (97 + 3 * self.number) // 100, at=self.later(), key=self.key("energy"),
            )  # fmt: skip
        for name, minutes in step.tools.items():
            tool = add_tool(by=self.steward, cooperative=self.cooperative, name=name, at=self.now)
            use_tool(
                by=self.steward, process=process, tool=tool, minutes=minutes, at=self.later(), key=self.key("tool")
            )

    def sell(self, lot: Lot, *, stays_open: bool) -> Listing:
        """Listed, bought by several, paid in cash or by transfer, handed over; the last season's shelf stays filled."""
        offer, slug = self.story.offer, self.story.slug
        listing = list_lot(
            by=self.steward, lot=lot, title=offer.title, price=offer.price, currency=self.cooperative.currency,
            unit_quantity=offer.unit_quantity, vat_rate=offer.vat_rate, kind=offer.kind, description=self.story.told(),
            at=self.later(days=1), **offer.facts,
        )  # fmt: skip
        listing = publish_listing(by=self.steward, listing=listing, at=self.later())
        for pieces in _parts(offer.pieces_sold, offer.buyers):
            buyer = self.chance.choice(BUYERS)
            way = self.chance.choice(["pickup", "bank"])
            order = place_order(
                cart={str(listing.pk): pieces}, buyer=Buyer(buyer, f"{buyer.lower()}@post.example"), way=way,
                at=self.after(9), key=self.key("order"),
            )  # fmt: skip
            self._take(order, way, f"{slug}-{self.number}-{order.pk}")
        if not stays_open:
            withdraw_listing(by=self.steward, listing=listing, at=self.later())
        return listing

    def _take(self, order: Order, way: str, line: str) -> None:
        receive_payment(
            by=self.steward, order=order, way="cash" if way == "pickup" else "bank",
            amount=order.total, at=self.after(3), statement_line=line,
        )  # fmt: skip
        if way == "bank":
            hand_over(by=self.steward, order=order, at=self.after(20))

    def go_on(self, listing: Listing, *, at: datetime) -> None:
        """What is under way when somebody looks: goods promised to buyers, the next deliveries, of which a
        little spoiled, a process begun."""
        self.now = at
        for pieces in (2, 1):
            buyer = self.chance.choice(BUYERS)
            place_order(
                cart={str(listing.pk): pieces}, buyer=Buyer(buyer, f"{buyer.lower()}@post.example"), way="pickup",
                at=self.later(), key=self.key("order"),
            )  # fmt: skip
        if raw := self.story.raw:
            lot = None
            for farm in self.farms[:3]:
                lot = give_goods(
                    by=self.clerk, giver=farm, goods=raw.goods, unit=raw.unit, hub=self.hub,
                    lot_code=lot.code if lot else None, at=self.later(), key=self.key("delivery"),
                    quantity=raw.quantity // 20 + self.chance.randrange(raw.quantity // 40),
                )  # fmt: skip
            assert lot is not None, "a story that brings goods in has farms"
            take_off_lot(
                by=self.clerk, lot=lot, quantity=raw.quantity // 500, reason="spoiled", at=self.later(),
                key=self.key("spoiled"),
            )  # fmt: skip
        step = self.story.steps[0]
        process = start_process(
            by=self.steward, cooperative=self.cooperative, name=step.name, recipe=self.recipes.get(step.name),
            at=self.later(),
        )  # fmt: skip
        give_work(
            by=self.clerk, worker=self.clerk, process=process, minutes=50, kind=next(iter(step.minutes)),
            at=self.later(), key=self.key("work"),
        )  # fmt: skip

    def settle(self) -> None:
        """The period is divided by the agreement; purses are paid in cash or by transfer, by two persons."""
        at = self.later(days=1)
        divide_period(by=self.treasurer, cooperative=self.cooperative, upto=at.date(), at=at)
        self._bring_cash_to_the_bank()
        for n, due in enumerate(purses_to_pay(self.cooperative)):
            if due.owner.startswith("members/") and self.chance.random() < 0.8:
                pay_purse(
                    by=self.treasurer, approved_by=self.steward, owner=due.owner, amount=due.quantity,
                    currency=self.cooperative.currency, keeper=f"bank/{self.story.slug}",
                    statement_line=f"payout-{self.number}-{n}", evidence="Seen in the statement of the bank",
                    at=self.later(),
                )  # fmt: skip

    def _bring_cash_to_the_bank(self) -> None:
        box = f"cash/{self.story.slug}"
        if cash := balance_of(f"{self.cooperative.address}/till@{box}", self.cooperative.currency):
            move_money(
                by=self.treasurer, source=box, target=f"bank/{self.story.slug}", amount=cash,
                statement_line=f"{self.story.slug}-cash-{self.number}", at=self.later(),
            )  # fmt: skip


def _parts(total: int, n: int) -> list[int]:
    """`total` in `n` uneven whole parts, none empty."""
    weights = {f"{i:03}": 3 + i % 4 for i in range(n)}
    return list(apportion(total, weights).values())
