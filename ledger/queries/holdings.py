"""Give me: what accounts hold, what of it is held for somebody, and which lots and processes are closed."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import CharField, F, Func, OuterRef, Subquery, Value

from ledger.models import Account, Balance, Batch, Hold
from ledger.rules.entries import Address, floor_of


@dataclass(frozen=True, slots=True)
class Holding:
    """What one account holds of one unit, in the unit's smallest part."""

    address: str
    unit: str
    quantity: int


def balance_of(address: str, unit: str) -> int:
    """What the account holds, in the unit's smallest part; 0 where it never held any."""
    # One row at most. `first` would ask for it in the order of the key, which can lead the database to walk them all.
    found = Balance.objects.filter(account__address=address, unit__code=unit).values_list("quantity", flat=True)
    return next(iter(found), 0)


def rooms_of(addresses: Collection[str], unit: str) -> dict[str, int | None]:
    """{address: how much may still leave the account before its floor refuses; None where it has no floor}."""
    found = Balance.objects.filter(account__address__in=list(addresses), unit__code=unit)
    held = {address: (quantity, floor) for address, quantity, floor in
            found.values_list("account__address", "quantity", "floor")}  # fmt: skip
    rooms: dict[str, int | None] = {}
    for address in addresses:
        quantity, floor = held[address] if address in held else (0, floor_of(Address.parse(address)))
        rooms[address] = None if floor is None else quantity - floor
    return rooms


def balances(
    *,
    owner: str | None = None,
    prefix: str | None = None,
    unit: str | None = None,
    addresses: Iterable[str] | None = None,
    words: Iterable[str] | None = None,
    keeper: str | None = None,
) -> list[Holding]:
    """What accounts hold, ordered by address and unit; accounts at zero are left out."""
    found = Balance.objects.exclude(quantity=0)
    if owner is not None:
        found = found.filter(account__owner=owner)
    if prefix is not None:
        found = found.filter(account__address__startswith=prefix)
    if unit is not None:
        found = found.filter(unit__code=unit)
    if addresses is not None:
        found = found.filter(account__address__in=list(addresses))
    if words is not None:
        found = found.filter(account__word__in=list(words))
    if keeper is not None:
        found = found.filter(account__address__endswith=f"@{keeper}")
    rows = found.order_by("account__address", "unit__code").values_list("account__address", "unit__code", "quantity")
    return [Holding(*row) for row in rows]


def lots_held(prefix: str) -> list[tuple[Holding, bool]]:
    """What lots whose addresses begin so hold, by address and unit, and whether each was drawn from already."""
    closed = Batch.objects.filter(path=OuterRef("account__path")).values("is_closed")
    found = Balance.objects.exclude(quantity=0).filter(account__address__startswith=prefix)
    rows = found.order_by("account__address", "unit__code").values_list(
        "account__address", "unit__code", "quantity", Subquery(closed)
    )
    return [(Holding(address, unit, quantity), bool(drawn)) for address, unit, quantity, drawn in rows]


def names_after(word: str, owners: Iterable[str]) -> list[str]:
    """What stands behind a word in the addresses of these owners: "roast" of members/ben/work/roast. Each name once."""
    behind = Func(F("path"), Value("/"), Value(4), function="split_part", output_field=CharField())
    found = Account.objects.filter(word=word, owner__in=owners).annotate(behind=behind).exclude(behind="")
    return list(found.order_by("behind").values_list("behind", flat=True).distinct())


def held(addresses: Iterable[str]) -> dict[tuple[str, str], int]:
    """{(address, unit): quantity} of the open holds on these accounts."""
    found = Balance.objects.filter(account__address__in=list(addresses)).exclude(held=0)
    return {(address, unit): n for address, unit, n in found.values_list("account__address", "unit__code", "held")}


def ended_holds(at: datetime) -> list[str]:
    """The keys of open holds whose time was over at `at`, the first to end first."""
    found = Hold.objects.filter(resolved_at__isnull=True, ends_at__lte=at)
    return list(found.order_by("ends_at", "key").values_list("key", flat=True))


def is_batch_closed(paths: Sequence[str]) -> dict[str, bool]:
    """Whether each lot was drawn from, or each process has produced; paths never used are missing."""
    return dict(Batch.objects.filter(path__in=list(paths)).values_list("path", "is_closed"))
