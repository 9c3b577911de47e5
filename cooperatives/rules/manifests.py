"""Recipes as Open Know-How manifests, written and read: version 1 (YAML) and LOSH (TOML).

Specifications: https://github.com/iop-alliance/OKH-Markdown-Test/blob/main/okh.md and
https://github.com/OPEN-NEXT/OKH-LOSH. What they have no field for stands beside their fields, under `rennet-recipe`.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import tomli_w
import yaml

from cooperatives.rules.names import plain_name
from cooperatives.rules.recipes import LONGEST, MOST_ADDRESS, MOST_WORDS, READINESS, Design, one_line, write_design
from ledger.rules.refusal import BadInput, Refusal

YAML, TOML = "yml", "toml"
NAMES = {YAML: "okh-{slug}.yml", TOML: "okh.toml"}  # as each specification wants the file called
TYPES = {YAML: "application/yaml", TOML: "application/toml"}
MOST_BYTES = 256 * 1024
DEEPEST = 20
OWN = "rennet-recipe"
DECLARED = "%Open Know-How Manifest 1.0\n---\n"
LOSH = "OKH-LOSHv1.0"
LOSH_LEVELS = range(1, 6)  # what its schema lists
_OURS = ("inputs", "outputs", "steps", "energy", "equipment", "adaptations", "allocation", "terms", "readiness")
_THEIRS = frozenset(
    """
    okhv date-created date-updated manifest-author version made made-independently contact keywords release
    manifest-language documentation-language documentation-readiness-level manifest_language documentation_language
    """.split()
)
_FILES = frozenset(
    """
    image readme bom tool-list design-files schematics manufacturing-files risk-assessment tool-settings
    quality-instructions operating-instructions maintenance-instructions disposal-instructions software user-manual
    archive-download source export auxiliary attestation contribution-guide
    """.split()
)
_LEVEL = re.compile(r"OT(?:RL|LR)[- ]?([1-9])\**")


class NoManifest(BadInput):
    """This is no Open Know-How manifest that we can read: send the YAML or TOML file itself, in UTF-8."""


class ManifestWithoutTitle(BadInput):
    """This manifest does not say what the thing is called, so it cannot become a recipe."""


class ManifestWithoutLicense(BadInput):
    """This manifest names no licence, so nobody may make another recipe of it."""


class LabelsTravelSigned(Refusal):
    """The community behind this recipe has set labels on it. Bring it in as a signed bundle, which carries them."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a manifest says of a version that the version itself does not: where it is, whose, and who may be named.

    `parents` are (name, address of the version), `labels` (code, words, community).
    """

    page: str
    community: str
    number: int
    begun_on: date
    published_on: date
    is_made: bool = False
    is_made_elsewhere: bool = False
    people: tuple[str, ...] = ()
    parents: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a file says: a recipe as plain data, what each of its fields became, and why the others were left.

    A reason is one of file (a link that we do not fetch), theirs (about their own project), elsewhere (another
    recipe, which is not here), unknown. `grams` is the mass of one piece of what comes out, where the file says it.
    """

    kind: str
    said: dict[str, Any]
    taken: tuple[tuple[str, str], ...]
    left: tuple[tuple[str, str], ...]
    grams: int | None = None


def write_manifest(design: Design, facts: Facts, kind: str) -> bytes:
    """The file, in UTF-8."""
    if kind == TOML:
        return tomli_w.dumps(_losh(design, facts)).encode()
    body = yaml.safe_dump(_version_1(design, facts), allow_unicode=True, sort_keys=False, width=100)
    return (DECLARED + body).encode()


def read_manifest(content: bytes, here: str) -> Manifest:
    """What a file says; `here` is how addresses of this market's recipes begin.

    Raises NoManifest, ManifestWithoutTitle, ManifestWithoutLicense, LabelsTravelSigned.
    """
    kind, fields = _parse(content)
    return _Reader(kind, fields, here).read()


def _version_1(design: Design, facts: Facts) -> dict[str, Any]:
    said: dict[str, Any] = {
        "date-created": facts.begun_on, "date-updated": facts.published_on,
        "manifest-author": {"name": facts.community}, "title": design.name,
        "description": design.summary or design.name, "keywords": _keywords(design), "project-link": facts.page,
        "contributors": [{"name": name} for name in (*facts.people, *design.credits)],
        "version": str(facts.number), "development-stage": f"OTRL-{design.readiness}", "made": facts.is_made,
        "made-independently": facts.is_made_elsewhere,
    }  # fmt: skip
    if facts.parents:
        said["derivative-of"] = {"title": facts.parents[0][0], "web": facts.parents[0][1]}
    said |= {
        "license": {"hardware": design.license, "documentation": design.license},
        "licensor": {"name": facts.community}, "documentation-home": facts.page,
        "making-instructions": [{"path": facts.page, "title": design.name}], OWN: _own(design, facts),
    }  # fmt: skip
    return {name: value for name, value in said.items() if value != []}


