"""Nature and communities: register one that gives and receives, say what it is, and hand its guardianship on."""

from datetime import datetime

from django.db import transaction

from cooperatives.models import Agent, Cooperative, Membership, Role
from cooperatives.rules.names import plain_name
from cooperatives.services.approvals import is_one_person
from cooperatives.services.people import NATURE, SlugTaken, UnreadableName, find_place, refuse_unless
from ledger.rules.refusal import BadInput, NotAllowed, Refusal
from ledger.services.journal import record_document, record_owner

TAKEN = frozenset(owner.removeprefix("nature/") for owner in NATURE)  # every cooperative's soil and air


class AgentUnreadable(BadInput):
    """Give it a name, and say what it is: a forest, water, soil, animals, a community, or something else."""


class GuardianAlready(Refusal):
    """{cooperative} speaks for {agent} already."""


class NotOffered(Refusal):
    """Nobody offers you this guardianship now."""


class AnotherPersonAgrees(Refusal):
    """You offered it yourself. Another steward of {cooperative} has to agree."""


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
    agent = _locked(agent)
    _refuse_others(agent, by)
    _refuse_unreadable(name, kind)
    agent.name, agent.kind, agent.words, agent.place = name.strip(), kind, words.strip(), find_place(place)
    agent.save(update_fields=["name", "kind", "words", "place"])
    record_owner(owner=agent.address, place=place, at=at)
    _record(agent, by, at)
    return agent


@transaction.atomic
def offer_guardianship(*, agent: Agent, to: Cooperative, by: Membership, at: datetime) -> Agent:
    """Ask another cooperative to speak for it from here on; until that one agrees, nothing changes.

    A later offer takes the place of an earlier one. Raises NotAllowed (a steward of its guardian offers it),
    GuardianAlready.
    """
    agent = _locked(agent)
    _refuse_others(agent, by)
    if to.pk == agent.guardian_id:
        raise GuardianAlready(cooperative=to.name, agent=agent.name)
    agent.offered_to, agent.offered_by = to, by
    agent.save(update_fields=["offered_to", "offered_by"])
    return agent


@transaction.atomic
def accept_guardianship(*, agent: Agent, by: Membership, at: datetime) -> Agent:
    """The cooperative of `by` agrees to speak for it, and does from now on; the log tells from whom it took it over.

    Once. Raises NotAllowed (a steward of that cooperative agrees), NotOffered, AnotherPersonAgrees.
    """
    agent = _locked(agent)
    refuse_unless(by, Role.STEWARD)
    if agent.guardian_id == by.cooperative_id:
        return agent
    if agent.offered_to_id != by.cooperative_id or agent.offered_by is None:
        raise NotOffered()
    if is_one_person(by, agent.offered_by):
        raise AnotherPersonAgrees(cooperative=by.cooperative.name)
    before, agent.guardian = agent.guardian, by.cooperative
    agent.offered_to = agent.offered_by = None
    agent.save(update_fields=["guardian", "offered_to", "offered_by"])
    agent.pictures.update(cooperative=by.cooperative)  # whoever speaks for it shows and removes them
    _record(agent, by, at, before=before)
    return agent


@transaction.atomic
def drop_offer(*, agent: Agent, by: Membership) -> Agent:
    """The offer is taken back by a steward of its guardian, or declined by one of who was asked. NotAllowed."""
    agent = _locked(agent)
    refuse_unless(by, Role.STEWARD)
    if by.cooperative_id not in {agent.guardian_id, agent.offered_to_id}:
        raise NotAllowed()
    agent.offered_to = agent.offered_by = None
    agent.save(update_fields=["offered_to", "offered_by"])
    return agent


def _locked(agent: Agent) -> Agent:
    found = Agent.objects.select_for_update(of=("self",)).select_related("guardian", "offered_to", "offered_by")
    return found.get(pk=agent.pk)


def _refuse_others(agent: Agent, by: Membership) -> None:
    if by.cooperative_id != agent.guardian_id:
        raise NotAllowed()
    refuse_unless(by, Role.STEWARD)


def _refuse_unreadable(name: str, kind: str) -> None:
    if not name.strip() or kind not in Agent.Kind.values:
        raise AgentUnreadable()


def _record(agent: Agent, by: Membership, at: datetime, *, before: Cooperative | None = None) -> None:
    """Who speaks for nature is no private matter: it stands in the log, with its name."""
    body = {"name": agent.name, "kind": agent.kind, "guardian": agent.guardian.address}
    if before is not None:
        body["from"] = before.address
    record_document(kind="agent", name=agent.address, body=body, by=by.cooperative.address, at=at)
