"""Witnesses of the wider world: one that keeps tlog-witness to the letter signs our checkpoints, and no other."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from config.folder import PROJECT
from ledger.log_folder import LogFolder
from ledger.rules import notes
from ledger.rules.merkle import EMPTY_ROOT, is_consistent
from ledger.rules.notes import BadNote, Head, Note, SignerKey, VerifierKey, encode, read_checkpoint
from ledger.rules.witnesses.cosigners import Cosigner, lines_in, message, read_policy, request
from ledger.services.cosigners import BadPolicy, ask_cosigners, cosigned
from ledger.services.log import publish_checkpoint
from tests.ledger.test_publishing import more

pytestmark = pytest.mark.quick

NOW = 1_700_000_000


@dataclass
class Witness:
    """A witness as the specification says, and what it was asked; `at` is its clock."""

    name: str
    seed: bytes
    log: VerifierKey | None = None
    size: int = 0
    root: bytes = EMPTY_ROOT
    at: int = NOW
    asked: list[str] = field(default_factory=list)
    address: str = ""
    lies: bool = False

    @property
    def key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def vkey(self) -> str:
        raw = b"\x04" + self.key.public_key().public_bytes_raw()
        return f"{self.name}+{notes.key_id(self.name, raw).hex()}+{encode(raw)}"

    def add_checkpoint(self, body: str) -> tuple[int, str, str]:
        """Status, content type and body, for the body of `add-checkpoint`."""
        self.asked.append(body)
        head_lines, _, note = body.partition("\n\n")
        first, *proof = head_lines.split("\n")
        read = Note.parse(note)
        head = Head.parse(read.text)
        if self.log is None or head.origin != self.log.name:
            return 404, "text/plain", ""
        try:
            read_checkpoint(note, self.log)
        except BadNote:
            return 403, "text/plain", ""
        old = int(first.removeprefix("old "))
        if old > head.size:
            return 400, "text/plain", ""
        if old != self.size:
            return 409, "text/x.tlog.size", f"{self.size}\n"
        hashes = [notes.decode(line) for line in proof]
        if not is_consistent(old, head.size, self.root, head.root, hashes):
            return (409 if old == head.size else 422), "text/plain", ""
        self.size, self.root, self.at = head.size, head.root, self.at + 1
        signature = self.key.sign(message(read.text if not self.lies else "another", self.at))
        raw = b"\x04" + self.key.public_key().public_bytes_raw()
        payload = notes.key_id(self.name, raw) + self.at.to_bytes(8) + signature
        stranger = "— stranger.example/w AAAAAAAAAAA=\n"  # lines of unknown keys are ignored
        return 200, "text/plain", f"{stranger}— {self.name} {encode(payload)}\n"


def serve(witness: Witness) -> Iterator[Witness]:
    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            assert self.path == "/w/add-checkpoint"
            status, kind, text = witness.add_checkpoint(body)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        witness.address = f"http://127.0.0.1:{server.server_port}/w"
        yield witness
        server.shutdown()


@pytest.fixture
def one(books: None) -> Iterator[Witness]:
    yield from serve(Witness("witness.example/one", bytes(range(32))))


@pytest.fixture
def two(books: None) -> Iterator[Witness]:
    yield from serve(Witness("witness.example/two", bytes(32)))


@pytest.fixture
def policy(one: Witness, two: Witness, own_log: Path, tmp_path: Path, settings: Any) -> Path:
    """A published log that both witnesses know, and a policy that names them."""
    publish_checkpoint()
    one.log = two.log = LogFolder(own_log).key()
    path = tmp_path / "policy"
    lines = [f"witness {n} {w.vkey} {w.address}/" for n, w in enumerate((one, two))]
    path.write_text("# whom we ask\n\nlog elsewhere\n" + "\n".join(lines) + "\nwitness offline x\nquorum none\n")
    settings.LOG_POLICY = str(path)
    return path


@pytest.mark.usefixtures("policy")
class TestAskCosigners:
    def test_keeps_what_both_signed_and_asks_nobody_again(self, one: Witness, two: Witness, own_log: Path) -> None:
        assert ask_cosigners() == 2
        head, rows = cosigned()
        assert head == LogFolder(own_log).head() and [row.name for row in rows] == [one.name, two.name]
        assert [row.at for row in rows] == [NOW + 1, NOW + 1]
        asked = len(one.asked)
        assert ask_cosigners() == 2 and len(one.asked) == asked

    def test_shows_how_the_log_grew(self, one: Witness, two: Witness) -> None:
        for step in range(3):
            ask_cosigners()
            more(100 * step, 70)
            publish_checkpoint()
        assert ask_cosigners() == 2
        assert one.size == two.size and not any("old 0\n" in body for body in one.asked[1:])
        assert any(len(body.partition("\n\n")[0].split("\n")) > 2 for body in one.asked)

    def test_learns_from_a_witness_what_it_signed_last(self, one: Witness, own_log: Path) -> None:
        ask_cosigners()
        (own_log / "cosigned").unlink()
        more(0, 5)
        publish_checkpoint()
        assert ask_cosigners() == 2  # asked from nothing, told the size, and asked from there
        assert [body.split("\n")[0] for body in one.asked[-2:]] == ["old 0", f"old {one.size - 5}"]

    def test_keeps_the_one_who_signed_while_the_other_is_away(self, one: Witness, two: Witness, own_log: Path) -> None:
        one.log = None
        assert ask_cosigners() == 1
        assert [row.name for row in cosigned()[1]] == [two.name]
        one.log = two.log
        assert ask_cosigners() == 2

    def test_a_fork_is_not_signed(self, one: Witness, two: Witness, own_log: Path) -> None:
        ask_cosigners()
        before = (own_log / "cosigned").read_bytes()
        one.root = two.root = bytes(32)  # they saw another log of this name and size
        more(0, 5)
        publish_checkpoint()
        assert ask_cosigners() == 0 and (own_log / "cosigned").read_bytes() == before

    def test_a_signature_of_something_else_is_not_kept(self, one: Witness, two: Witness, own_log: Path) -> None:
        one.lies = two.lies = True
        assert ask_cosigners() == 0 and not (own_log / "cosigned").exists()

    def test_is_checked_by_the_verifier(self, one: Witness, two: Witness, own_log: Path, tmp_path: Path) -> None:
        ask_cosigners()
        more(0, 300)
        publish_checkpoint()

        def verifier(*keys: str) -> tuple[int, str]:
            said = subprocess.run(
                [sys.executable, "-I", PROJECT / "ledger" / "verifier.py", own_log, "--keep", tmp_path / "kept",
                 *(word for key in keys for word in ("--cosigner", key))],
                capture_output=True, text=True,
            )  # fmt: skip
            return said.returncode, said.stdout

        code, said = verifier(one.vkey, two.vkey)
        assert code == 0 and f"signed the first {one.size} leaves" in said
        code, said = verifier(Witness("witness.example/three", bytes(31) + b"3").vkey)
        assert code == 1 and "did not sign it once" in said
        note = (own_log / "cosigned").read_text()
        head, _ = read_checkpoint(note, LogFolder(own_log).key())  # type: ignore[arg-type]
        key = SignerKey.parse((own_log.with_name("log.key")).read_text().strip())
        text = Head(head.origin, head.size, bytes(32)).text  # the log and a witness both signed another past
        payload = notes.key_id(two.name, b"\x04" + two.key.public_key().public_bytes_raw()) + (9).to_bytes(8)
        forged = notes.Line(two.name, payload[:4], payload[4:] + two.key.sign(message(text, 9)))
        (own_log / "cosigned").write_text(str(Note(text, (key.sign(text), forged))))
        code, said = verifier(two.vkey)
        assert code == 1 and said.startswith(f"leaf {head.size - 1} is wrong: the leaves lead to another root")

    def test_page_and_file_show_who_signed(self, client: Any, one: Witness) -> None:
        assert "wider world" not in client.get("/log/witnesses/").content.decode()
        ask_cosigners()
        assert one.name in client.get("/log/witnesses/").content.decode()
        assert one.name in client.get("/log/cosigned").content.decode()


class TestPolicy:
    def test_none_asks_nobody(self, books: None, own_log: Path) -> None:
        publish_checkpoint()
        assert ask_cosigners() == 0 and not (own_log / "cosigned").exists()

    @pytest.mark.parametrize("line", ["witness a nonsense https://w.example", "witness a {vkey} ftp://w.example"])
    def test_that_cannot_be_read_is_told(self, books: None, tmp_path: Path, settings: Any, line: str) -> None:
        publish_checkpoint()
        settings.LOG_POLICY = str(tmp_path / "policy")
        (tmp_path / "policy").write_text(line.format(vkey=Witness("w", bytes(32)).vkey))
        with pytest.raises(BadPolicy):
            ask_cosigners()

    def test_names_each_key_once(self) -> None:
        vkey = Witness("w", bytes(32)).vkey
        with pytest.raises(BadNote, match="twice"):
            read_policy(f"witness a {vkey} https://a\nwitness b {vkey} https://b\n")

    def test_a_key_of_a_log_is_no_witness(self) -> None:
        with pytest.raises(BadNote, match="no key of a witness"):
            Cosigner.parse(str(SignerKey("w", bytes(32)).verifier))


def test_what_is_signed_and_sent_is_the_specifications_own_example() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    assert message(text, 1679315147).decode() == f"cosignature/v1\ntime 1679315147\n{text}"
    note = Note(text, (notes.Line("example.com/behind-the-sofa", b"abcd", bytes(64)),))
    body = request(20852014, [bytes(32)], note).decode()
    assert body.startswith(f"old 20852014\n{encode(bytes(32))}\n\n{text}\n— example.com/behind-the-sofa ")
    example = (
        "— witness.example/w1 CMp+6LWBU0anHGH5aNDTJkH/gj79sG+T6+iP2ThYN5krrDJbR1HDnucjL39QsZTSvVjyQLrdk3DXDqI5G2HgLatVs0pWh6Up69HVOw==\n"  # noqa: E501
        "— witness.example/w2 AWui8Sk55XjYLOijihBjhqEH6nS1ndDymE0a+6idX7pLcnoB+dhnz0854aLZgrrKbYKA7nC3HNJhm/kWl7oJlqU3rXXvpysAdyP3wQ==\n"  # noqa: E501
    )
    assert [(line.name, len(line.payload)) for line in lines_in(example)] == [
        ("witness.example/w1", 72), ("witness.example/w2", 72),
    ]  # fmt: skip
    with pytest.raises(BadNote):
        lines_in(example[:-1])
