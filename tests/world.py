"""The same people in every test, made through services: Ada a steward, Ben a maker, Cleo a buyer, Dov a stranger."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import count
from typing import Any

from PIL import Image

from cooperatives.models import Cooperative, Hub, Lot, Member, Membership, Process, Proposal
from cooperatives.queries import voters
from cooperatives.services.agreements import adopt_agreement
from cooperatives.services.contributions import give_goods, give_work
from cooperatives.services.making import Output, declare_piece, finish_process, put_in, start_process
from cooperatives.services.people import admit_member, declare_place, found_cooperative
from cooperatives.services.proposals import cast_vote, close_vote, draft_proposal, open_vote

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PLACES = (
    ("gh", "Ghana"),
    ("gh/ashanti", "Ashanti"),
    ("gh/ashanti/kumasi", "Kumasi"),
    ("fr", "France"),
    ("fr/jura", "Jura"),
)
RULES = [
    {"step": "pass-through"},
    {"step": "debts"},
    {"step": "floors", "rates": [
        {"of": "harvest", "unit": "g", "per": 1000, "pays": 200}, {"of": "work", "unit": "min", "per": 60, "pays": 550},
    ]},
    {"step": "commons", "thousandths": 190, "funds": {"commons/shade/purse": 3, "commons/dark-72/purse": 2}},
    {"step": "reserve", "thousandths": 100},
    {"step": "residual", "rates": [
        {"of": "harvest", "unit": "g", "per": 1000, "pays": 200}, {"of": "work", "unit": "min", "per": 60, "pays": 550},
    ]},
]  # fmt: skip

_keys = count(1)


def key(kind: str = "phone") -> str:
    """A key that no entry had before."""
    return f"{kind}/{next(_keys):06}"


def photo(width: int = 60, height: int = 40, kind: str = "JPEG", **more: Any) -> bytes:
    """A picture as a camera sends it."""
    written = BytesIO()
    Image.new("RGB", (width, height), (90, 140, 60)).save(written, kind, **more)
    return written.getvalue()


def person(name: str) -> Member:
    """Someone who can sign in (`client.force_login`: a password takes a third of a second to hash)."""
    return Member.objects.create_user(username=name.lower(), first_name=name, email=f"{name.lower()}@rennet.example")


def places(rows: Iterable[tuple[str, str]] = PLACES, at: datetime = NOON) -> None:
    for path, name in rows:
        declare_place(path=path, name=name, at=at)


@dataclass
class World:
    """Fern in Kumasi, with Ada (steward), Ben (maker) and Tom (clerk), and the world outside: Cleo and Dov."""

    fern: Cooperative
    hub: Hub
    ada: Membership
    ben: Membership
    tom: Membership
    cleo: Member
    dov: Member
    at: datetime = NOON
    people: dict[str, Member] = field(default_factory=dict)

    def later(self, **units: int) -> datetime:
        """A moment after all others so far."""
        self.at += timedelta(**(units or {"minutes": 1}))
        return self.at


def world(slug: str = "fern", name: str = "Fern Cooperative", place: str = "gh/ashanti/kumasi", **money: Any) -> World:
    """A cooperative and its people; call it once for each cooperative a test needs, with another slug."""
    places()
    ada, ben, tom = (person(n if slug == "fern" else f"{n}-{slug}") for n in ("Ada", "Ben", "Tom"))
    fern = found_cooperative(name=name, slug=slug, place=place, at=NOON, by=ada, **money)
    steward = fern.memberships.get(member=ada)
    maker = admit_member(cooperative=fern, member=ben, name="Ben", place=place, roles=["member"], at=NOON, by=steward)
    clerk = admit_member(cooperative=fern, member=tom, name="Tom", place=place, roles=["clerk"], at=NOON, by=steward)
    cleo, dov = (Member.objects.filter(username=n.lower()).first() or person(n) for n in ("Cleo", "Dov"))
    people = {"ada": ada, "ben": ben, "tom": tom, "cleo": cleo, "dov": dov}
    return World(fern, fern.hubs.get(slug=slug), steward, maker, clerk, cleo, dov, people=people)


def beans(w: World, grams: int = 50_000, giver: Membership | None = None, code: str | None = None, **more) -> Lot:
    """A delivery of wet beans, recorded by Ada."""
    return give_goods(
        by=w.ada, giver=giver or w.ben, goods="Wet beans", unit="g", quantity=grams, hub=w.hub, lot_code=code,
        at=w.later(), key=key(), **more,
    )  # fmt: skip


def work(w: World, process: Process, minutes: int = 360, worker: Membership | None = None, **more) -> None:
    """Hours in a process, recorded by whom worked."""
    worker = worker or w.ben
    give_work(by=worker, worker=worker, process=process, minutes=minutes, at=w.later(), key=key(), **more)


def bars(w: World, number: int = 400, inputs: Sequence[Lot] | None = None) -> Lot:
    """Chocolate bars of 100 g from beans, with six hours of Ben's; butter as joint product, shells to the soil."""
    declare_piece(by=w.ada, code="bar", grams=100, at=NOON)
    process = start_process(by=w.ben, cooperative=w.fern, name="Roast", at=w.later())
    for lot in inputs or [beans(w)]:
        put_in(by=w.ben, process=process, lot=lot, quantity=50_000, at=w.later(), key=key())
    work(w, process)
    outputs = [
        Output(None, "Dark 72", "bar", number, w.hub, 9_000), Output(None, "Cocoa butter", "g", 5_000, w.hub, 1_000),
    ]  # fmt: skip
    made = finish_process(
        by=w.ben, process=process, outputs=outputs, rest_to="nature/soil", at=w.later(), key=key("finish")
    )
    return made[0]


def agreed(w: World) -> None:
    """Fern's first agreement."""
    adopt_agreement(cooperative=w.fern, rules=RULES, at=w.later(), by=w.ada)


def proposed(w: World, reserve: int = 50, rules: Sequence[dict] | None = None) -> Proposal:
    """Ada's draft of the next version, with so many thousandths for the reserve."""
    rules = rules or [*RULES[:-2], {"step": "reserve", "thousandths": reserve}, RULES[-1]]
    return draft_proposal(
        cooperative=w.fern, rules=rules, why="The reserve is full.", quorum=50, majority="half", at=w.later(), by=w.ada
    )


def on_vote(w: World, proposal: Proposal | None = None, *, days: int = 7) -> Proposal:
    """A proposal on which Ada, Ben and Tom may vote."""
    proposal, now = proposal or proposed(w), w.later()
    return open_vote(proposal=proposal, closes_at=now + timedelta(days=days), at=now, by=w.ada)


def voted_down(w: World) -> Proposal:
    """A proposal that nobody wanted."""
    return _decided(w, proposed(w, 20), "no")


def voted_in(w: World, rules: Sequence[dict] | None = None) -> Proposal:
    """A proposal that all wanted: the next version."""
    return _decided(w, proposed(w, rules=rules), "yes")


def _decided(w: World, proposal: Proposal, choice: str) -> Proposal:
    proposal = on_vote(w, proposal)
    for voter in voters(w.fern, at=w.at):
        cast_vote(proposal=proposal, edition=proposal.edition, choice=choice, at=w.later(), by=voter)
    return close_vote(proposal=proposal, at=w.later(), by=w.ada)
