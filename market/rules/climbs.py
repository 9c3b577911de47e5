"""Shares taken back from those who have them, on up through the lots of other cooperatives (entries, section 4).

A division may give a part to another cooperative's lot. While that part is not paid on, it comes back from there. Once
it was, those behind that lot have it: it is taken back through their own division, however far up it went, the lot's
cooperative owes it to the one that paid, and that one carries it until then.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cooperatives.rules.shares import apportion
from ledger.rules.entries import Address, Draft, Flow, claim
from ledger.rules.parts import part_key
from market.rules.settlements import seat_lot


@dataclass(slots=True)
class Divided:
    """A division that took what a lot had earned, and what of it is not taken back yet: {account: amount}. Of one among
    very many, `parts` says in which later entry an account has its share."""

    entry: UUID
    token: int
    left: dict[str, int]
    parts: Mapping[str, UUID] = field(default_factory=dict)


@dataclass(slots=True)
class PaidOn:
    """An entry by which a share was paid to another cooperative's lot, and how much of it is not taken back yet."""

    entry: UUID
    token: int
    left: int


@dataclass(slots=True)
class Behind:
    """What the books say of those who gave or received, asked once, and lessened by what the drafts so far take.

    `ask_rooms` answers how much may leave each account in a unit (None: as much as one likes), `ask_division` the next
    division of a lot's earnings (by path, in a money) after an entry, `ask_payments` what a debtor paid to them.
    """

    ask_rooms: Callable[[Collection[str], str], Mapping[str, int | None]]
    ask_division: Callable[[str, str, int], Divided | None]
    ask_payments: Callable[[str, str, str], Sequence[PaidOn]]
    rooms: dict[tuple[str, str], int | None] = field(default_factory=dict)
    divisions: dict[UUID, Divided] = field(default_factory=dict)
    payments: dict[tuple[str, str, str], Sequence[PaidOn]] = field(default_factory=dict)
    steps: int = 0

    def short(self, account: str, unit: str, quantity: int) -> int:
        """How much of that the account cannot give."""
        return self.shorts({account: quantity}, unit).get(account, 0)

    def shorts(self, wanted: Mapping[str, int], unit: str) -> dict[str, int]:
        """{account: how much of what is wanted of it the account cannot give}, for those that cannot."""
        self._learn(wanted, unit)
        rooms = {account: self.rooms[account, unit] for account in wanted}
        shorts = {a: wanted[a] - max(0, room) for a, room in rooms.items() if room is not None}
        return {account: short for account, short in shorts.items() if short > 0}

    def change(self, account: str, unit: str, quantity: int) -> None:
        self._learn([account], unit)
        room = self.rooms[account, unit]
        if room is not None:
            self.rooms[account, unit] = room + quantity

    def division_after(self, earned: str, money: str, token: int) -> Divided | None:
        found = self.ask_division(earned, money, token)
        return None if found is None else self.divisions.setdefault(found.entry, found)

    def payments_of(self, debtor: str, earned: str, money: str) -> Sequence[PaidOn]:
        asked = (debtor, earned, money)
        if asked not in self.payments:
            self.payments[asked] = self.ask_payments(*asked)
        return self.payments[asked]

    def _learn(self, accounts: Collection[str], unit: str) -> None:
        new = [account for account in accounts if (account, unit) not in self.rooms]
        if new:
            self.rooms |= {(account, unit): room for account, room in self.ask_rooms(new, unit).items()}


@dataclass(frozen=True, slots=True)
class Teller:
    """Writes drafts of one cause, whose keys go on from `stem`."""

    stem: str
    at: datetime
    by: tuple[str, ...]

    def draft(self, word: str, purpose: str, flows: Iterable[Flow], undoes: UUID | None = None) -> list[Draft]:
        """One entry, without the flows of nothing; none where nothing is left."""
        moving = tuple(flow for flow in flows if flow.quantity)
        key, action = f"{self.stem}/{word}", "transfer-all-rights"
        return [Draft(key, action, purpose, moving, self.at, self.by, "invoice", undoes)] if moving else []


def undivide_drafts(
    earned: str, money: str, amount: int, divided: Divided, *, behind: Behind, teller: Teller, where: str = ""
) -> list[Draft]:
    """That much of a division comes back to a lot's earnings (by path), from each in proportion to what he has left of
    it; whoever cannot give it is carried by the cooperative's losses first."""
    holder, unit, drafts = Address.parse(earned).owner, claim(money, Address.parse(earned).owner), list[Draft]()
    shares = {account: part for account, part in apportion(amount, divided.left).items() if part}
    carried = behind.shorts(shares, unit)
    for account, part in shares.items():
        divided.left[account] -= part
        behind.change(account, unit, carried.get(account, 0) - part)
    flows = [Flow(f"{holder}/losses", account, unit, short) for account, short in carried.items()]
    drafts += teller.draft(f"{where}carried", "loss", flows)
    origins: dict[UUID, list[Flow]] = defaultdict(list)
    for account, part in shares.items():
        origins[divided.parts.get(account, divided.entry)].append(Flow(account, earned, unit, part))
    for number, (origin, flows) in enumerate(origins.items(), 1):
        drafts += teller.draft(part_key(f"{where}undivide", number), "share", flows, origin)
    for account, short in carried.items():
        if Address.parse(account).word == "earned":
            drafts += _climb(holder, account, money, short, divided.token, behind=behind, teller=teller)
    return drafts


