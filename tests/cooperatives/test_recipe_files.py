"""Recipes as files of Open Know-How: written, read, and brought in as drafts."""

import tomllib
from base64 import b64encode

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile

from cooperatives.queries import recipes as queries
from cooperatives.rules.manifests import (
    LabelsTravelSigned,
    ManifestWithoutLicense,
    ManifestWithoutTitle,
    NoManifest,
    read_manifest,
)
from cooperatives.services.labels import set_label
from cooperatives.services.people import admit_member
from cooperatives.services.recipes import publish_version
from ledger.queries import units
from tests.cooperatives.test_recipes import fork, made, recipe
from tests.world import world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

HERE = "http://testserver/recipes/"
FULL = {
    "summary": "Seventy-two parts of cocoa.\nFor cold days.",
    "inputs": [
        {"goods": "Wet beans", "unit": "g", "quantity": 50_000}, {"goods": "Cane sugar", "unit": "g", "quantity": 4_000}
    ],
    "outputs": [
        {"goods": "Chocolate", "unit": "bar", "quantity": 400, "value": 3},
        {"goods": "Shells", "unit": "g", "quantity": 900, "is_scrap": True},
    ],
    "steps": [{"text": "Roast at 120 °C", "minutes": 40}], "energy": [{"source": "made-here", "watt_hours": 4_000}],
    "equipment": ["Oven", "Mould"], "allocation": "economic", "terms": "peers", "readiness": 6,
    "adaptations": [{"place": "Kumasi", "instead_of": "Cane", "uses": "Panela", "reason": "It is here"}],
}  # fmt: skip
LOOM = """okhv = "2.0"
name = "OHLOOM"
repo = "https://gitlab.com/OSEGermany/ohloom"
version = "0.10.0"
license = "CC-BY-SA-4.0"
licensor = "Jens Meisner <jens@ose.example>"
organisation = "OSE Germany e.V."
technology-readiness-level = "OTLR-5"
function = "A simple, hand-operated weaving loom made of wood."
bom = "sBoM.csv"
manufacturing-instructions = "/Documentation/Assembly_Guide/AssemblyGuide.md"
fabric-width = 400
mass = { value = 4.5, unit = "kg" }
[[part]]
name = "Clamp Ring"
source = "/3DParts/ClampRing/ClampRing.scad"
"""
LAMP = """%Open Know-How Manifest 1.0
---
date-created: 2020-02-03
title: Désk lamp
description: |
  A lamp.
  It bends.
intended-use: Reading
project-link: https://lamp.example/
license:
  hardware: CERN-OHL-S-2.0
  documentation: CC-BY-SA-4.0
contributors:
  - name: Ama Owusu
    affiliation: Lamp works
making-instructions:
  - path: build.pdf
    title: Building it
derivative-of:
  title: Another lamp
  web: https://elsewhere.example/lamp
wattage: 7
"""


def sent(client, content, slug="fern", **more):
    where = f"/cooperatives/{slug}/recipes/file/"
    return client.post(where, {"recipe": SimpleUploadedFile("okh.yml", content)} | more)


