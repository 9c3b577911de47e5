"""Prices: what is inside them, and what a kilogram, a litre or a piece costs.

Amounts are whole numbers of a currency's smallest part, rates are per mille. There is one rounding, half up, and it
happens once for each order line: on the line's whole price, never on one piece of it. Since tax and commission are cut
out of the price and the rest is what remains, the three always sum to it.
A deposit on a container (rules/deposits.py) stands beside the price, never inside: no rate touches it.
"""

from dataclasses import dataclass

WHOLE = 1000  # per mille

# What a shelf compares by: so many of the label's unit make the unit that the law asks for.
COMPARED = {"g": (1000, "kg"), "ml": (1000, "l"), "piece": (1, "piece")}


def half_up(numerator: int, denominator: int) -> int:
    """The whole number nearest to a fraction of two numbers not below zero; a half goes up."""
    return (2 * numerator + denominator) // (2 * denominator)


def vat_inside(price: int, rate: int) -> int:
    """The tax inside a price: 6.00 at 5.5 % (rate 55) holds 0.31."""
    return half_up(price * rate, WHOLE + rate)


def commission_of(price: int, rate: int) -> int:
    """What the operator takes of a price."""
    return half_up(price * rate, WHOLE)


@dataclass(frozen=True, slots=True)
class Split:
    """One order line's price, cut once: `rest` is what the lot earns."""

    price: int
    vat: int
    commission: int

    @property
    def rest(self) -> int:
        return self.price - self.vat - self.commission


def split_price(price: int, *, vat_rate: int, commission_rate: int) -> Split:
    """Cut a line's price. A commission never takes more than the tax leaves."""
    vat = vat_inside(price, vat_rate)
    return Split(price, vat, min(commission_of(price, commission_rate), price - vat))


def unit_price(price: int, net_quantity: int, net_unit: str) -> tuple[int, str]:
    """The price of one kilogram, litre or piece, and which of them; `net_quantity` is what `price` buys."""
    size, name = COMPARED[net_unit]
    return half_up(price * size, net_quantity), name
