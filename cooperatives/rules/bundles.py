"""Recipes with their lineage, labels and permissions in one signed file, for another market.

The file is JSON: the words as one string, and over their hash a signed note (https://c2sp.org/signed-note) by the key
of the market's log. The note's first line is our own, so that neither can a bundle be taken for a checkpoint, nor a
checkpoint for a bundle.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from graphlib import CycleError, TopologicalSorter
from hashlib import sha256
from typing import Any

from cooperatives.rules.labels import LABELS
from cooperatives.rules.names import plain_name
from cooperatives.rules.recipes import one_line
from ledger.rules.notes import BadNote, Note, SignerKey, VerifierKey, encode
from ledger.rules.refusal import BadInput

FORMAT = "rennet-bundle/v1"
MOST_BYTES = 2 * 1024 * 1024
MOST = 200  # recipes in a bundle, and versions of one


class NoBundle(BadInput):
    """This is no bundle of recipes that we can read."""


class BundleTampered(BadInput):
    """The signature does not fit: this file was changed after it was signed, or {origin} did not sign it. Nothing was
    brought in."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One version in a bundle: `credits` are the authors who show their names, `parents` stand in the body."""

    number: int
    published_at: datetime
    body: dict[str, Any]
    credits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A label in a bundle, in its community's words."""

    code: str
    text: str
    months: tuple[int, ...]
    set_at: datetime


@dataclass(frozen=True, slots=True)
class Permitted:
    """That a recipe's community lets a cooperative of another market (named by its log) sell what it makes by it."""

    market: str
    cooperative: str
    words: str
    given_at: datetime


@dataclass(frozen=True, slots=True)
class Brought:
    """A recipe in a bundle: known everywhere by the log under which it began (`origin`) and its short name there
    (`name_there`); `slug` is what the bundle itself calls it."""

    slug: str
    origin: str
    name_there: str
    name: str
    community: str
    versions: tuple[Wording, ...]
    labels: tuple[Asked, ...]
    permissions: tuple[Permitted, ...] = ()


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a bundle says, once its signature held. `grams` are of one of each counted thing."""

    key: VerifierKey
    made_at: datetime
    recipe: str
    recipes: tuple[Brought, ...]
    grams: dict[str, int | None]
    sha256: str

    @property
    def origin(self) -> str:
        return self.key.name

    @property
    def main(self) -> Brought:
        """The recipe that the bundle was made for; the others stand behind it."""
        return next(each for each in self.recipes if each.slug == self.recipe)


def write_bundle(
    *, recipe: str, recipes: Sequence[Brought], grams: Mapping[str, int | None], made_at: datetime, key: SignerKey
) -> bytes:
    """The file, signed."""
    said = {
        "made_at": _write_time(made_at), "recipe": recipe, "grams": dict(grams),
        "recipes": [
            {
                "slug": each.slug, "origin": each.origin, "name_there": each.name_there, "name": each.name,
                "community": each.community,
                "versions": [
                    {"number": v.number, "published_at": _write_time(v.published_at), "body": v.body,
                     "credits": list(v.credits)}
                    for v in each.versions
                ],
                "labels": [
                    {"code": a.code, "text": a.text, "months": list(a.months), "set_at": _write_time(a.set_at)}
                    for a in each.labels
                ],
                "permissions": [
                    {"market": p.market, "cooperative": p.cooperative, "words": p.words,
                     "given_at": _write_time(p.given_at)}
                    for p in each.permissions
                ],
            }
            for each in recipes
        ],
    }  # fmt: skip
    words = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    text = _signed_text(key.name, words)
    note = Note(text, (key.sign(text),))
    file = {"format": FORMAT, "key": str(key.verifier), "note": str(note), "words": words}
    return json.dumps(file, ensure_ascii=False, indent=1).encode()


def is_bundle(content: bytes) -> bool:
    """Whether a file means to be one of ours."""
    return content.lstrip()[:1] == b"{"


def read_bundle(content: bytes) -> Bundle:
    """What a bundle says, if whoever it names signed just that. Raises NoBundle, BundleTampered."""
    try:
        file = json.loads(content) if len(content) <= MOST_BYTES else None
        if not isinstance(file, dict) or file.get("format") != FORMAT:
            raise NoBundle()
        words, key, note = file["words"], VerifierKey.parse(file["key"]), Note.parse(file["note"])
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise NoBundle() from None
    try:
        is_theirs = note.text == _signed_text(key.name, words) and key in note.signed_by([key])
    except (BadNote, AttributeError):
        is_theirs = False
    if not is_theirs:
        raise BundleTampered(origin=key.name)
    try:
        return _read(json.loads(words), key, sha256(words.encode()).hexdigest())
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration, RecursionError):
        raise NoBundle() from None


def _read(said: Any, key: VerifierKey, digest: str) -> Bundle:
    recipes = tuple(_read_recipe(row) for row in said["recipes"])
    slugs = {each.slug for each in recipes}
    parents = {
        each.slug: {str(slug) for v in each.versions for slug, _ in v.body.get("parents", ())} - {each.slug}
        for each in recipes
    }
    known = {(each.slug, v.number) for each in recipes for v in each.versions}
    cited = {(str(s), int(n)) for each in recipes for v in each.versions for s, n in v.body.get("parents", ())}
    if len(slugs) != len(recipes) or not 0 < len(recipes) <= MOST or not cited <= known or said["recipe"] not in slugs:
        raise ValueError
    try:
        TopologicalSorter(parents).prepare()
    except CycleError:
        raise ValueError from None
    grams = {str(unit): None if mass is None else int(mass) for unit, mass in said["grams"].items()}
    return Bundle(key, _read_time(said["made_at"]), str(said["recipe"]), recipes, grams, digest)


def _read_recipe(row: Any) -> Brought:
    versions = tuple(
        Wording(int(v["number"]), _read_time(v["published_at"]), dict(v["body"]), tuple(map(one_line, v["credits"])))
        for v in sorted(row["versions"], key=lambda v: int(v["number"]))
    )
    labels = tuple(
        Asked(str(a["code"]), one_line(a["text"])[:2000], tuple(map(int, a["months"])), _read_time(a["set_at"]))
        for a in row["labels"]
    )
    permissions = tuple(
        Permitted(one_line(p["market"]), str(p["cooperative"]), one_line(p["words"])[:300], _read_time(p["given_at"]))
        for p in row.get("permissions", ())  # bundles had none before
    )
    slug, there = str(row["slug"]), str(row["name_there"])
    origin, name, community = (one_line(row[field]) for field in ("origin", "name", "community"))
    is_sound = (
        plain_name(slug) == slug != "" and plain_name(there) == there != "" and 0 < len(origin) <= 200
        and 0 < len(name) <= 100 and 0 < len(community) <= 200 and len(versions) <= MOST
        and [v.number for v in versions] == list(range(1, len(versions) + 1)) and versions
        and all(a.code in LABELS and a.text and all(1 <= m <= 12 for m in a.months) for a in labels)
        and len({a.code for a in labels}) == len(labels)
        and all(0 < len(p.market) <= 200 and plain_name(p.cooperative) == p.cooperative != "" for p in permissions)
    )  # fmt: skip
    if not is_sound:
        raise ValueError
    return Brought(slug, origin, there, name, community, versions, labels, permissions)


def _signed_text(origin: str, words: str) -> str:
    return f"{FORMAT}\n{origin}\n{encode(sha256(words.encode()).digest())}\n"


def _write_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _read_time(said: Any) -> datetime:
    at = datetime.fromisoformat(said)
    if at.tzinfo is None:
        raise ValueError
    return at
