"""What a recipe says: what goes in, what comes out and how it is shared, its steps, its authors, and who may use it."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from functools import cache
from typing import Any

from license_expression import Licensing, get_spdx_licensing

from cooperatives.rules.measures import measure_of
from cooperatives.rules.shares import apportion
from ledger.rules.entries import PART, is_unit
from ledger.rules.laws import WHOLE
from ledger.rules.refusal import BadInput, Refusal

ALLOCATIONS = ("mass", "economic")
TERMS = ("everyone", "peers", "agreement")  # who may sell what is made by it
ENERGY = ("made-here", "stored", "bought", "unknown")
READINESS = range(1, 7)  # the Open Technology Readiness Levels, as OKH-LOSH writes them: OTRL-1 to OTRL-6
LARGEST = 2**53 - 1  # what a JSON number can say exactly
LONGEST = 60
MOST_ADDRESS = 300
MOST_WORDS = 4000  # letters of what a recipe is for


class UnreadableRecipe(BadInput):
    """This is no recipe that can be read here: {why}."""


class NamelessRecipe(UnreadableRecipe):
    """A recipe needs a name, of at most 100 letters."""


class NothingComesOut(UnreadableRecipe):
    """Say what comes out of the recipe besides scrap."""


class NoQuantityOfGoods(UnreadableRecipe):
    """“{quantity} {unit} {goods}” is no quantity of goods."""


class BelowZero(UnreadableRecipe):
    """The minutes of a step and the value of what comes out are never below zero."""


class TermsUnknown(UnreadableRecipe):
    """Say how what went in is shared, who may sell what is made by the recipe, and how ready it is."""


class EnergyUnknown(UnreadableRecipe):
    """Say for each energy where it comes from, and how much it is."""


class RecipeTooLong(UnreadableRecipe):
    """A recipe has at most {most} goods in, goods out, steps and authors."""


class TooManyWords(UnreadableRecipe):
    """What a recipe is for takes at most {most} letters, and the address where it comes from {address}."""


class NotOnTheList(BadInput):
    """“{license}” is not on the SPDX list of licences. Write one as it stands there, such as CC-BY-SA-4.0."""


class SharesUnknown(Refusal):
    """{goods} has no weight, so what went in cannot be shared by weight. Share it by value."""


@dataclass(frozen=True, slots=True)
class Input:
    """Goods that a recipe takes, in the smallest part of their unit."""

    goods: str
    unit: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Output:
    """Goods that a recipe gives. `value` is what one of them (one kilogram, one piece) counts in an economic share;
    scrap carries none of what went in."""

    goods: str
    unit: str
    quantity: int
    value: int = 1
    is_scrap: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do, and how long it takes."""

    text: str
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Energy:
    """How much energy one batch takes, by where it comes from."""

    source: str
    watt_hours: int


@dataclass(frozen=True, slots=True)
class Author:
    """Who worked on the design, as what, and for how long; known by an address, never by a name."""

    who: str
    role: str
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Adaptation:
    """What was changed for a place: what stands in for what, why, and how it turned out."""

    place: str
    instead_of: str
    uses: str
    reason: str
    result: str = ""


@dataclass(frozen=True, slots=True)
class Design:
    """One version of a recipe for one batch. `parents` are the versions that it was made from, as (recipe, version);
    `credits` name who worked on it elsewhere, and `source` is the address where it comes from."""

    name: str
    license: str
    outputs: tuple[Output, ...]
    inputs: tuple[Input, ...] = ()
    summary: str = ""
    steps: tuple[Step, ...] = ()
    energy: tuple[Energy, ...] = ()
    authors: tuple[Author, ...] = ()
    adaptations: tuple[Adaptation, ...] = ()
    equipment: tuple[str, ...] = ()
    credits: tuple[str, ...] = ()
    source: str = ""
    parents: tuple[tuple[str, int], ...] = ()
    allocation: str = "mass"
    terms: str = "everyone"
    readiness: int = 3

    @property
    def minutes(self) -> int:
        """How long all of its steps take."""
        return sum(step.minutes for step in self.steps)

    @property
    def product(self) -> Output:
        """What it is made for: the first that comes out."""
        return self.outputs[0]


_PARTS: dict[str, type[Any]] = {
    "inputs": Input, "outputs": Output, "steps": Step, "energy": Energy, "authors": Author, "adaptations": Adaptation,
}  # fmt: skip


def read_design(said: Mapping[str, Any]) -> Design:
    """A recipe from plain data, such as a document's body, its words as the journal can hold them.

    Raises UnreadableRecipe, NotOnTheList.
    """
    said = _plain(said)
    known = {field.name for field in fields(Design)}
    if strange := sorted(set(said) - known):
        raise UnreadableRecipe(why=f"it has no “{strange[0]}”")
    try:
        if not all(
            isinstance(said.get(name, ""), str)
            for name in ("name", "summary", "license", "allocation", "terms", "source")
        ):
            raise ValueError("what should be words is none")
        rows: dict[str, Any] = {
            name: tuple(_read(kind, row) for row in said.get(name, ())) for name, kind in _PARTS.items()
        }
        rest = {name: value for name, value in said.items() if name not in _PARTS}
        rest["equipment"] = _lines(said, "equipment")
        rest["credits"] = _lines(said, "credits")
        rest["parents"] = tuple(sorted((str(slug), int(number)) for slug, number in said.get("parents", ())))
        design = Design(**rows, **rest)
    except (TypeError, ValueError) as error:
        raise UnreadableRecipe(why=error) from None
    _refuse(design)
    return design


