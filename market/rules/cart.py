"""A cart: how many pieces of which listing, before anybody says who he is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from market.rules.prices import Split, split_price

MOST = 999  # pieces of one listing in one cart

Pieces = dict[str, int]  # listing id, as sessions keep it → pieces


@dataclass(frozen=True, slots=True)
class Line:
    """So many pieces of one listing at its price each; amounts in the currency's smallest part."""

    listing: int
    pieces: int
    price_each: int
    vat_rate: int

    @property
    def price(self) -> int:
        return self.pieces * self.price_each

    def split(self, commission_rate: int) -> Split:
        return split_price(self.price, vat_rate=self.vat_rate, commission_rate=commission_rate)


def added(cart: Mapping[str, int], listing: int, pieces: int) -> Pieces:
    """The cart with so many more pieces of a listing."""
    return changed(cart, listing, cart.get(str(listing), 0) + pieces)


def changed(cart: Mapping[str, int], listing: int, pieces: int) -> Pieces:
    """The cart with exactly so many pieces of a listing; none takes it out."""
    rest = {key: count for key, count in cart.items() if key != str(listing)}
    return {**rest, str(listing): min(pieces, MOST)} if pieces > 0 else rest


def count(cart: Mapping[str, int]) -> int:
    return sum(cart.values())


def total(lines: Iterable[Line]) -> int:
    return sum(line.price for line in lines)


def vat(lines: Iterable[Line]) -> int:
    """The tax inside a cart, rounded once for each line, as the order will have it."""
    return sum(line.split(0).vat for line in lines)