def _losh(design: Design, facts: Facts) -> dict[str, Any]:
    level = min(design.readiness, LOSH_LEVELS[-1])
    return {
        "okhv": LOSH, "name": design.name, "repo": facts.page, "version": f"{facts.number}.0.0", "release": facts.page,
        "license": design.license, "licensor": ", ".join((*facts.people, *design.credits)) or facts.community,
        "organisation": facts.community, "technology-readiness-level": f"OTRL-{level}",
        "function": design.summary or design.name, "bom": facts.page, "manufacturing-instructions": facts.page,
        OWN: _own(design, facts),
    }  # fmt: skip


def _own(design: Design, facts: Facts) -> dict[str, Any]:
    """What neither format has a field for."""
    body = write_design(design)
    said: dict[str, Any] = {"format": 1} | {name: body[name] for name in _OURS if name in body}
    said |= {"credits": [*facts.people, *design.credits], "parents": [link for _name, link in facts.parents]}
    said["labels"] = [{"code": code, "text": text, "community": who} for code, text, who in facts.labels]
    return {name: value for name, value in said.items() if value != []}


def _keywords(design: Design) -> list[str]:
    return list(dict.fromkeys([row.goods for row in design.outputs] + [row.goods for row in design.inputs]))


def _parse(content: bytes) -> tuple[str, Mapping[str, Any]]:
    """Which format it is, and its fields. No alias and no great depth, which could unfold without end."""
    if not content or len(content) > MOST_BYTES:
        raise NoManifest()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NoManifest() from None
    try:
        return TOML, tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        pass
    if text.startswith("%"):
        text = text.partition("\n")[2]
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent) or depth > DEEPEST:
                raise NoManifest()
        fields = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        raise NoManifest() from None
    if not isinstance(fields, dict) or not all(isinstance(name, str) for name in fields):
        raise NoManifest()
    return YAML, fields


