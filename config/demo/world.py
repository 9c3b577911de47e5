"""The whole demo world: seven cooperatives and a union, two years of seasons, and three people who can sign in.

`times` makes a world of that many times as much, for whoever looks at how pages bear it: Fern and Sedge do more of
everything, in as many seasons more; beside the others stand as many like them.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from config.demo.carriers import send_parcels
from config.demo.containers import use_containers
from config.demo.credit import buy_with_hours, open_credit, wait_for_hours
from config.demo.cycles import run_cycles, take_orders_for_tins
from config.demo.garut import char_in_garut
from config.demo.goods import ALDER, FERN, PLACES, SEDGE, STORIES, TEASEL, Story
from config.demo.neighbours import bring_together
from config.demo.pictures import hang_pictures
from config.demo.recipes import fork_recipes, write_recipes
from config.demo.season import Season
from config.demo.votes import adopt_change, propose_change
from config.demo.witnesses import enrol_demo_witnesses
from cooperatives.queries import approvals_of, membership_in
from cooperatives.services.agreements import adopt_agreement
from cooperatives.services.making import declare_piece
from cooperatives.services.money import pay_in_capital
from cooperatives.services.people import (
    OPERATOR,
    admit_member,
    declare_place,
    found_cooperative,
    give_roles,
    register_person,
    show_to,
    tell_story,
)  # fmt: skip
from ledger.services.journal import record_owner
from ledger.services.log import publish_checkpoint
from market.services.approvals import approve_wish
from market.services.catalogue import open_stall

if TYPE_CHECKING:
    from cooperatives.models import Cooperative, Member, Membership

THREE = (
    ("Ada", "Cooperative: Ada of Fern", "/stall/fern/"),
    ("Cleo", "Buyer: Cleo", "/shop/"),
    ("Ben", "Member: Ben of Fern", "/passbook/"),
)
SEASONS = 4  # two a year
LAST, FIRST = timedelta(days=20), timedelta(days=560)  # how long ago the last and the first season ended
ALONE = (FERN, SEDGE)
CAPITAL = 40_000


@dataclass(frozen=True)
class Login:
    """One of the three people whom a visitor can be."""

    person: str
    email: str
    password: str
    page: str


def make_world(*, now: datetime, times: int = 1) -> list[Login]:
    """Build the demo in an empty database, or `times` as much; returns the three log-ins (passwords of chance)."""
    began = now - timedelta(days=365 * 2 + 200)
    for path, name in PLACES:
        declare_place(path=path, name=name, at=began)
    record_owner(owner=OPERATOR, place="fr/paris", at=began)
    logins = [_login(*who) for who in THREE]
    wanted = (story.copied(n) for story in STORIES for n in range(1, 1 + (1 if story in ALONE else times)))
    stories = [(story, *_found(story, began, times if story in ALONE else 1)) for story in wanted]
    stewards = {story.slug: (coop, next(iter(people.values()))) for story, coop, people, _ in stories}
    recipes = {story.slug: write_recipes(story, *stewards[story.slug], began) for story, *_ in stories}
    fork_recipes(recipes, stewards, began + timedelta(days=90))
    seasons = SEASONS * times
    for number in range(seasons):
        is_last = number == seasons - 1
        ends = now - LAST - (FIRST - LAST) * (seasons - 1 - number) / (seasons - 1)
        for story, cooperative, people, farms in stories:
            if story not in ALONE and number % times != times - 1:
                continue
            said = story.grown(times) if is_last and story in ALONE else story
            givers = farms if is_last else [farms[(number + n) % len(farms)] for n in range(story.givers)]
            length = sum(step.days for step in story.steps)
            started = ends - timedelta(days=length + 12)
            season = Season(said, cooperative, people, givers, number, started, recipes[story.slug])
            with transaction.atomic():
                if story is FERN and number % SEASONS == SEASONS // 2:
                    adopt_change(story, cooperative, people, number // SEASONS, at=season.now - timedelta(days=20))
                lot = season.make(season.deliver())
                listing = season.sell(lot, stays_open=is_last)
                season.settle()
                if is_last:
                    if story is SEDGE:
                        run_cycles(season, listing, now=now, times=times)
                    if story is FERN:
                        listing_of_tins = use_containers(season, lot, now=now, times=times)
                        take_orders_for_tins(season, listing_of_tins, now=now)
                    if story is TEASEL:
                        send_parcels(season, listing, now=now)
                    season.go_on(listing, at=now - timedelta(hours=3))
    for story, cooperative, people, farms in stories:
        if story is ALDER:
            with transaction.atomic():
                char_in_garut(cooperative, people, farms, recipes["moss"]["Char"], now=now)
        if story is FERN:
            open_credit(cooperative, people, at=now - timedelta(days=40), times=times)
            wait_for_hours(cooperative, at=now - timedelta(hours=2))
            buy_with_hours(cooperative, people, at=now - timedelta(hours=1))
            propose_change(story, cooperative, people, at=now - timedelta(days=2))
    stewards |= bring_together(stewards, began=began, now=now, times=times)
    hang_pictures(stewards, at=now - timedelta(days=30))
    publish_checkpoint()
    enrol_demo_witnesses(at=now)
    return logins


def _login(name: str, person: str, page: str) -> Login:
    password = secrets.token_urlsafe(9)
    return Login(person, _person(name, password).email, password, page)


def _found(story: Story, at: datetime, times: int) -> tuple[Cooperative, dict[str, Membership], list[Membership]]:
    names = list(story.people)
    first = _person(names[0])
    cooperative = found_cooperative(name=story.name, slug=story.slug, place=story.place, at=at, by=first)
    steward = membership_in(first, story.slug)
    assert steward is not None, "who founds a cooperative is a member of it"
    tell_story(cooperative=cooperative, story=story.story, by=steward)
    steward = give_roles(membership=steward, roles=story.people[names[0]], by=steward)
    show_to(membership=steward, name="public", by=steward)
    people = {names[0]: steward}
    for name in names[1:]:
        people[name] = admit_member(
            cooperative=cooperative, member=_person(name), name=name, place=story.place, roles=story.people[name],
            at=at, by=None,
        )  # fmt: skip
    farms = [people["Ben"]] if "Ben" in people else []
    farms += [
        admit_member(
            cooperative=cooperative, number=f"F{n:02}", place=story.place.rpartition("/")[0], at=at, by=steward
        )
        for n in range(len(farms) + 1, story.givers * times + 1)
    ]
    for code, grams in story.pieces.items():
        declare_piece(by=steward, code=code, grams=grams, at=at)
    adopt_agreement(cooperative=cooperative, rules=story.rules(), at=at, by=steward)
    open_stall(by=steward, cooperative=cooperative, said=story.stall, at=at)
    for wish in approvals_of(cooperative, "waiting"):
        second = next(m for m in people.values() if m.pk != steward.pk and m.has_role("steward", "treasurer"))
        approve_wish(by=second, approval=wish, at=at)
    pay_in_capital(
        by=steward,
        giver=steward,
        amount=CAPITAL * times,
        keeper=f"bank/{story.slug}",
        statement_line=f"{story.slug}-capital",
        at=at,
    )
    return cooperative, people, farms


def _person(name: str, password: str | None = None) -> Member:
    plain = name.lower().replace("é", "e").replace("ë", "e").replace(" ", "-")
    return register_person(name=name, email=f"{plain}@rennet.example", password=password)