class TestWriteManifest:
    @pytest.mark.parametrize("kind", ["yml", "toml"])
    def test_what_we_wrote_we_read_again(self, client, kind):
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        version = recipe(w, **FULL)
        answer = client.get(f"/recipes/dark-72/okh.{kind}")
        assert answer.headers["Content-Disposition"] == (
            f'attachment; filename="{"okh-dark-72.yml" if kind == "yml" else "okh.toml"}"'
        )
        read = read_manifest(answer.content, HERE)
        assert read.kind == kind
        kept = {"name", "license", *FULL}
        assert {name: read.said[name] for name in kept} == {name: version.body[name] for name in kept}
        client.force_login(oak.people["ada"])
        page = sent(client, answer.content, "oak").text
        assert "Keep it as a draft" in page
        assert queries.recipes_of(oak.fern) == []
        seen = b64encode(answer.content).decode()
        assert client.post("/cooperatives/oak/recipes/file/", {"seen": seen, "keep": "1"}).status_code == 302
        draft = queries.recipes_of(oak.fern)[0]
        assert draft.published_at is None
        assert draft.body["source"] == HERE + "dark-72/?version=1"
        publish_version(by=oak.ada, version=draft, at=oak.later())

    def test_version_1_says_what_its_readers_need(self, client):
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        dark = recipe(w, authors=[{"who": w.ben.address, "role": "maker", "minutes": 60}])
        milk = fork(oak, dark)
        made(w, dark)
        content = client.get("/recipes/dark-72/okh.yml").content
        assert content.startswith(b"%Open Know-How Manifest 1.0\n---\n")
        said = yaml.safe_load(content)
        assert said["title"] == "Dark 72"
        assert said["license"] == {"hardware": "CC-BY-SA-4.0", "documentation": "CC-BY-SA-4.0"}
        assert (said["made"], said["made-independently"]) == (True, False)
        assert w.ben.address.encode() not in content, "nobody is named who did not ask to be"
        assert b"Ben" not in content
        w.ben.name_shown_to = "public"
        w.ben.save()
        assert yaml.safe_load(client.get("/recipes/dark-72/okh.yml").content)["contributors"] == [{"name": "Ben"}]
        made(oak, milk)
        said = yaml.safe_load(client.get("/recipes/milk-50/okh.yml").content)
        assert said["derivative-of"] == {"title": "Dark 72", "web": HERE + "dark-72/?version=1"}
        assert read_manifest(client.get("/recipes/milk-50/okh.yml").content, HERE).said["parents"] == [["dark-72", 1]]

    def test_losh_has_what_its_schema_requires(self, client):
        w = world()
        recipe(w, **FULL)
        said = tomllib.loads(client.get("/recipes/dark-72/okh.toml").text)
        for field in ("okhv", "name", "repo", "version", "license", "licensor", "function"):
            assert isinstance(said[field], str), field
            assert said[field], field
        assert said["technology-readiness-level"] == "OTRL-5"
        assert said["rennet-recipe"]["readiness"] == 6

    def test_a_secret_recipe_has_no_file_for_others(self, client):
        w = world()
        dark = recipe(w)
        set_label(by=w.ada, recipe=dark.recipe, code="TK-CO", text="Ours.", at=w.later())
        assert client.get("/recipes/dark-72/okh.yml").status_code == 404
        client.force_login(w.people["ben"])
        assert client.get("/recipes/dark-72/okh.yml").status_code == 200
        assert client.get("/recipes/dark-9/okh.yml").status_code == 404


class TestReadManifest:
    def test_a_loom_of_losh(self):
        read = read_manifest(LOOM.encode(), HERE)
        assert read.said == {
            "name": "OHLOOM", "license": "CC-BY-SA-4.0", "source": "https://gitlab.com/OSEGermany/ohloom",
            "summary": "A simple, hand-operated weaving loom made of wood.", "readiness": 5,
            "credits": ["Jens Meisner", "OSE Germany e.V."],
            "steps": [{"text": "/Documentation/Assembly_Guide/AssemblyGuide.md"}],
            "outputs": [{"goods": "OHLOOM", "unit": "ohloom", "quantity": 1}],
        }  # fmt: skip
        assert read.grams == 4_500
        assert dict(read.left) == {
            "okhv": "theirs", "version": "theirs", "bom": "file", "fabric-width": "unknown", "part": "elsewhere",
        }  # fmt: skip

    def test_a_lamp_of_version_1(self):
        read = read_manifest(LAMP.encode(), HERE)
        assert read.said["summary"] == "A lamp. It bends. Reading"
        assert read.said["license"] == "CERN-OHL-S-2.0 AND CC-BY-SA-4.0"
        assert read.said["credits"] == ["Ama Owusu, Lamp works"]
        assert read.said["steps"] == [{"text": "Building it: build.pdf"}]
        assert read.said["outputs"][0]["unit"] == "desk-lamp"
        assert dict(read.left) == {"date-created": "theirs", "wattage": "unknown", "derivative-of": "elsewhere"}

    @pytest.mark.parametrize(
        ("mass", "grams"),
        [
            ('{ value = 999_999, unit = "kg" }', 999_999_000), ('{ value = 1_000_000_000, unit = "g" }', None),
            ('{ value = inf, unit = "g" }', None), ('{ value = 0, unit = "g" }', None),
            ('{ value = -3, unit = "g" }', None), ('{ value = 3, unit = "lb" }', None), ('"3 kg"', None),
        ],
    )  # fmt: skip
    def test_takes_a_mass_that_one_piece_can_have(self, mass, grams):
        read = read_manifest(LOOM.replace('{ value = 4.5, unit = "kg" }', mass).encode(), HERE)
        assert read.grams == grams
        assert (("mass", "unknown") in read.left) == (grams is None)

    @pytest.mark.parametrize("link", ["javascript:alert(1)", "ftp://loom.example/", "/ohloom", "data:text/html,x"])
    def test_takes_no_address_that_is_not_of_the_web(self, link):
        read = read_manifest(LOOM.replace("https://gitlab.com/OSEGermany/ohloom", link).encode(), HERE)
        assert "source" not in read.said

    @pytest.mark.parametrize(
        ("content", "refusal"),
        [
            (b"", NoManifest), (b"\xff\xfe\x00", NoManifest), (b"just words", NoManifest), (b"a: [", NoManifest),
            (b"1: x", NoManifest), (b"- a", NoManifest), (b"title: !!python/object:os.system x", NoManifest),
            (b"a: &a [1]\ntitle: *a", NoManifest), (b"title: " + b"[" * 4_000, NoManifest),
            (b"a = " + b"[" * 100_000, NoManifest), (b"title: x\nx: 2020-99-99\n", NoManifest),
            (b"title: " + b"x" * 300_000, NoManifest), (b"license: MIT", ManifestWithoutTitle),
            (b"title: [x]\nlicense: MIT", ManifestWithoutTitle), (b"title: x", ManifestWithoutLicense),
            (b"title: x\nlicense: {hardware: 3}", ManifestWithoutLicense),
            (b"title: x\nlicense: MIT\nrennet-recipe: {labels: [1]}", LabelsTravelSigned),
        ],
    )  # fmt: skip
    def test_refuses_what_it_cannot_read(self, content, refusal):
        with pytest.raises(refusal):
            read_manifest(content, HERE)


