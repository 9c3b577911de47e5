"""Nature and communities: register one that gives and receives, and say what it is."""

from datetime import datetime

from django.db import transaction

from cooperatives.models import Agent, Membership, Role
from cooperatives.rules.names import plain_name
from cooperatives.services.people import NATURE, SlugTaken, UnreadableName, find_place, refuse_unless
from ledger.rules.refusal import BadInput, NotAllowed
from ledger.services.journal import record_document, record_owner

TAKEN = frozenset(owner.removeprefix("nature/") for owner in NATURE)  # every cooperative's soil and air


class AgentUnreadable(BadInput):
    """Give it a name, and say what it is: a forest, water, soil, animals, a community, or something else."""


@transaction.atomic
def register_agent(
    *, by: Membership, name: str, slug: str, kind: str, words: str = "", place: str | None, at: datetime
) -> Agent:
    """A forest, a river or a community that can give and receive from here on, as nature/<slug>; the cooperative of
    `by` becomes its guardian.

    Raises NotAllowed (a steward registers it), AgentUnreadable, UnreadableName, SlugTaken, UnknownPlace.
    """
    refuse_unless(by, Role.STEWARD)
    _refuse_unreadable(name, kind)
    if not slug or slug != plain_name(slug):
        raise UnreadableName(name=slug)
    if slug in TAKEN or Agent.objects.filter(slug=slug).exists():
        raise SlugTaken(slug=slug)
    agent = Agent.objects.create(
        slug=slug, name=name.strip(), kind=kind, words=words.strip(), place=find_place(place), guardian=by.cooperative,
        registered_at=at,
    )  # fmt: skip
    record_owner(owner=agent.address, place=place, at=at)
    _record(agent, by, at)
    return agent


@transaction.atomic
def describe_agent(
    *, agent: Agent, by: Membership, name: str, kind: str, words: str = "", place: str | None, at: datetime
) -> Agent:
    """Say anew what it is and where. NotAllowed (a steward of its guardian says it), AgentUnreadable, UnknownPlace."""
    agent = Agent.objects.select_for_update(of=("self",)).select_related("guardian").get(pk=agent.pk)
    if by.cooperative_id != agent.guardian_id:
        raise NotAllowed()
    refuse_unless(by, Role.STEWARD)
    _refuse_unreadable(name, kind)
    agent.name, agent.kind, agent.words, agent.place = name.strip(), kind, words.strip(), find_place(place)
    agent.save(update_fields=["name", "kind", "words", "place"])
    record_owner(owner=agent.address, place=place, at=at)
    _record(agent, by, at)
    return agent


def _refuse_unreadable(name: str, kind: str) -> None:
    if not name.strip() or kind not in Agent.Kind.values:
        raise AgentUnreadable()


def _record(agent: Agent, by: Membership, at: datetime) -> None:
    """Who speaks for nature is no private matter: it stands in the log, with its name."""
    body = {"name": agent.name, "kind": agent.kind, "guardian": agent.guardian.address}
    record_document(kind="agent", name=agent.address, body=body, by=by.cooperative.address, at=at)