def _climb(
    debtor: str, earned: str, money: str, amount: int, since: int, *, behind: Behind, teller: Teller
) -> list[Draft]:
    """What `debtor` paid on to another's lot comes back from those whom it reached: they owe it to him from now on.

    What was paid after the division is taken first; an older payment stands in where that one was settled by offset.
    """
    holder, drafts = Address.parse(earned).owner, list[Draft]()
    unit = claim(money, holder)
    for paid in sorted(behind.payments_of(debtor, earned, money), key=lambda row: (row.token < since, row.token)):
        part = min(amount, paid.left)
        if not part:
            continue
        behind.steps += 1
        where = f"up/{behind.steps}/"
        if divided := behind.division_after(earned, money, paid.token):
            drafts += undivide_drafts(earned, money, part, divided, behind=behind, teller=teller, where=where)
        flow = Flow(earned, f"{debtor}/purse", unit, part)
        drafts += teller.draft(f"{where}owed", "refund", [flow], paid.entry)
        behind.change(f"{debtor}/purse", unit, part)
        paid.left -= part
        amount -= part
    return drafts


def offset_draft(
    *, key: str, debtor: str, earned: str, money: str, amount: int, losses: int, at: datetime, by: tuple[str, ...]
) -> Draft:
    """A share of another's lot is paid by what its cooperative owes the debtor since a refund: no money moves, and
    what the debtor carried (`losses`) is filled first."""
    holder, ours = Address.parse(earned).owner, claim(money, debtor)
    filled = min(amount, losses)
    flows = (
        Flow(earned, f"{debtor}/losses", ours, filled),
        Flow(earned, f"{debtor}/free", ours, amount - filled),
        Flow(f"{debtor}/purse", earned, claim(money, holder), amount),
    )
    moving = tuple(flow for flow in flows if flow.quantity)
    return Draft(key, "transfer-all-rights", "offset", moving, at, by)


def pay_on_draft(
    *, key: str, debtor: str, earned: str, keeper: str, money: str, amount: int, at: datetime, by: tuple[str, ...],
    evidence_hash: str,
) -> Draft:  # fmt: skip
    """A share is paid on in money: the lot that has it earns it in its own cooperative's books, to be divided there."""
    holder = Address.parse(earned).owner
    flows = (
        Flow(f"{debtor}/till@{keeper}", f"{holder}/till@{_keeper_of(keeper, holder)}", money, amount),
        Flow(earned, f"{debtor}/owes", claim(money, debtor), amount),
        Flow(f"{holder}/owes", earned, claim(money, holder), amount),
    )
    return Draft(key, "transfer", "payout", flows, at, by, "two-sided", evidence_hash=evidence_hash)


def seat_paid_draft(
    *, key: str, holder: str, seat: str, society: str, keeper: str, money: str, amount: int, at: datetime,
    by: tuple[str, ...], evidence_hash: str,
) -> Draft:  # fmt: skip
    """What a union holds for a member cooperative is paid: out of the purse of its seat there, and booked on as earned
    by that seat, to be divided by its own agreement, so that no cent of it leaves what the books see."""
    earned = seat_lot(society, seat).replace("/lots/", "/earned/")
    flows = (
        Flow(f"{holder}/till@{keeper}", f"{society}/till@{_keeper_of(keeper, society)}", money, amount),
        Flow(f"{seat}/purse", f"{holder}/owes", claim(money, holder), amount),
        Flow(f"{society}/owes", earned, claim(money, society), amount),
    )
    return Draft(key, "transfer", "payout", flows, at, by, "two-sided", evidence_hash=evidence_hash)


def pay_back_draft(
    *, key: str, holder: str, creditor: str, keeper: str, money: str, amount: int, losses: int, at: datetime,
    by: tuple[str, ...], evidence_hash: str,
) -> Draft:  # fmt: skip
    """What a cooperative owed another since a refund is paid in money, and fills what that one carried (`losses`)
    first."""
    ours, theirs = claim(money, holder), claim(money, creditor)
    filled = min(amount, losses)
    flows = (
        Flow(f"{holder}/till@{keeper}", f"{creditor}/till@{_keeper_of(keeper, creditor)}", money, amount),
        Flow(f"{creditor}/purse", f"{holder}/owes", ours, amount),
        Flow(f"{creditor}/owes", f"{creditor}/losses", theirs, filled),
        Flow(f"{creditor}/owes", f"{creditor}/free", theirs, amount - filled),
    )
    moving = tuple(flow for flow in flows if flow.quantity)
    return Draft(key, "transfer", "payout", moving, at, by, "two-sided", evidence_hash=evidence_hash)


def _keeper_of(keeper: str, holder: str) -> str:
    """The same kind of keeper, where another cooperative has one: bank/oak pays into bank/fern."""
    return f"{keeper.partition('/')[0]}/{holder.partition('/')[2]}"
