"""What is served beside the pages: whole, licensed and small enough."""

import gzip
import hashlib
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "config" / "static"
TEMPLATES = [path for app in ("config", "ledger", "cooperatives", "market", "reports")
             for path in (STATIC.parents[1] / app / "templates").rglob("*.html")]  # fmt: skip


pytestmark = pytest.mark.quick


class TestStatic:
    def test_the_figure_bundle_is_the_one_that_was_built(self) -> None:
        checksum = (STATIC / "plotly" / "VERSION").read_text().split()[-2]
        assert hashlib.sha256((STATIC / "plotly" / "plotly.min.js").read_bytes()).hexdigest() == checksum

    def test_fonts_come_with_their_licence(self) -> None:
        fonts = STATIC / "look" / "fonts"
        assert len(list(fonts.glob("*.woff2"))) == len(list(fonts.glob("OFL-*.txt"))) == 2

    def test_the_frame_is_light(self) -> None:
        """Style sheet, fonts and mark: what every page loads first, in the bytes that travel."""
        look = STATIC / "look"
        travels = len(gzip.compress((look / "rennet.css").read_bytes())) + sum(
            path.stat().st_size for path in (look / "fonts").glob("*.woff2")
        )
        assert travels < 95_000


class TestTemplates:
    def test_no_inline_style_or_script_or_handler(self) -> None:
        """The content policy would refuse them, and a page that needs them would break where nobody looks."""
        for path in TEMPLATES:
            if "mails" in path.parts or path.name.endswith(".mail.html"):
                continue
            text = path.read_text()
            assert not re.search(r"\sstyle=|\son[a-z]+=\"", text), path
            for script in re.findall(r"<script[^>]*>", text):
                assert "nonce" in script or "application/json" in script, (path, script)
