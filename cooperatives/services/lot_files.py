"""Lots from a table: the stock with which a cooperative begins, declared, of which nobody knows who gave it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cooperatives.models import Cooperative, Hub, Lot, Membership, Role
from cooperatives.services.contributions import lock_cooperative, open_lot, signed
from cooperatives.services.making import QuantityMissing, declare_piece
from cooperatives.services.people import refuse_unless
from cooperatives.services.table_cells import (
    Brought,
    Problem,
    TableRefused,
    WrongCell,
    count_in,
    day_in,
    key_for,
    moment_in,
    quantity_in,
    told_in,
    unit_in,
    word_in,
)
from ledger import queries as ledger
from ledger.rules.entries import Flow
from ledger.rules.refusal import Refusal
from ledger.services.journal import record_entry, record_owner

BEFORE = "unknown/opening"  # who gave it: nobody knows


def lot_columns() -> dict[str, str]:
    """The heads of the table in the reader's language; the English ones are read too. By what process and recipe a lot
    came about is told, and not taken from there."""
    return {
        "lot": _("Lot"), "goods": _("Goods"), "left": _("Left"), "unit": _("Counted in"),
        "grams": _("Grams of one piece"), "place": _("Place"), "opened": _("Opened"), "process": _("Process"),
        "recipe": _("Recipe"), "best_before": _("Best before"), "evidence": _("How we know"),
    }  # fmt: skip


def grade_words() -> dict[str, str]:
    """How it is known what was there: an invoice names a seller, and then it is a purchase."""
    return {
        "two-sided": _("Both signed"), "declared": _("Declared"), "modelled": _("Modelled"), "unknown": _("Unknown"),
    }  # fmt: skip


def import_lots(
    *, cooperative: Cooperative, rows: Sequence[Sequence[str]], by: Membership, at: datetime, is_rehearsal: bool = False
) -> Brought:
    """Open a lot for each row (the first is the head) whose code the cooperative has not; a rehearsal keeps nothing.

    What is left in it comes from before the books: its origin stays unknown in every report. A lot that is here by its
    code and holds the same goods is passed over. Raises NotAllowed (a steward or a clerk), TableRefused.
    """
    refuse_unless(by, Role.STEWARD, Role.CLERK, cooperative=cooperative)
    columns = lot_columns()
    told, problems = told_in(rows, columns, {"lot", "goods", "left"}), list[Problem]()
    new = known = 0
    with transaction.atomic():
        lock_cooperative(cooperative.pk)
        here = {lot.code: (lot.goods, lot.unit) for lot in cooperative.lots.all()}
        hubs = list(cooperative.hubs.all())
        named = {hub.name.casefold(): hub for hub in hubs} | {hub.slug: hub for hub in hubs}
        if not ledger.is_owner_declared(BEFORE):
            record_owner(owner=BEFORE, place=None, at=at)
        for line, said in told:
            try:
                with transaction.atomic():
                    if (code := said["lot"]) in here:
                        _refuse_another(said, here[code])
                        known += 1
                        continue
                    lot = _open(cooperative, said, named, hubs, by, at)
                    here[lot.code] = lot.goods, lot.unit
                    new += 1
            except WrongCell as wrong:
                problems.append(Problem(line, columns[wrong.args[0]], wrong.args[1]))
            except Refusal as no:
                problems.append(Problem(line, columns["lot"], no.words(_)))
        if problems:
            raise TableRefused(problems)
        transaction.set_rollback(is_rehearsal)
    return Brought(new, known)


def _refuse_another(said: Mapping[str, str], here: tuple[str, str]) -> None:
    goods, unit = here
    if said["goods"] != goods or unit_in(said.get("unit", ""), unit) != unit:
        raise WrongCell("lot", _("This lot is here already, and holds something else."))


def _open(
    cooperative: Cooperative, said: Mapping[str, str], named: Mapping[str, Hub], hubs: Sequence[Hub], by: Membership,
    at: datetime,
) -> Lot:  # fmt: skip
    if not said["lot"] or not said["goods"]:
        raise WrongCell("lot" if said["goods"] else "goods", _("This cell is empty."))
    place = said.get("place", "").casefold()
    hub = named.get(place) if place else next(iter(hubs), None)
    if hub is None:
        raise WrongCell("place", _("We know no such place."))
    unit = unit_in(said.get("unit", ""), "g")
    if said.get("grams"):
        declare_piece(by=by, code=unit, grams=count_in(said, "grams", 0) or None, at=at)
    elif ledger.unit(unit) is None:
        raise WrongCell("grams", _("Say how many grams one of them has; 0 where it has no weight."))
    quantity = quantity_in(said, "left", unit)
    if quantity <= 0:
        raise QuantityMissing()
    when = moment_in(said, "opened", at) if said.get("opened") else at
    lot = open_lot(cooperative.pk, goods=said["goods"], unit=unit, hub=hub, code=said["lot"], at=when)
    if good_until := day_in(said, "best_before"):
        lot.best_before = good_until
        lot.save(update_fields=["best_before"])
    record_entry(
        key=key_for("opening", cooperative.slug, lot.code), action="raise", purpose="opening", at=when, by=signed(by),
        evidence=word_in(said, "evidence", grade_words(), "declared"),
        flows=[Flow(f"{BEFORE}/opening", lot.address, unit, quantity)],
    )  # fmt: skip
    return lot
