"""Taking a sale back, whole or in any sequence of parts: from each what the sale brought him (entries, section 4).

An amount is split over what is *left* of a line, never over the line itself: so the parts of many refunds sum to the
line, whatever their sequence, and nobody is short of a cent at the end.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cooperatives.rules.shares import apportion
from ledger.rules.entries import Draft, Flow, claim
from market.rules.cards import PLATFORM
from market.rules.climbs import Behind, Divided, Teller, undivide_drafts
from market.rules.sales import SoldLine

PARTS = ("commission", "processor", "rest", "tax")
Parts = Mapping[str, int]


def parts_of(line: SoldLine, fee: int) -> dict[str, int]:
    """Where a line's price lies once the card's fee is known."""
    return {"commission": line.commission, "processor": fee, "rest": line.rest - fee, "tax": line.vat}


def left_of(parts: Parts, taken: Iterable[Parts]) -> dict[str, int]:
    """What is left of them after what was taken back before."""
    left = dict(parts)
    for part in taken:
        for name, quantity in part.items():
            left[name] -= quantity
    return left


def take_from(amount: int, left: Parts) -> dict[str, int]:
    """An amount split over what is left."""
    return apportion(amount, dict(left))


@dataclass(frozen=True, slots=True)
class TakenBack:
    """One line of a refund or of a lost dispute, ready to be told to the journal."""

    key: str
    line: SoldLine
    take: Parts
    sale: UUID
    operator: str
    at: datetime
    by: tuple[str, ...]

    @property
    def unit(self) -> str:
        return claim(self.line.money, self.line.seller)

    @property
    def earned(self) -> str:
        return self.line.earned

    @property
    def own(self) -> int:
        """What the seller's money must make good."""
        return self.take["rest"] + self.take["processor"] + self.take["tax"]

    def contributor_drafts(self, divided: Divided | None, behind: Behind) -> list[Draft]:
        """The shares come back to the lot's earnings, from those who have them; whoever cannot is carried by the
        seller's losses first. What the processor keeps comes out of the reserve, or is a loss."""
        seller, drafts = self.line.seller, list[Draft]()
        if self.line.carrier:
            return self._carrier_drafts(behind)
        if divided and self.take["rest"]:
            drafts += undivide_drafts(
                self.earned, self.line.money, self.take["rest"], divided, behind=behind, teller=self._teller
            )
        if kept := self.take["processor"]:
            reserve = f"{seller}/reserve"
            pot = f"{seller}/losses" if behind.short(reserve, self.unit, kept) else reserve
            behind.change(pot, self.unit, -kept)
            drafts += self._draft("fee-kept", "fee", [Flow(pot, self.earned, self.unit, kept)])
        return drafts

    def _carrier_drafts(self, behind: Behind) -> list[Draft]:
        """A carrier that has taken the goods is owed its part all the same, and one that was paid before has it: the
        seller bears what is given back then."""
        rest = self.take["rest"]
        borne = rest if self.line.is_sent else behind.short(self.earned, self.unit, rest)
        behind.change(self.earned, self.unit, borne - rest)
        return self._draft("carried", "loss", [Flow(f"{self.line.seller}/losses", self.earned, self.unit, borne)])

    def unsold_drafts(self) -> list[Draft]:
        """The sale is undone: the operator's float pays the buyer at once, and the seller owes the operator for it."""
        ours, prepaid = claim(self.line.money, self.operator), f"{self.line.order}/prepaid@{PLATFORM}"
        undone = [
            *self._claims(),
            Flow(f"{self.operator}/till@{PLATFORM}", prepaid, self.line.money, self.take["commission"]),
            Flow(f"{self.operator}/free", f"{self.operator}/owes", ours, self.take["commission"]),
        ]
        # What the operator lays out undoes nothing of its own part of the sale, so it is an entry apart.
        laid_out = [
            Flow(f"{self.operator}/float@{PLATFORM}", prepaid, self.line.money, self.own),
            Flow(f"{self.operator}/losses", f"{self.operator}/owes", ours, self.own),
        ]
        return [
            *self._draft("unsell", "refund", undone, self.sale),
            *self._draft("laid-out", "refund", laid_out),
        ]

    def returned_drafts(self, keeper: str) -> list[Draft]:
        """The same where the sellers answer for the keeper themselves: each gives back out of what lies there."""
        ours, prepaid = claim(self.line.money, self.operator), f"{self.line.order}/prepaid@{keeper}"
        seller, commission = self.line.seller, self.take["commission"]
        flows = [
            Flow(f"{seller}/till@{keeper}", prepaid, self.line.money, self.own),
            Flow(self.earned, f"{seller}/owes", self.unit, self.take["rest"] + self.take["processor"]),
            Flow(f"{self.line.tax}/purse", f"{seller}/owes", self.unit, self.take["tax"]),
            Flow(f"{self.operator}/till@{keeper}", prepaid, self.line.money, commission),
            Flow(f"{self.operator}/free", f"{self.operator}/owes", ours, commission),
        ]
        return self._draft("unsell", "refund", flows, self.sale)

    def lost_drafts(self) -> list[Draft]:
        """The same where the keeper took the money before (a lost dispute): the claims follow it."""
        ours, fee = claim(self.line.money, self.operator), self.take["commission"]
        flows = [*self._claims(), Flow(f"{self.operator}/free", f"{self.operator}/losses", ours, fee)]
        till, floating = f"{self.operator}/till@{PLATFORM}", f"{self.operator}/float@{PLATFORM}"
        return [
            *self._draft("unsell", "refund", flows, self.sale),
            *self._draft("float", "float", [Flow(till, floating, self.line.money, fee)]),
        ]

    def _claims(self) -> list[Flow]:
        purse = f"{self.operator}/purse"
        return [
            Flow(self.earned, purse, self.unit, self.take["rest"] + self.take["processor"]),
            Flow(f"{self.line.tax}/purse", purse, self.unit, self.take["tax"]),
        ]

    @property
    def _teller(self) -> Teller:
        return Teller(f"{self.key}/{self.line.number}", self.at, self.by)

    def _draft(self, word: str, purpose: str, flows: Iterable[Flow], undoes: UUID | None = None) -> list[Draft]:
        return self._teller.draft(word, purpose, flows, undoes)


