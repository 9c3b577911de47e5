"""Give me: the packaging that comes back, and where it is."""

from collections import defaultdict
from dataclasses import dataclass

from cooperatives.models import Container, Cooperative, Hub, Lot, Membership
from cooperatives.queries.people import names_of
from ledger import queries as ledger
from ledger.rules.entries import Address


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A kind of container and how many are where: at hubs, with members (by address), and with buyers."""

    container: Container
    at_hubs: list[tuple[str, int]]
    with_members: list[tuple[str, str, int]]  # address, name, how many
    with_buyers: int

    @property
    def total(self) -> int:
        return sum(n for _, n in self.at_hubs) + sum(row[2] for row in self.with_members) + self.with_buyers


def containers_of(cooperative: Cooperative) -> list[Container]:
    """The kinds of packaging of a cooperative that come back."""
    return list(cooperative.containers.select_related("cooperative"))


def container_of(cooperative: Cooperative, pk: int) -> Container | None:
    """One of them by its number."""
    return cooperative.containers.filter(pk=pk).select_related("cooperative").first()


def whereabouts(cooperative: Cooperative, reader: Membership | None) -> list[Whereabouts]:
    """Where all containers of a cooperative are, by kind."""
    kinds = {lot.path: lot.container_id for lot in Lot.objects.filter(
        cooperative=cooperative, container__isnull=False).select_related("cooperative")}  # fmt: skip
    held: dict[int | None, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in ledger.balances(prefix=f"{cooperative.address}/lots/") if kinds else ():
        account = Address.parse(row.address)
        if account.path in kinds and row.quantity:
            held[kinds[account.path]][account.keeper] += row.quantity
    keepers = {keeper for by_keeper in held.values() for keeper in by_keeper}
    hubs = {hub.address: hub.name for hub in Hub.objects.filter(slug__in=_named("hubs", keepers))}
    names = names_of({k for k in keepers if k.startswith("members/")}, reader=reader)
    return [
        Whereabouts(
            container,
            sorted((hubs[k], n) for k, n in held[container.pk].items() if k in hubs),
            sorted(((k, names.get(k, k), n) for k, n in held[container.pk].items() if k.startswith("members/")),
                   key=lambda row: row[1].casefold()),
            sum(n for k, n in held[container.pk].items() if k.startswith("orders/")),
        )
        for container in containers_of(cooperative)
    ]  # fmt: skip


def _named(kind: str, keepers: set[str]) -> list[str]:
    return [keeper.partition("/")[2] for keeper in keepers if keeper.startswith(f"{kind}/")]