class _Reader:
    """Goes through the fields of one file."""

    def __init__(self, kind: str, fields: Mapping[str, Any], here: str) -> None:
        self.kind, self.fields, self.here = kind, fields, here
        own = fields.get(OWN)
        self.own: Mapping[str, Any] = own if isinstance(own, dict) else {}
        self.taken: list[tuple[str, str]] = []
        self.left: list[tuple[str, str]] = []

    def read(self) -> Manifest:
        if self.own.get("labels"):
            raise LabelsTravelSigned()
        name = self._text("title", "name") or self._text("name", "name")
        if not name:
            raise ManifestWithoutTitle()
        said: dict[str, Any] = {"name": name[:100], "license": self._license(), "summary": self._summary()}
        said |= {"source": self._source(), "credits": self._credits(), "readiness": self._readiness()}
        said |= {"steps": self._steps(), "parents": self._parents()}
        grams = self._grams()
        said["outputs"] = [{"goods": said["name"], "unit": _piece(said["name"]), "quantity": 1}]
        for field in (field for field in _OURS if field in self.own and field != "readiness"):
            said[field] = self.own[field]
            self.taken.append((f"{OWN}.{field}", field))
        used = {field for field, _ in self.taken} | {field for field, _ in self.left} | {OWN}
        self.left += [(field, _reason(field)) for field in self.fields if field not in used]
        kept = {field: value for field, value in said.items() if value not in ("", [], None)}
        return Manifest(self.kind, kept, tuple(self.taken), tuple(self.left), grams)

    def _text(self, field: str, becomes: str) -> str:
        value = self.fields.get(field)
        if not isinstance(value, str | int | float | date) or isinstance(value, bool) or not str(value).strip():
            return ""
        self.taken.append((field, becomes))
        return one_line(str(value))

    def _summary(self) -> str:
        fields = ("description", "intended-use", "indended-use", "health-safety-notice", "function")
        texts = [text for field in fields if (text := self._text(field, "summary"))]
        return " ".join(texts)[:MOST_WORDS]

    def _license(self) -> str:
        """The licence of each of its parts, joined: SPDX says AND where parts of one thing have several."""
        said = self.fields.get("license", self.fields.get("License"))
        parts = list(said.values()) if isinstance(said, dict) else [said]
        found = list(dict.fromkeys(part.strip() for part in parts if isinstance(part, str) and part.strip()))
        if not found:
            raise ManifestWithoutLicense()
        self.taken.append(("license" if "license" in self.fields else "License", "license"))
        return " AND ".join(f"({part})" if " " in part and len(found) > 1 else part for part in found)

    def _source(self) -> str:
        for field in ("project-link", "documentation-home", "repo"):
            link = self._text(field, "source")
            if link.startswith(("https://", "http://")):
                return link[:MOST_ADDRESS]
        return ""

    def _credits(self) -> list[str]:
        """Who is to be named: the contributors, else who licenses it."""
        if isinstance(self.own.get("credits"), list):
            self.taken += [(f, "credits") for f in ("contributors", "licensor", "organisation") if f in self.fields]
            return [one_line(name) for name in self.own["credits"] if isinstance(name, str)][:LONGEST]
        found: list[str] = []
        for field in ("contributors", "licensor"):
            names = list(_people(self.fields.get(field)))
            if names:
                self.taken.append((field, "credits"))
            found += names
        if organisation := self._text("organisation", "credits"):
            found.append(organisation)
        return list(dict.fromkeys(found))[:LONGEST]

    def _readiness(self) -> int | None:
        for field in ("development-stage", "technology-readiness-level"):
            level = _LEVEL.fullmatch(str(self.fields.get(field, "")).strip().upper())
            if level:
                self.taken.append((field, "readiness"))
                found = min(int(level[1]), READINESS[-1])
                ours = self.own.get("readiness")
                is_capped = self.kind == TOML and found == LOSH_LEVELS[-1] and ours == READINESS[-1]
                return READINESS[-1] if is_capped else found
        return None

    def _steps(self) -> list[dict[str, Any]]:
        """Instructions that stand elsewhere become steps that say where; our own steps are in our own part."""
        found: list[dict[str, Any]] = []
        for field in ("making-instructions", "manufacturing-instructions"):
            said = self.fields.get(field)
            rows = said if isinstance(said, list) else [said] if said else []
            texts = [one_line(_instruction(row)) for row in rows]
            if any(texts) and "steps" not in self.own:
                self.taken.append((field, "steps"))
                found += [{"text": text[:500]} for text in texts if text]
        return found[:LONGEST]

    def _parents(self) -> list[list[Any]]:
        found = []
        links = self.own.get("parents")
        if links is None:
            original = self.fields.get("derivative-of")
            links = [original.get("web") or original.get("manifest")] if isinstance(original, dict) else []
        for link in links if isinstance(links, list) else []:
            known = re.fullmatch(re.escape(self.here) + r"([a-z0-9-]{1,40})/\?version=([1-9][0-9]{0,5})", str(link))
            if known:
                found.append([known[1], int(known[2])])
        if found:
            self.taken.append(("derivative-of", "parents"))
        if "derivative-of" in self.fields and len(found) < max(len(links), 1):
            self.left.append(("derivative-of", "elsewhere"))
        return found

    def _grams(self) -> int | None:
        mass = self.fields.get("mass")
        value = mass.get("value") if isinstance(mass, dict) else None
        if not isinstance(mass, dict) or not isinstance(value, int | float) or not 0 < value < 10**9:
            return None
        grams = round(value * {"g": 1, "kg": 1000}.get(str(mass.get("unit")), 0))
        if not grams:
            return None
        self.taken.append(("mass", "outputs"))
        return grams


def _reason(field: str) -> str:
    if field in _FILES:
        return "file"
    if field in _THEIRS:
        return "theirs"
    return "elsewhere" if field in {"sub", "variant-of", "part"} else "unknown"


def _people(said: Any) -> Iterator[str]:
    for row in said if isinstance(said, Sequence) and not isinstance(said, str) else [said]:
        if isinstance(row, str) and row.strip():
            yield one_line(re.sub(r"\s*<[^>]*>", "", row))[:200]
        elif isinstance(row, dict) and isinstance(row.get("name"), str) and row["name"].strip():
            at = row.get("affiliation")
            yield one_line(f"{row['name']}, {at}" if isinstance(at, str) and at.strip() else row["name"])[:200]


def _instruction(row: Any) -> str:
    if isinstance(row, dict):
        title, path = (row.get(name) if isinstance(row.get(name), str) else "" for name in ("title", "path"))
        return f"{title}: {path}" if title and path else title or path or ""
    return row if isinstance(row, str) else ""


def _piece(name: str) -> str:
    """A unit for one of it, such as ohloom."""
    plain = plain_name(name)[:20].strip("-")
    return plain if plain[:1].isalpha() else f"piece-{plain}"[:20].strip("-")
