"""Around the demo's cooperatives: a union with its board, those who want to come in, a forest, and drawn places."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cooperatives.queries import membership_in
from cooperatives.services.admission import accept_request, ask_to_join, set_weight
from cooperatives.services.agents import register_agent
from cooperatives.services.invitations import invite
from cooperatives.services.money import pay_in_capital
from cooperatives.services.notices import answer_notice, post_notice
from cooperatives.services.people import found_cooperative, register_person, tell_story
from cooperatives.services.places import import_boundaries
from ledger.services.journal import record_entry

if TYPE_CHECKING:
    from cooperatives.models import Cooperative, Membership

Stewards = Mapping[str, tuple["Cooperative", "Membership"]]  # {short name: (cooperative, its first steward)}

SOURCE = "Drawn by hand for the demonstration; no survey"
UNION = "jura-union"
SOCIETIES = ("sedge", "moss", "clover")
UNION_STORY = (
    "Cheese, charcoal and courses from the same valleys: what one of us lacks, another has. Each cooperative votes "
    "with the number of its people."
)
FOREST = (
    "Tall trees over the cocoa: they give shade, leaf litter and firewood. Fern weeds around the seedlings and brings "
    "the husks back."
)
# Outlines as corners, longitude and latitude in degrees: (path, since, corners).
OUTLINES: tuple[tuple[str, date, tuple[tuple[float, float], ...]], ...] = (
    ("gh/ashanti", date(2010, 1, 1), (
        (-2.35, 6.62), (-2.05, 6.2), (-1.72, 5.98), (-1.3, 6.08), (-1.05, 6.42), (-0.75, 6.62), (-0.42, 7.02),
        (-0.86, 7.31), (-1.38, 7.52), (-1.86, 7.36), (-2.2, 7.04),
    )),
    ("gh/ashanti/kumasi", date(2010, 1, 1), ((-1.68, 6.66), (-1.6, 6.63), (-1.55, 6.69), (-1.6, 6.75), (-1.67, 6.73))),
    ("gh/ashanti/kumasi", date(2022, 1, 1), (
        (-1.76, 6.63), (-1.65, 6.55), (-1.51, 6.58), (-1.45, 6.7), (-1.54, 6.81), (-1.67, 6.82), (-1.75, 6.74),
    )),
    ("fr/jura", date(2010, 1, 1), (
        (5.25, 46.5), (5.42, 46.29), (5.72, 46.27), (6.02, 46.37), (6.15, 46.6), (6.2, 46.78), (5.95, 46.96),
        (5.8, 47.13), (5.52, 47.28), (5.38, 47.08), (5.3, 46.8),
    )),
    ("fr/jura/poligny", date(2010, 1, 1), ((5.66, 46.82), (5.72, 46.79), (5.78, 46.82), (5.75, 46.88), (5.68, 46.88))),
)  # fmt: skip


def bring_together(stewards: Stewards, *, began: datetime, now: datetime, times: int = 1) -> Stewards:
    """Everything that stands beside making and selling, through the services; answers the union and its steward."""
    _draw_places(stewards, began)
    union = _found_union(stewards, began=now - timedelta(days=400), now=now, times=times)
    for n in range(times):
        _knock(stewards, now, f"-{n}" if n else "")
        _register_forest(stewards["fern"][1], n, began=now - timedelta(days=300))
    return {UNION: union}


def _draw_places(stewards: Stewards, at: datetime) -> None:
    for by, inside in ((stewards["fern"][1], "gh/"), (stewards["sedge"][1], "fr/")):
        for path, since, corners in OUTLINES:
            if path.startswith(inside):
                ring = [[x, y] for x, y in (*corners, corners[0])]
                feature = {
                    "type": "Feature", "properties": {"path": path},
                    "geometry": {"type": "Polygon", "coordinates": [ring]},
                }  # fmt: skip
                import_boundaries(
                    data=json.dumps(feature).encode(), since=since, source=SOURCE, by=by, at=at, is_rehearsal=False
                )


def _found_union(stewards: Stewards, *, began: datetime, now: datetime, times: int) -> tuple[Cooperative, Membership]:
    """Cooperatives of the Jura in a union, three of them, which has capital of each, and two notices on the board."""
    lise = register_person(name="Lise", email="lise@rennet.example")
    union = found_cooperative(name="Jura Union", slug=UNION, place="fr/jura", at=began, by=lise)
    steward = membership_in(lise, UNION)
    assert steward is not None, "who founds a cooperative is a member of it"
    tell_story(cooperative=union, story=UNION_STORY, by=steward)
    set_weight(cooperative=union, by_people=True, by=steward)
    for number, slug in enumerate(slug for slug in stewards if slug.partition("-")[0] in SOCIETIES):
        inside, by = stewards[slug]
        assert by.member is not None, "a first steward is a person"
        request = ask_to_join(
            cooperative=union, society=inside, person=by.member, name=by.name, language="en",
            at=began + timedelta(days=1 + number),
        )  # fmt: skip
        accept_request(request=request, by=steward, at=began + timedelta(days=4 + number))
        seat = union.memberships.get(society=inside)
        pay_in_capital(
            by=steward, giver=seat, amount=20_000, keeper=f"bank/{UNION}", statement_line=f"{UNION}-capital-{slug}",
            at=began + timedelta(days=8 + number),
        )  # fmt: skip
    notices: tuple[tuple[str, dict[str, Any]], ...] = (
        ("sedge", {"is_wanted": True, "kind": "work", "title": "Hands to turn wheels in August",
                   "words": "Two mornings a week, in the cellar at Poligny. Paid by the hour as our own are."}),
        ("moss", {"is_wanted": False, "kind": "equipment", "title": "Kiln free on Tuesdays",
                  "words": "Bring your own wood; we show how it is run."}),
    )  # fmt: skip
    posted = [
        post_notice(by=stewards[slug][1], place="fr/jura", at=now - timedelta(days=6), **said)
        for slug, said in notices * times
    ]
    answer_notice(
        notice=posted[0], words="I can come on Mondays.", language="en", by=stewards["clover"][1],
        at=now - timedelta(days=4),
    )  # fmt: skip
    return union, steward


def _knock(stewards: Stewards, now: datetime, number: str) -> None:
    """At Fern, one person asked to come in and one was invited; neither is a member yet."""
    fern, ada = stewards["fern"]
    adwoa = register_person(name="Adwoa", email=f"adwoa{number}@rennet.example")
    ask_to_join(
        cooperative=fern, person=adwoa, name="Adwoa", language="en",
        words="I dry cocoa for my aunt, and would like to learn roasting.",
        at=now - timedelta(days=3),
    )  # fmt: skip
    invite(
        cooperative=fern, email=f"kwame{number}@rennet.example", language="en", by=ada, at=now - timedelta(days=1),
        key=f"demo/invitation{number}",
    )  # fmt: skip


def _register_forest(by: Membership, number: int, *, began: datetime) -> None:
    """A forest that gave firewood, and to which husks and hours of care came back."""
    forest = register_agent(
        by=by,
        name="Shade forest of Offin" if not number else f"Shade forest of Offin {number + 1}",
        slug="offin-shade" if not number else f"offin-shade-{number + 1}",
        kind="forest",
        words=FOREST,
        place="gh/ashanti",
        at=began,
    )
    own, body = f"{by.cooperative.address}/goods", f"{forest.address}/body"
    exchanged = (
        ("firewood", "transfer", (body, own, "g", 620_000)),
        ("husks", "raise", (own, body, "g", 180_000)),
        ("weeding", "work", (f"{by.address}/work/care", body, "min", 960)),
    )
    for days, (name, action, flow) in enumerate(exchanged, start=1):
        record_entry(
            key=f"demo/{forest.slug}/{name}", action=action, purpose="care", flows=[flow], by=(by.address,),
            at=began + timedelta(days=30 * days), evidence="declared",
        )  # fmt: skip
