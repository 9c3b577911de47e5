"""axe-core, the accessibility checker, fetched once into the data folder: its licence (MPL-2.0) is not ours."""

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from config.folder import open_data

VERSION = "4.14.1"
SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
ALL = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}  # all that another scheme can break


def violations(page: Page, rules: dict[str, Any] = ALL) -> list[str]:
    """What breaks WCAG 2.2 A or AA on the page as it stands, a line each, with the element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(source())
    found: dict[str, Any] = page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", rules
    )
    return [
        f"{one['id']}: {node['html'][:160]} ({node['failureSummary'].splitlines()[-1].strip()})"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@cache
def source() -> str:
    kept = open_data() / f"axe-core-{VERSION}.js"
    if not kept.exists():
        _fetch(kept)
    return kept.read_text()


def _fetch(target: Path) -> None:
    if not shutil.which("npm"):
        pytest.skip("NOT CHECKED for accessibility: axe-core comes by npm, and this machine has none.")
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(
            ["npm", "pack", "--silent", f"axe-core@{VERSION}"],
            cwd=folder,
            capture_output=True,
            timeout=120,
            check=False,
        )
        archive = Path(folder, f"axe-core-{VERSION}.tgz")
        if packed.returncode or not archive.exists():
            pytest.skip("NOT CHECKED for accessibility: npm could not fetch axe-core.")
        if base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != SHA512:
            pytest.fail("The axe-core that npm fetched is not the one we know.")
        with tarfile.open(archive) as tar:
            inside = tar.extractfile("package/axe.min.js")
            assert inside is not None
            # Several workers may fetch at once: each writes beside and renames.
            half_written = Path(tempfile.mkstemp(dir=target.parent)[1])
            half_written.write_bytes(inside.read())
            half_written.rename(target)