def write_design(design: Design) -> dict[str, Any]:
    """The same as plain data, ready for a document; what a recipe leaves open is left out."""
    said = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(design).items()}
    said["parents"] = [list(parent) for parent in design.parents]
    return {name: value for name, value in said.items() if value not in ([], "")}


def is_on_spdx_list(license: str) -> bool:
    """Whether this is a licence, or several joined by AND, OR and WITH, of https://spdx.org/licenses/."""
    keys = _spdx().license_keys(license) if not _spdx().validate(license).errors else []
    return bool(keys) and not any(key.startswith("LicenseRef") for key in keys)


@cache
def _spdx() -> Licensing:
    return get_spdx_licensing()


def shares_of(outputs: Sequence[Output], allocation: str, grams: Mapping[str, int | None]) -> list[int]:
    """The parts of WHOLE that each of these outputs has of what went in: by mass, or by what each counts for.

    `grams` is the mass of one of each unit. Scrap has none, unless nothing else came out. Raises SharesUnknown.
    """
    kept = [i for i, output in enumerate(outputs) if not output.is_scrap] or list(range(len(outputs)))
    if len(kept) == 1:
        return [WHOLE if i == kept[0] else 0 for i in range(len(outputs))]
    weights: dict[str, Fraction] = {}
    for i in kept:
        output = outputs[i]
        if allocation == "economic":
            weights[str(i)] = Fraction(output.quantity, 10 ** measure_of(output.unit).exponent) * output.value
        elif not (mass := grams.get(output.unit)):
            raise SharesUnknown(goods=output.goods)
        else:
            weights[str(i)] = Fraction(output.quantity * mass)
    parts = apportion(WHOLE, weights) if any(weights.values()) else {}
    return [parts.get(str(i), 0) for i in range(len(outputs))]


def expected_loss(design: Design, grams: Mapping[str, int | None]) -> int | None:
    """How many grams of what goes in do not come out; None where something has no weight."""
    sides = [[(row.quantity, grams.get(row.unit)) for row in rows] for rows in (design.inputs, design.outputs)]
    if any(mass is None for side in sides for _, mass in side):
        return None
    into, out = (sum(quantity * (mass or 0) for quantity, mass in side) for side in sides)
    return into - out


def one_line(text: str) -> str:
    """`text` on one line, in normal form C, without control characters: as the journal holds words."""
    kept = "".join(c for c in text if c.isspace() or unicodedata.category(c) not in {"Cc", "Cs"})
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def _plain(said: Any) -> Any:
    if isinstance(said, str):
        return one_line(said)
    if isinstance(said, Mapping):
        return {name: _plain(value) for name, value in said.items()}
    return [_plain(value) for value in said] if isinstance(said, list | tuple) else said


def _lines(said: Mapping[str, Any], name: str) -> tuple[str, ...]:
    if not all(isinstance(line, str) for line in said.get(name, ())):
        raise ValueError("what should be words is none")
    return tuple(said.get(name, ()))


def _read(kind: type[Any], row: Mapping[str, Any]) -> Any:
    wrong = [
        field.name
        for field in fields(kind)
        if field.name in row and not isinstance(row[field.name], field.type if isinstance(field.type, type) else object)
    ]
    if wrong:
        raise ValueError(f"“{row[wrong[0]]}” is no {wrong[0]}")
    return kind(**row)


def _refuse(design: Design) -> None:
    if not design.name.strip() or len(design.name) > 100:
        raise NamelessRecipe()
    if all(output.is_scrap for output in design.outputs):
        raise NothingComesOut()
    goods: list[Input | Output] = [*design.inputs, *design.outputs]
    for row in goods:
        if not row.goods.strip() or not is_unit(row.unit) or row.unit == PART or not 0 < row.quantity <= LARGEST:
            raise NoQuantityOfGoods(quantity=row.quantity, unit=row.unit, goods=row.goods)
    if any(output.value < 0 for output in design.outputs) or any(s.minutes < 0 for s in design.steps):
        raise BelowZero()
    if design.allocation not in ALLOCATIONS or design.terms not in TERMS or design.readiness not in READINESS:
        raise TermsUnknown()
    if any(energy.source not in ENERGY or energy.watt_hours <= 0 for energy in design.energy):
        raise EnergyUnknown()
    listed: list[tuple[Any, ...]] = [design.inputs, design.outputs, design.steps, design.authors, design.credits]
    if max(map(len, listed)) > LONGEST:
        raise RecipeTooLong(most=LONGEST)
    if len(design.summary) > MOST_WORDS or len(design.source) > MOST_ADDRESS:
        raise TooManyWords(most=MOST_WORDS, address=MOST_ADDRESS)
    if not is_on_spdx_list(design.license):
        raise NotOnTheList(license=design.license)
