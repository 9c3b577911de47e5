"""Making: start a process, put lots into it, and finish it into lots."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from cooperatives.models import Cooperative, Hub, Lot, Membership, Process, RecipeVersion, Role
from cooperatives.queries.recipes import blocked, labels_on
from cooperatives.rules.labels import PAGE
from cooperatives.rules.names import next_code, plain_name
from cooperatives.rules.plans import goods_of
from cooperatives.rules.recipes import read_design, shares_of
from cooperatives.services.contributions import lock_cooperative, open_lot
from cooperatives.services.people import OPERATOR, UnreadableName, refuse_unless
from ledger import queries as ledger
from ledger.rules.entries import PART, Flow, Recorded
from ledger.rules.laws import WHOLE, KeyHasAnotherBody, ProcessFinished, UnknownUnit
from ledger.rules.refusal import BadInput, NotFound, Refusal
from ledger.services.journal import record_entry, record_unit

MAKERS = (Role.STEWARD, Role.CLERK, Role.MEMBER)


class CodeTaken(Refusal):
    """The code “{code}” is taken. Choose another."""


class PartsNotWhole(BadInput):
    """The lots of a process share {whole} parts of what went in; these are {parts}."""


class NothingMade(BadInput):
    """Nothing was put in, so nothing can come out."""


class MassNotKept(BadInput):
    """{grams} g more came out than went in. Weigh again, or say what is missing."""


class MassMissing(BadInput):
    """{grams} g went in and did not come out. Say where they went: to the soil, to the air."""


class QuantityMissing(BadInput):
    """Say how much, above zero."""


class NotInTheRecipe(BadInput):
    """The recipe does not say which share {goods} has of what went in. Say it yourself, for all that came out."""


class RecipeNotOpen(Refusal):
    """“{recipe}” cannot be made by here: it is not published, or its community keeps it to itself."""


@dataclass(frozen=True, slots=True)
class Output:
    """A lot that a process ends in; `parts` of 10,000 are its share of what went in, None: as the recipe declares."""

    code: str | None
    goods: str
    unit: str
    quantity: int
    hub: Hub
    parts: int | None = None


@transaction.atomic
def start_process(
    *,
    by: Membership | None,
    cooperative: Cooperative,
    name: str,
    code: str | None = None,
    recipe: RecipeVersion | None = None,
    at: datetime,
) -> Process:
    """Work begins on `name`, by a recipe or none; a recipe is cited in the journal, so that it can be thanked.

    Raises NotAllowed, CodeTaken, UnreadableName, RecipeNotOpen.
    """
    refuse_unless(by, *MAKERS, cooperative=cooperative)
    lock_cooperative(cooperative.pk)  # two makers, two numbers
    taken = set(cooperative.processes.values_list("code", flat=True))
    code = code or next_code(plain_name(name) or "making", taken)
    if code != plain_name(code):
        raise UnreadableName(name=code)
    if code in taken:
        raise CodeTaken(code=code)
    if recipe is not None:
        _refuse_kept_recipe(recipe, cooperative, at)
    process = Process.objects.create(cooperative=cooperative, code=code, name=name, recipe=recipe, started_at=at)
    if recipe is not None:
        record_entry(
            key=f"cite/{cooperative.slug}/{code}", action="cite", purpose="making", at=at, by=_signed(by),
            evidence="declared", flows=[Flow(f"{recipe.recipe.address}/recipe", process.address, "cite", 1)],
        )  # fmt: skip
    return process


@transaction.atomic
def put_in(*, by: Membership | None, process: Process, lot: Lot, quantity: int, at: datetime, key: str) -> Recorded:
    """Some of a lot goes into a process: one of ours, or one that another cooperative brought to our hub for a share.

    Raises NotAllowed, NotFound, QuantityMissing, ProcessFinished, and BelowFloor."""
    lock_cooperative(process.cooperative_id)
    flows = [Flow(lot.address, process.address, lot.unit, quantity)]
    if known := ledger.entries_by_key([key]).get(key):
        if known.flows != tuple(flows):
            raise KeyHasAnotherBody(key=key, field="flows")
        return known
    refuse_unless(by, *MAKERS, cooperative=process.cooperative)
    if process.cooperative_id not in {lot.cooperative_id, lot.hub.cooperative_id}:
        raise NotFound()
    if quantity <= 0:
        raise QuantityMissing()
    return record_entry(
        key=key, action="consume", purpose="making", at=at, by=_signed(by), evidence="declared",
        flows=flows,
    )  # fmt: skip


@transaction.atomic
def finish_process(
    *,
    by: Membership | None,
    process: Process,
    outputs: Sequence[Output],
    losses: Mapping[str, int] | None = None,
    rest_to: str | None = None,
    at: datetime,
    key: str,
) -> list[Lot]:
    """The process ends in lots, which share what went in by their parts; without any lot it has failed.

    Parts that nobody says are those of the recipe's declared allocation, or all of them for one lot alone.
    `losses` are grams by who takes them (nature/air, nature/soil); what is then missing of the mass goes to `rest_to`.
    Raises NotAllowed, ProcessFinished, PartsNotWhole, NotInTheRecipe, SharesUnknown, MassNotKept, MassMissing,
    NothingMade, QuantityMissing.
    """
    process = Process.objects.select_for_update(of=("self",)).select_related("cooperative", "recipe").get(pk=process.pk)
    if known := ledger.entries_by_key([key]).get(key):
        if known.flows[0].giver != process.address:
            raise KeyHasAnotherBody(key=key, field="flows")
        return list(process.lots.select_related("hub", "cooperative").order_by("id"))
    outputs = _shared(process, outputs)
    _refuse_finish(by, process, outputs)
    lost = _losses(process, outputs, dict(losses or {}), rest_to)
    lots = []
    for output in outputs:
        lot = open_lot(
            process.cooperative_id, goods=output.goods, unit=output.unit, hub=output.hub, code=output.code, at=at
        )
        lot.process = process
        lot.save(update_fields=["process"])
        lots.append(lot)
    process.finished_at = at
    process.save(update_fields=["finished_at"])
    here = process.address
    made = [Flow(here, lot.address, o.unit, o.quantity) for lot, o in zip(lots, outputs, strict=True)]
    gone = [Flow(here, f"{owner}/body", "g", grams) for owner, grams in lost.items()]
    parts = [Flow(here, lot.address, PART, o.parts) for lot, o in zip(lots, outputs, strict=True) if o.parts]
    record_entry(
        key=key, action="produce", purpose="making" if lots else "loss", flows=[*made, *gone, *parts], at=at,
        by=_signed(by), evidence="declared",
    )  # fmt: skip
    return lots


@transaction.atomic
def declare_piece(*, by: Membership | None, code: str, grams: int | None, at: datetime) -> None:
    """A unit for counted things, such as bar, and the mass of one. Raises NotAllowed, UnitHasAnotherMeaning."""
    refuse_unless(by, *MAKERS)
    signed = by.address if by else OPERATOR
    record_unit(code=code, family="thing", exponent=0, grams=grams, at=at, by=signed)


def _shared(process: Process, outputs: Sequence[Output]) -> list[Output]:
    """The outputs with the parts that each has of what went in."""
    if all(output.parts is not None for output in outputs):
        return list(outputs)
    if len(outputs) == 1:
        return [replace(outputs[0], parts=WHOLE)]
    if process.recipe is None or any(output.parts is not None for output in outputs):
        return [replace(output, parts=output.parts or 0) for output in outputs]
    design = read_design(process.recipe.body)
    said = {goods_of(row.goods, row.unit): row for row in design.outputs}
    made = []
    for output in outputs:
        row = said.get(goods_of(output.goods, output.unit))
        if row is None:
            raise NotInTheRecipe(goods=output.goods)
        made.append(replace(row, quantity=output.quantity))
    grams = {code: unit.grams for code, unit in ledger.units({o.unit for o in outputs}).items()}
    parts = shares_of(made, design.allocation, grams)
    return [replace(output, parts=n) for output, n in zip(outputs, parts, strict=True)]


def _refuse_finish(by: Membership | None, process: Process, outputs: Sequence[Output]) -> None:
    refuse_unless(by, *MAKERS, cooperative=process.cooperative)
    if process.finished_at is not None:
        raise ProcessFinished(process=process.code)
    if any(o.quantity <= 0 or (o.parts or 0) < 0 for o in outputs):
        raise QuantityMissing()
    parts = sum(o.parts or 0 for o in outputs)
    if outputs and parts != WHOLE:
        raise PartsNotWhole(whole=WHOLE, parts=parts)


def _losses(process: Process, outputs: Sequence[Output], losses: dict[str, int], rest_to: str | None) -> dict[str, int]:
    """Where all mass that is in the process and in no lot goes. What has no mass (a text, a course) is not weighed."""
    held = {h.unit: h.quantity for h in ledger.balances(addresses=[process.address])}
    if not held:
        raise NothingMade()
    units = ledger.units({*held, *(o.unit for o in outputs)})
    if unknown := {o.unit for o in outputs} - units.keys():
        raise UnknownUnit(unit=", ".join(sorted(unknown)))
    weightless = {unit for unit in (o.unit for o in outputs) if not units[unit].grams} if outputs else set()
    if weightless or not any(units[unit].grams for unit in held):
        return losses
    inside = sum(quantity * (units[unit].grams or 0) for unit, quantity in held.items())
    outside = sum(o.quantity * (units[o.unit].grams or 0) for o in outputs) + sum(losses.values())
    missing = inside - outside
    if missing < 0:
        raise MassNotKept(grams=-missing)
    if missing and rest_to is None:
        raise MassMissing(grams=missing)
    if missing and rest_to is not None:
        losses[rest_to] = losses.get(rest_to, 0) + missing
    return losses


def _refuse_kept_recipe(recipe: RecipeVersion, cooperative: Cooperative, at: datetime) -> None:
    """Whoever may not read a recipe may not make by it."""
    is_own = recipe.recipe.cooperative_id == cooperative.pk
    if recipe.published_at is None or (not is_own and blocked(labels_on([recipe.recipe.slug]), PAGE, at)):
        raise RecipeNotOpen(recipe=recipe.recipe.name)


def _signed(by: Membership | None) -> tuple[str, ...]:
    return (by.address,) if by else (OPERATOR,)
