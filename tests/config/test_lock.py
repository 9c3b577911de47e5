"""What is declared, what is pinned and what is installed are the same."""

import re
import tomllib
from importlib.metadata import version

import pytest
from packaging.requirements import Requirement

from config.folder import PROJECT

pytestmark = pytest.mark.quick

DECLARED = tomllib.loads((PROJECT / "pyproject.toml").read_text())
RUNTIME = [Requirement(line) for line in DECLARED["project"]["dependencies"]]
DEVELOPMENT = [Requirement(line) for line in DECLARED["dependency-groups"]["dev"]]


def pins(name: str) -> dict[str, str]:
    lines = (PROJECT / "deploy" / name).read_text().splitlines()
    found = (re.match(r"([a-z0-9._-]+)(?:\[[a-z,]+\])?==([^ ;\\]+)", line) for line in lines)
    return {match[1]: match[2] for match in found if match}


class TestLock:
    @pytest.mark.parametrize("declared", RUNTIME, ids=str)
    def test_runtime_pins_lie_in_their_ranges(self, declared: Requirement) -> None:
        assert declared.specifier.contains(pins("requirements.txt")[declared.name])

    @pytest.mark.parametrize("declared", DEVELOPMENT, ids=str)
    def test_development_pins_lie_in_their_ranges(self, declared: Requirement) -> None:
        assert declared.specifier.contains(pins("requirements-dev.txt")[declared.name])

    def test_development_holds_the_runtime_with_the_same_pins(self) -> None:
        assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()

    @pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
    def test_names_no_index_and_hashes_everything(self, name: str) -> None:
        words = (PROJECT / "deploy" / name).read_text()
        assert "://" not in words and "--index" not in words and "--find-links" not in words
        blocks = re.split(r"\n(?=[a-z0-9])", words)
        assert all("--hash=sha256:" in block for block in blocks if "==" in block.split("\n", 1)[0])

    def test_what_is_installed_is_what_is_pinned(self) -> None:
        for declared in RUNTIME + DEVELOPMENT:
            assert version(declared.name) == pins("requirements-dev.txt")[declared.name]
