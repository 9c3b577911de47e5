"""How people say quantities: kilograms of the ledger's grams, hours of its minutes; anything else by its own name."""

from typing import NamedTuple

from ledger.rules.amounts import format_quantity, parse_quantity


class Measure(NamedTuple):
    """What a person writes for a unit: its symbol, and how many decimals of it the ledger's unit is."""

    symbol: str
    exponent: int


SPOKEN = {"g": Measure("kg", 3), "ml": Measure("l", 3), "Wh": Measure("kWh", 3), "mm": Measure("m", 3)}


def measure_of(unit: str) -> Measure:
    """The measure people use for `unit`: kg for g; the unit itself, counted whole, where nothing else is usual."""
    return SPOKEN.get(unit, Measure(unit, 0))


def read_measure(text: str, unit: str, decimal_mark: str = ".") -> int:
    """The quantity in `unit` that a person wrote in its measure: "18.1" of g is 18,100."""
    return parse_quantity(text, measure_of(unit).exponent, decimal_mark)


def say_measure(quantity: int, unit: str, decimal_mark: str = ".") -> str:
    """`quantity` of `unit` as people say it, without idle zeros: "18.1 kg", "400 bar", "2 h 30 min"."""
    if unit == "min":
        return say_time(quantity)
    symbol, exponent = measure_of(unit)
    said = format_quantity(quantity, exponent, decimal_mark)
    if exponent:
        said = said.rstrip("0").removesuffix(decimal_mark)
    return f"{said} {symbol}"


def say_time(minutes: int) -> str:
    """Minutes as hours and minutes."""
    hours, rest = divmod(abs(minutes), 60)
    parts = ([f"{hours} h"] if hours or not rest else []) + ([f"{rest} min"] if rest else [])
    return ("-" if minutes < 0 else "") + " ".join(parts)


def price_of(net: int, for_a_kilo: int | None) -> int | None:
    """What a delivery of `net` grams earns at a price for a kilogram, half up; None where there is no price."""
    return (2 * net * for_a_kilo + 1000) // 2000 if for_a_kilo and net > 0 else None
