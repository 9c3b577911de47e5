"""Give me: what is on the shelf, how much of it is left, and whose stall it lies on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Concat, JSONObject

from cooperatives.queries.recipes import blocked, labelled_lots
from cooperatives.rules.labels import LISTING
from ledger.queries import balances
from ledger.rules.refusal import NotFound
from market.models import Division, Hold, Listing, Stall
from market.queries.cycles import with_keepers

if TYPE_CHECKING:
    from cooperatives.models import Cooperative, RecipeLabel


class NoSuchListing(NotFound):
    """This is not on the shelf."""


_STALL = Subquery(
    Stall.objects.filter(cooperative=OuterRef("product__cooperative")).values(
        said=JSONObject(**{name: name for name in ("seller", "address", "email", "pickup_address", "pickup_hours")})
    )
)

_PROMISED = Subquery(
    Hold.objects.filter(lot_address=Concat(OuterRef("lot_path"), Value("@"), OuterRef("hub")), unit=OuterRef("unit"))
    .order_by()
    .values("unit")
    .annotate(total=Sum("quantity"))
    .values("total")
)

_LAST_DIVISION = Subquery(Division.objects.filter(lot_path=OuterRef("lot_path")).order_by("-pk").values("pk")[:1])


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
    """Published listings that answer what is wanted, the newest first, each with how much of its lot is `promised` and
    by which `division` it was divided last, if any; none of a lot whose sale a label forbids now.

    `labelled` are the labels on lots, where they were read already.
    """
    kept = [lot for lot, labels in (labelled_lots() if labelled is None else labelled).items() if asks_not(labels, at)]
    found = with_keepers(Listing.objects.filter(state=Listing.State.PUBLISHED))
    found = found.select_related("product__cooperative__place", "container")
    found = found.annotate(promised=Coalesce(_PROMISED, 0), division=_LAST_DIVISION)
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
    """A listing by its number, on the shelf or taken off, with its `stall` (what it says) and how much of its lot is
    `promised`; drafts are not there."""
    found = with_keepers(Listing.objects.exclude(state=Listing.State.DRAFT).filter(pk=pk))
    found = found.annotate(stall=_STALL, promised=Coalesce(_PROMISED, 0))
    if row := found.select_related("product__cooperative__place", "lot__cooperative", "container").first():
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
    """{listing: pieces that can still be bought}: what the lot holds less what is promised. Two queries for all, one
    where the listings, read by `listing` or from the shelf, know what is promised."""
    rows = list(listings)
    addresses = {row.lot_address for row in rows}
    left: dict[tuple[str, str], int] = defaultdict(int)
    for holding in balances(addresses=addresses):
        left[holding.address, holding.unit] += holding.quantity
    known = {(row.lot_address, row.unit): row.promised for row in rows if hasattr(row, "promised")}
    for lot, promised in (known if len(known) == len(rows) else held(addresses)).items():
        left[lot] -= promised
    return {row.pk: max(0, left[row.lot_address, row.unit]) // row.unit_quantity for row in rows}


def held(addresses: Iterable[str]) -> dict[tuple[str, str], int]:
    """{(lot at its hub, unit): quantity} promised to orders and still in the lots."""
    rows = Hold.objects.filter(lot_address__in=set(addresses)).values_list("lot_address", "unit")
    return {(address, unit): total for address, unit, total in rows.annotate(total=Sum("quantity"))}


def stall_of(cooperative: Cooperative) -> Stall | None:
    """How a cooperative meets its buyers, if it said so."""
    return Stall.objects.filter(cooperative=cooperative).first()


def stall_with(row: Listing) -> Stall | None:
    """What the seller of a listing, read by `listing`, says to its buyers."""
    said = getattr(row, "stall", None)
    return Stall(**said) if said else None


def stalls_of(cooperatives: Iterable[int]) -> dict[int, Stall]:
    """{cooperative: its stall} for those that have one."""
    return {stall.cooperative_id: stall for stall in Stall.objects.filter(cooperative__in=set(cooperatives))}
