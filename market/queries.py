"""Give me: the shelf, an order, what is to be packed and paid, and where the money went. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from django.db.models import Exists, F, Max, OuterRef, Prefetch, Q, QuerySet, Sum

from cooperatives.queries.recipes import blocked, labelled_lots
from cooperatives.rules import lineage
from cooperatives.rules.agreements import Past, add_share
from cooperatives.rules.labels import LISTING
from ledger.queries import balances, entries_behind, entries_by_key, entries_touching
from ledger.rules.entries import Address, Recorded, claim
from ledger.rules.readings import NetFlow, net_flows
from ledger.rules.refusal import NotFound
from market.models import (
    BankLine,
    BankPayout,
    CreditPart,
    Division,
    Hold,
    Invoice,
    Letter,
    Listing,
    Order,
    OrderLine,
    Payout,
    Stall,
    StripeAccount,
    Token,
)
from market.rules.cards import PLATFORM
from market.rules.splits import Breakdown, Journal, SaleLine, breakdown, sale_lines, where_it_went

if TYPE_CHECKING:
    from cooperatives.models import Cooperative, Membership, RecipeLabel


class NoSuchListing(NotFound):
    """This is not on the shelf."""


class NoSuchOrder(NotFound):
    """There is no order at this address."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a visitor of the shelf looks for."""

    words: str = ""
    kinds: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    cooperative: str = ""


def on_the_shelf(
    wanted: Wanted = Wanted(), *, at: datetime, labelled: Mapping[str, list[RecipeLabel]] | None = None
) -> QuerySet[Listing]:
    """Published listings that answer what is wanted, the newest first; none of a lot whose sale a label forbids now.

    `labelled` are the labels on lots, where they were read already.
    """
    kept = [lot for lot, labels in (labelled_lots() if labelled is None else labelled).items() if asks_not(labels, at)]
    found = Listing.objects.filter(state=Listing.State.PUBLISHED).select_related("product__cooperative__place")
    found = found.exclude(lot_path__in=kept) if kept else found
    for word in wanted.words.replace("\x00", " ").split():
        found = found.filter(
            Q(title__icontains=word)
            | Q(description__icontains=word)
            | Q(origin__icontains=word)
            | Q(lot_path__icontains=word)
            | Q(product__cooperative__name__icontains=word)
        )
    if wanted.kinds:
        found = found.filter(product__kind__in=wanted.kinds)
    for allergen in wanted.without:
        found = found.exclude(allergens__contains=[allergen])
    if wanted.cooperative.isprintable() and wanted.cooperative:
        found = found.filter(product__cooperative__slug=wanted.cooperative)
    return found


def asks_not(labels: Iterable[RecipeLabel], at: datetime) -> RecipeLabel | None:
    """The label among these by which its community asks that this is not sold now."""
    return blocked(labels, LISTING, at)


def listing(pk: int) -> Listing:
    """A listing by its number, on the shelf or taken off; drafts are not there."""
    found = Listing.objects.exclude(state=Listing.State.DRAFT).filter(pk=pk)
    if row := found.select_related("product__cooperative__place", "lot__cooperative").first():
        return row
    raise NoSuchListing


def listings_of(cooperative: Cooperative) -> QuerySet[Listing]:
    """All listings of a cooperative, drafts too, the newest first."""
    found = Listing.objects.filter(product__cooperative=cooperative).select_related("product__cooperative")
    return found.order_by("-listed_at", "-pk")


def listed(cooperative: Cooperative | None = None) -> list[Listing]:
    """Every listing that ever was, of one cooperative or of all, the first first: what sales can have come from."""
    found = Listing.objects.all() if cooperative is None else Listing.objects.filter(product__cooperative=cooperative)
    return list(found.order_by("listed_at", "pk"))


def listed_as(lot: str) -> list[Listing]:
    """The listings of one lot (by path), the first first."""
    return list(Listing.objects.filter(lot_path=lot).order_by("listed_at", "pk"))