class TestBringManifest:
    def test_a_strange_one_becomes_a_draft_that_can_be_published(self, client):
        w = world()
        client.force_login(w.people["ben"])
        page = sent(client, LOOM.encode()).text
        for words in ("OHLOOM", "Jens Meisner; OSE Germany e.V.", "fabric-width", "a recipe has no place for it"):
            assert words in page, words
        assert queries.recipes_of(w.fern) == []
        assert units(["ohloom"]) == {}
        for _ in range(2):
            assert sent(client, LOOM.encode(), keep="1").status_code == 302
        (draft,) = queries.recipes_of(w.fern)
        assert units(["ohloom"])["ohloom"].grams == 4_500
        publish_version(by=w.ada, version=draft, at=w.later())
        page = client.get("/recipes/ohloom/").text
        assert "https://gitlab.com/OSEGermany/ohloom" in page
        assert "Jens Meisner" in page

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"nothing", "no Open Know-How manifest"), (b"title: x\nlicense: Mine", "SPDX list"),
            (b"title: x\nlicense: MIT\nrennet-recipe: {outputs: [{goods: x}]}", "This is no recipe"),
            (b"title: x\nlicense: MIT\nrennet-recipe: {steps: 7}", "This is no recipe"),
            (b"title: x\nlicense: MIT\nrennet-recipe: {outputs: [3], equipment: {a: b}}", "This is no recipe"),
        ],
    )  # fmt: skip
    def test_a_bad_file_gets_a_clear_sentence(self, client, content, words):
        w = world()
        client.force_login(w.people["ben"])
        answer = sent(client, content)
        assert answer.status_code == 422
        assert words in answer.text
        assert "Keep it as a draft" not in answer.text
        assert client.post("/cooperatives/fern/recipes/file/", {}).status_code == 400
        assert client.post("/cooperatives/fern/recipes/file/", {"seen": "%%"}).status_code == 400

    def test_only_writers_bring_one(self, client):
        w = world()
        client.force_login(w.dov)
        assert sent(client, LOOM.encode(), keep="1").status_code == 404
        about = {"cooperative": w.fern, "name": "Eve", "place": None, "roles": ["auditor"], "member": w.dov}
        admit_member(**about, at=w.later(), by=w.ada)
        assert client.get("/cooperatives/fern/recipes/file/").status_code == 403
        assert sent(client, b"nothing").status_code == 403, "before anybody reads the file"
        assert queries.recipes_of(w.fern) == []
        client.force_login(w.people["ben"])
        assert client.get("/cooperatives/fern/recipes/file/").status_code == 200


def test_words_of_several_lines_can_be_published_and_set_as_a_label():
    w = world()
    dark = recipe(w, summary="One.\r\n\r\nTwo\u0000 e\u0301.")
    assert dark.body["summary"] == "One. Two \u00e9."
    label = set_label(by=w.ada, recipe=dark.recipe, code="TK-A", text="Say\nwhose it is.", at=w.later())
    assert label.text == "Say whose it is."
