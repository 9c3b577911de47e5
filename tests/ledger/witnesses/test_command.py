"""A witness as its owner runs it: key, enrolment, signature; the log read from a folder and from an address."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import Request

import pytest
from django.core.management import CommandError, call_command

from ledger.log_source import Address, CannotBeRead, NothingThere, leaves_from, source_of
from ledger.services.journal import record_owner
from ledger.services.log import publish_checkpoint
from ledger.services.witnesses import hand_in_cosignature, publish_quorum
from tests.ledger.conftest import AT

pytestmark = pytest.mark.quick


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


class Elsewhere(BaseHTTPRequestHandler):
    """Sends everybody on to another address."""

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", "/checkpoint")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def served(own_log: Path) -> Iterator[str]:
    own_log.mkdir(parents=True, exist_ok=True)
    yield from _serve(partial(Quiet, directory=str(own_log)))


@pytest.fixture
def elsewhere() -> Iterator[str]:
    yield from _serve(Elsewhere)


def _serve(handler: object) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:  # type: ignore[arg-type]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class TestWitness:
    def test_makes_a_key_is_enrolled_and_signs(
        self, books: None, own_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:  # fmt: skip
        monkeypatch.setenv("WITNESS_PASSWORD", "four plain words")
        publish_checkpoint()
        home = ["--home", str(tmp_path / "witness")]
        call_command("witness", "make-key", "--owner", "members/ada", "--log", str(own_log), *home)
        words = capsys.readouterr().out.split()
        call_command(*words[words.index("enrol_witness") :][:4])
        with pytest.raises(CommandError, match="does not stand in the log's roster"):
            call_command("witness", "sign", *home)
        publish_checkpoint()
        capsys.readouterr()
        call_command("witness", "sign", *home)
        size, witness, signature = capsys.readouterr().out.split()
        hand_in_cosignature(size=int(size), witness=witness, signature=bytes.fromhex(signature))
        quorum = publish_quorum()
        assert quorum and quorum.signed == 1

    def test_refuses_in_one_sentence(
        self, books: None, own_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publish_checkpoint()
        make = ["witness", "make-key", "--log", str(own_log), "--home", str(tmp_path / "w"), "--owner"]
        with pytest.raises(CommandError, match="WITNESS_PASSWORD"):
            call_command(*make, "members/ada")
        monkeypatch.setenv("WITNESS_PASSWORD", "words")
        with pytest.raises(CommandError, match="no owner's address"):
            call_command(*make, "Ada")
        with pytest.raises(CommandError, match="another key"):
            other = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
            call_command(*make, "members/ada", "--vkey", other)
        with pytest.raises(CommandError, match="no witness"):
            call_command("witness", "sign", "--home", str(tmp_path / "w"))


class TestLogSource:
    def test_reads_the_same_from_folder_and_address(self, books: None, own_log: Path, served: str) -> None:
        for n in range(300):
            record_owner(owner=f"members/m{n}", place=None, at=AT)
        kept = publish_checkpoint()
        assert kept
        found = [list(leaves_from(source_of(where), 250, kept.size)) for where in (str(own_log), served)]
        assert found[0] == found[1] and len(found[0]) == kept.size - 250

    def test_says_what_is_missing(self, served: str, tmp_path: Path) -> None:
        for where in (served, str(tmp_path / "none")):
            with pytest.raises(NothingThere):
                source_of(where).read("checkpoint")
        with pytest.raises(CannotBeRead):
            Address("http://127.0.0.1:9").read("checkpoint")

    def test_follows_nobody_elsewhere(self, elsewhere: str) -> None:
        with pytest.raises(CannotBeRead):
            source_of(elsewhere).read("tile/entries/000")

    @pytest.mark.parametrize("where", ["file:///etc/hostname", "ftp://example.com"])
    def test_reads_web_addresses_alone(self, where: str) -> None:
        with pytest.raises(CannotBeRead):
            Address(where).send(Request(where), "")
