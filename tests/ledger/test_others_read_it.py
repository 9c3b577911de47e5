"""The published log, read by software that nobody here wrote: Go's sumdb packages, and aics-tlog."""

import os
import shutil
import subprocess
from pathlib import Path

import aics_tlog
import pytest

from ledger.rules.merkle import leaf_hash
from ledger.rules.notes import encode
from ledger.rules.tiles import Tree
from tests.ledger import published

SMALL = [pytest.param(size, marks=pytest.mark.quick) for size in (0, 1, 255, 256, 257)]
LARGE = [pytest.param(size, marks=pytest.mark.soak) for size in (65_535, 65_536, 65_537, 70_000)]
GOPATH = "/usr/share/gocode"  # where Debian puts golang-golang-x-mod-dev


@pytest.fixture(scope="session")
def go_check(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("go") or not Path(GOPATH, "src/golang.org/x/mod/sumdb/tlog").is_dir():
        pytest.skip("Go reads the log where it is: install the packages golang-go and golang-golang-x-mod-dev.")
    folder = tmp_path_factory.mktemp("go")
    env = {**os.environ, "GO111MODULE": "off", "GOPATH": GOPATH, "GOCACHE": str(folder), "GOFLAGS": ""}
    program = folder / "check"
    subprocess.run(
        ["go", "build", "-o", program, Path(__file__).with_name("go") / "check.go"], env=env, check=True, timeout=300
    )
    return program


def proofs(tree: Tree) -> list[str]:
    """Proofs of ours, as the lines that the program in Go reads."""
    size = tree.size
    indices = sorted({0, 1, 255, 256, size // 2, size - 1} & set(range(size)))
    lines = [
        " ".join(["record", str(n), encode(leaf_hash(published.leaf(n))), *map(encode, tree.inclusion(n))])
        for n in indices
    ]
    return lines + [
        " ".join(["tree", str(n), encode(tree.root(n)), *map(encode, tree.consistency(n))]) for n in indices if n
    ]


@pytest.mark.parametrize("size", [*SMALL, *LARGE])
class TestGo:
    def test_finds_each_record_and_proof_in_order(self, tmp_path: Path, go_check: Path, size: int) -> None:
        lines = proofs(published.write(tmp_path, size))
        said = subprocess.run(
            [go_check, tmp_path], input="".join(f"{line}\n" for line in lines), capture_output=True, text=True
        )
        assert said.stdout.strip() == f"{size} records, {len(lines)} proofs"


@pytest.mark.quick
class TestGoFinds:
    @pytest.mark.parametrize("path", ["checkpoint", "tile/0/000", "tile/0/001.p/44", "tile/entries/000"])
    def test_a_flipped_bit(self, tmp_path: Path, go_check: Path, path: str) -> None:
        published.write(tmp_path, 300)
        content = bytearray((tmp_path / path).read_bytes())
        content[len(content) // 2] ^= 1
        (tmp_path / path).write_bytes(content)
        said = subprocess.run([go_check, tmp_path], input="", capture_output=True, text=True)
        assert said.returncode == 1


@pytest.mark.parametrize("size", [*SMALL, *LARGE])
class TestAics:
    def test_finds_the_checkpoint_signed_and_the_tiles_in_order(self, tmp_path: Path, size: int) -> None:
        tree = published.write(tmp_path, size)
        key = aics_tlog.parse_vkey(str(published.KEY.verifier))
        note = aics_tlog.parse_note((tmp_path / "checkpoint").read_bytes())
        found = aics_tlog.verify_checkpoint(note, key, expected_origin=published.KEY.name)
        assert (found.ok, found.size, found.root) == (True, size, tree.root())
        read = aics_tlog.FileSystemTileReader(tmp_path)
        assert aics_tlog.tree_root_from_tiles(read, size) == tree.root()
        for index in {0, size // 2, size - 1} & set(range(size)):
            proof = tree.inclusion(index)
            assert proof == aics_tlog.inclusion_proof_from_tiles(read, index, size)
            assert aics_tlog.read_entry(read, index, size) == published.leaf(index)
            assert tree.consistency(index) == aics_tlog.consistency_proof_from_tiles(read, index, size)