def recovery_draft(
    *, key: str, seller: str, operator: str, money: str, amount: int, at: datetime, by: tuple[str, ...]
) -> Draft:
    """The seller makes the operator's float good, from money of his that lies beside it."""
    flows = (
        Flow(f"{seller}/till@{PLATFORM}", f"{operator}/float@{PLATFORM}", money, amount),
        Flow(f"{operator}/purse", f"{seller}/owes", claim(money, seller), amount),
        Flow(f"{operator}/owes", f"{operator}/losses", claim(money, operator), amount),
    )
    return Draft(key, "transfer-all-rights", "recovery", flows, at, by, "invoice")


def dispute_draft(
    *, key: str, order: str, operator: str, money: str, amount: int, fee: int, at: datetime, by: tuple[str, ...]
) -> Draft:
    """The buyer's bank took the money back, and the processor its fee: a fact, out of the operator's float."""
    floating = f"{operator}/float@{PLATFORM}"
    flows = (
        Flow(floating, f"{order}/pocket", money, amount),
        Flow(floating, "processors/stripe/pocket", money, fee),
        Flow(f"{operator}/losses", f"{operator}/owes", claim(money, operator), amount + fee),
    )
    return Draft(key, "transfer", "dispute", tuple(f for f in flows if f.quantity), at, by, "invoice")


def unwanted_dispute_draft(
    *, key: str, order: str, operator: str, money: str, amount: int, fee: int, at: datetime, by: tuple[str, ...]
) -> Draft:
    """The same about money that no order wanted: it lay there for the buyer; only the fee is the operator's."""
    flows = (
        Flow(f"{order}/prepaid@{PLATFORM}", f"{order}/pocket", money, amount),
        Flow(f"{operator}/float@{PLATFORM}", "processors/stripe/pocket", money, fee),
        Flow(f"{operator}/losses", f"{operator}/owes", claim(money, operator), fee),
    )
    return Draft(key, "transfer", "dispute", tuple(f for f in flows if f.quantity), at, by, "invoice")


def dispute_won_draft(
    *, key: str, order: str, operator: str, money: str, amount: int, at: datetime, by: tuple[str, ...], undoes: UUID
) -> Draft:
    """It came back; the fee did not."""
    flows = (
        Flow(f"{order}/pocket", f"{operator}/float@{PLATFORM}", money, amount),
        Flow(f"{operator}/owes", f"{operator}/losses", claim(money, operator), amount),
    )
    return Draft(key, "transfer", "dispute", flows, at, by, "invoice", undoes)