def pieces_left(listings: Iterable[Listing]) -> dict[int, int]:
    """{listing: pieces that can still be bought}: what the lot holds less what is promised, two queries for all."""
    rows = list(listings)
    addresses = {row.lot_address for row in rows}
    left: dict[tuple[str, str], int] = defaultdict(int)
    for holding in balances(addresses=addresses):
        left[holding.address, holding.unit] += holding.quantity
    for lot, promised in held(addresses).items():
        left[lot] -= promised
    return {row.pk: max(0, left[row.lot_address, row.unit]) // row.unit_quantity for row in rows}


def held(addresses: Iterable[str]) -> dict[tuple[str, str], int]:
    """{(lot at its hub, unit): quantity} promised to orders and still in the lots."""
    rows = Hold.objects.filter(lot_address__in=set(addresses)).values_list("lot_address", "unit")
    return {(address, unit): total for address, unit, total in rows.annotate(total=Sum("quantity"))}


def stall_of(cooperative: Cooperative) -> Stall | None:
    """How a cooperative meets its buyers, if it said so."""
    return Stall.objects.filter(cooperative=cooperative).first()


def stalls_of(cooperatives: Iterable[int]) -> dict[int, Stall]:
    """{cooperative: its stall} for those that have one."""
    return {stall.cooperative_id: stall for stall in Stall.objects.filter(cooperative__in=set(cooperatives))}


def _orders() -> QuerySet[Order]:
    lines = OrderLine.objects.select_related("listing__product__cooperative__place")
    return Order.objects.prefetch_related(
        Prefetch("lines", lines), Prefetch("invoices", Invoice.objects.select_related("order", "cooperative"))
    )


def order_at(token: str) -> Order:
    """The order whose secret link ends in `token`."""
    if "\x00" not in token and (found := _orders().filter(token=token).first()):
        return found
    raise NoSuchOrder


def orders_of(cooperative: Cooperative, *states: str) -> QuerySet[Order]:
    """Orders with a line that the cooperative sells, in some states or in all; the newest first."""
    sells = OrderLine.objects.filter(order=OuterRef("pk"), listing__product__cooperative=cooperative)
    found = _orders().filter(Exists(sells))
    return found.filter(state__in=states) if states else found


def order_of(cooperative: Cooperative, name: str) -> Order:
    """One order of a cooperative by its name in the ledger."""
    if found := orders_of(cooperative).filter(name=name).first():
        return found
    raise NoSuchOrder


def came_of(order: Order) -> dict[str, int]:
    """{keeper: what came of the order and lies there, before it is sold}. A card pays all that is open or nothing, so
    what lies with cards is no part but waits to be given back."""
    found: dict[str, int] = {}
    for row in balances(owner=order.owner, words=["prepaid"]):
        keeper = row.address.partition("@")[2]
        if row.unit == order.currency and keeper and keeper != PLATFORM:
            found[keeper] = row.quantity
    return found


def credit_part_of(order: Order) -> CreditPart | None:
    """The part of an order that is paid in members' credit."""
    if not any(line.worth for line in order.lines.all()):
        return None
    return CreditPart.objects.filter(order=order).select_related("circle").first()


def open_of(order: Order) -> int:
    """What of an order is still to be paid."""
    return 0 if order.is_sold else max(0, order.due - sum(came_of(order).values()))


@dataclass(frozen=True, slots=True)
class ToPack:
    """So many pieces of one listing are paid or promised and not yet picked up."""

    title: str
    hub: str
    pieces: int


def to_pack(cooperative: Cooperative) -> list[ToPack]:
    """What is to be packed for the orders that are not picked up yet, by goods."""
    lines = OrderLine.objects.filter(
        listing__product__cooperative=cooperative, order__state__in=[Order.State.PLACED, Order.State.PAID]
    )
    rows = lines.order_by("title", "hub").values_list("title", "hub").annotate(left=Sum(F("pieces") - F("returned")))
    return [ToPack(*row) for row in rows.filter(left__gt=0)]


def token_of(digest: str) -> Token | None:
    """The token of that digest, unless it was revoked or its member has left."""
    found = Token.objects.filter(digest=digest, revoked_at=None, membership__left_at=None)
    return found.select_related("membership__cooperative", "membership__member").first()


def tokens_at(by: Membership) -> list[Token]:
    """The tokens that `by` may see and revoke: the own ones, and for a steward all of the stall."""
    found = Token.objects.filter(membership__cooperative=by.cooperative).select_related("membership")
    return list(found if by.has_role("steward") else found.filter(membership=by))


def bank_lines_of(cooperative: Cooperative, *states: str) -> QuerySet[BankLine]:
    """What a cooperative's bank statements told, in some states or in all; the newest first."""
    found = BankLine.objects.filter(cooperative=cooperative).select_related("order")
    return found.filter(state__in=states) if states else found


def invoices_of(cooperative: Cooperative) -> QuerySet[Invoice]:
    """The invoices and credit notes that a cooperative wrote, the newest first."""
    return Invoice.objects.filter(cooperative=cooperative).select_related("order", "cooperative")


def invoice_at(token: str, pk: int) -> Invoice | None:
    """An invoice of the order whose secret link ends in `token`."""
    found = Invoice.objects.filter(order__token=token.replace("\x00", ""), pk=pk)
    return found.select_related("order", "cooperative").first()


def letters_of(cooperative: Cooperative) -> QuerySet[Letter]:
    """The letters about orders of a cooperative."""
    sells = OrderLine.objects.filter(order=OuterRef("order"), listing__product__cooperative=cooperative)
    return Letter.objects.filter(Exists(sells))


@dataclass(frozen=True, slots=True)
class Claim:
    """What a cooperative holds for somebody, in one currency."""

    owner: str
    currency: str
    quantity: int
    payout: Payout | None = None
    lot: str = ""  # the share of another cooperative's lot, where it is no purse


def purses_to_pay(cooperative: Cooperative) -> list[Claim]:
    """The purses, and the shares of other cooperatives' lots, that a cooperative could pay out now, the largest first;
    taxes are paid to their offices apart."""
    waiting = Payout.objects.filter(cooperative=cooperative, confirmed_at=None, dropped_at=None)
    prepared = {(p.owner, p.lot, p.currency): p for p in waiting.select_related("prepared_by")}
    found = []
    for holding in balances(words=["purse", "earned"], unit=claim(cooperative.currency, cooperative.address)):
        account = Address.parse(holding.address)
        is_own = account.owner == cooperative.address
        if holding.quantity > 0 and not is_own and account.owner_class != "tax":
            payout = prepared.get((account.owner, account.name, cooperative.currency))
            found.append(Claim(account.owner, cooperative.currency, holding.quantity, payout, account.name))
    return sorted(found, key=lambda row: (-row.quantity, row.owner))


def payouts_of(cooperative: Cooperative) -> QuerySet[Payout]:
    """What a cooperative paid or prepared to pay, the newest first."""
    return Payout.objects.filter(cooperative=cooperative).select_related("prepared_by", "confirmed_by")


def divisions_of(cooperative: Cooperative) -> QuerySet[Division]:
    """What a cooperative divided, the newest first."""
    return Division.objects.filter(cooperative=cooperative).select_related("divided_by")


def past_shares(cooperative: Cooperative, *, before: int | None = None) -> dict[str, Past]:
    """{purse: what its owner's gifts weighed in all shares of the rest so far, and what they paid}; only in divisions
    before the one of that number, where one is named."""
    past: dict[str, Past] = {}
    rows = Division.objects.filter(cooperative=cooperative, currency=cooperative.currency)
    rows = rows if before is None else rows.filter(pk__lt=before)
    for said in rows.order_by("pk").values_list("parts", flat=True):
        for to, weight in said.get("weights", {}).items():
            past[to] = add_share(past.get(to), weight=weight)
        for _n, step, to, amount, _due in said["why"] if "weights" in said else ():
            if step == "residual":
                past[to] = add_share(past.get(to), paid=amount)
    return past


def last_divisions(lots: Iterable[str]) -> dict[str, int]:
    """{lot (by path): number of its last division} for those that were ever divided."""
    found = Division.objects.filter(lot_path__in=set(lots)).values_list("lot_path")
    return dict(found.annotate(last=Max("pk")).order_by())


def claims_between(cooperative: Cooperative) -> tuple[list[Claim], list[Claim]]:
    """What other cooperatives hold for this one in its money: shares of its lots that they have yet to pay on, by lot,
    and what they owe it since a refund; `owner` is the other cooperative."""
    shares, owed = list[Claim](), list[Claim]()
    for holding in balances(owner=cooperative.address, words=["earned", "purse"]):
        money, _at, debtor = holding.unit.partition("@")
        account = Address.parse(holding.address)
        if debtor.startswith("coops/") and debtor != cooperative.address and holding.quantity > 0:
            (shares if account.word == "earned" else owed).append(
                Claim(debtor, money, holding.quantity, lot=account.name)
            )
    return shares, owed


def earnings_of(cooperative: Cooperative) -> dict[str, int]:
    """{path of a lot's earnings: amount not divided yet}, in the cooperative's own currency."""
    unit = claim(cooperative.currency, cooperative.address)
    found = balances(prefix=f"{cooperative.address}/earned/", unit=unit)
    return {row.address: row.quantity for row in found if row.quantity > 0}


@dataclass(frozen=True, slots=True)
class MoneyAtStripe:
    """A cooperative's money by cards: at the platform, in its own account, on its way to the bank."""

    platform: int
    own: int
    way: int


def money_at_stripe(cooperative: Cooperative) -> MoneyAtStripe:
    """Where a cooperative's card money lies, in its own currency."""
    money, owner = cooperative.currency, cooperative.address
    tills = [f"{owner}/till@{keeper}" for keeper in (PLATFORM, f"stripe/{cooperative.slug}")]
    way = f"{owner}/till@way/{cooperative.slug}"
    held = {row.address: row.quantity for row in balances(addresses=[*tills, way], unit=money)}
    return MoneyAtStripe(*(held.get(address, 0) for address in (*tills, way)))


def stripe_account_of(cooperative: Cooperative) -> StripeAccount | None:
    """The cooperative's account at Stripe."""
    return StripeAccount.objects.filter(cooperative=cooperative).select_related("call").first()


def bank_payouts_of(cooperative: Cooperative) -> QuerySet[BankPayout]:
    """What went from a cooperative's account at Stripe to its bank, the newest first."""
    return BankPayout.objects.filter(cooperative=cooperative)


def bank_payout_of(cooperative: Cooperative, pk: int) -> BankPayout:
    """One of them; raises NotFound."""
    found = bank_payouts_of(cooperative).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


# Where the money went ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trail:
    """The part of the journal behind some lots and orders: enough to follow their money and what is in them."""

    flows: Sequence[NetFlow]
    facts: lineage.Facts
    journal: Journal

    def went(self, lines: Iterable[SaleLine], money: str) -> Breakdown:
        """Those lines, followed to their last owners."""
        mine = [line for line in lines if line.money == money]
        return breakdown(money, where_it_went(mine, self.journal, self.costs))

    def costs(self, lot: str) -> Mapping[lineage.Payee, Fraction]:
        """Who was paid for what went into a lot (by path), and how much."""
        return lineage.costs(lot, self.facts)


def trail_behind(lots: Iterable[str] = (), *, orders: Iterable[str] = (), with_payers: bool = False) -> Trail:
    """Everything behind some lots (by path) and orders (by owner), as far back as goods, costs and shares came; and
    before them, on request, the lots of others that gave them a share: as is needed to divide it on."""
    found = entries_touching(owners=orders) if orders else []
    entries = {entry.token: entry for entry in found}
    frontier, seen = {*lots, *_lots_paid(found)}, set[str]()
    while frontier:
        # All that goods came from is found at once; only a share of another lot leads further.
        found = entries_behind(frontier, with_earnings=True)
        entries.update((entry.token, entry) for entry in found)
        seen |= _all_behind(frontier, found)
        payers = _lots_that_paid(found, frontier) if with_payers else ()
        frontier = {*_lots_paid(entry for entry in found if entry.purpose != "sale"), *payers} - seen
    charges = {e.key.partition("/fee/")[0] for e in entries.values() if "/fee/" in e.key}
    entries.update((e.token, e) for e in (entries_by_key(charges) if charges else {}).values())
    flows = net_flows(entries[token] for token in sorted(entries))
    return Trail(flows, lineage.facts(flows), Journal.of(flows))


def _lots_that_paid(entries: Iterable[Recorded], lots: Iterable[str]) -> Iterator[str]:
    """Other cooperatives' lots (by path) whose divisions gave a share to any of these lots."""
    earned = {lot.replace("/lots/", "/earned/") for lot in lots}
    for entry in entries:
        for flow in entry.flows if entry.purpose == "share" else ():
            if flow.taker in earned and "/earned/" in flow.giver:
                yield flow.giver.replace("/earned/", "/lots/")


def _lots_paid(entries: Iterable[Recorded]) -> Iterator[str]:
    """The lots (by path) that a purchase or a share brought money to."""
    for entry in entries:
        for flow in entry.flows:
            taker = Address.parse(flow.taker)
            if taker.word == "earned":
                yield taker.path.replace("/earned/", "/lots/")


def _all_behind(lots: Iterable[str], entries: Iterable[Recorded]) -> set[str]:
    """These lots (by path) and every lot and process that those entries made them of."""
    givers: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        for flow in entry.flows:
            giver = Address.parse(flow.giver)
            if giver.word in {"lots", "processes"}:
                givers[lineage.path_of(flow.taker)].add(giver.path)
    seen, frontier = set[str](), set(lots)
    while frontier:
        seen |= frontier
        frontier = {giver for path in frontier for giver in givers[path]} - seen
    return seen


def where_money_went(
    *,
    order: Order | None = None,
    listing: Listing | None = None,
    lot: str | None = None,
    product: int | None = None,
    cooperative: Cooperative | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    currency: str | None = None,
) -> Breakdown:
    """Every cent of some sales to its last owner: those of one order, listing, lot (by path), product (by number) or
    cooperative, from `since` to before `until`. The slices sum to what the buyers paid."""
    if order is not None:
        trail = trail_behind(orders=[order.owner])
        lines = [line for line in sale_lines(trail.flows) if line.order == order.owner]
        return trail.went(lines, currency or order.currency)
    if listing is not None:
        lots, currency = {listing.lot_path}, currency or listing.currency
    elif lot is not None:
        lots = {lot}
    elif product is not None:
        lots = set(Listing.objects.filter(product=product).values_list("lot_path", flat=True))
    elif cooperative is not None:
        lots = set(Listing.objects.filter(product__cooperative=cooperative).values_list("lot_path", flat=True))
    else:
        lots = set(Listing.objects.values_list("lot_path", flat=True))
    trail = trail_behind(lots)
    lines = lines_of(trail, lots, since=since, until=until)
    return trail.went(lines, currency or _currency_of(lines, cooperative))


def lines_of(
    trail: Trail, lots: Iterable[str], *, since: datetime | None = None, until: datetime | None = None
) -> list[SaleLine]:
    """The sales of some lots (by path), from `since` to before `until`."""
    earned = {lot.replace("/lots/", "/earned/") for lot in lots}
    return [
        line
        for line in sale_lines(trail.flows)
        if not earned.isdisjoint(line.earned)
        and (since is None or line.at >= since)
        and (until is None or line.at < until)
    ]


def _currency_of(lines: Sequence[SaleLine], cooperative: Cooperative | None) -> str:
    if cooperative is not None:
        return cooperative.currency
    return lines[0].money if lines else "EUR"
