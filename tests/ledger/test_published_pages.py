"""The log's files as a web server gives them, its pages for auditors, and receipts that prove what they say."""

from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.conf import settings
from django.test import Client
from django.utils.html import escape

from ledger import queries, verifier
from ledger.log_folder import LogFolder
from ledger.rules.entries import Recorded
from ledger.rules.merkle import is_included, leaf_hash
from ledger.rules.notes import VerifierKey, decode, read_checkpoint
from ledger.rules.receipts import Receipt
from ledger.rules.tiles import tiles_of
from ledger.services.journal import record_entry
from ledger.services.log import publish_checkpoint
from tests.ledger.conftest import AT, LOT, reader

pytestmark = [pytest.mark.quick, pytest.mark.usefixtures("books")]


@pytest.fixture
def size(delivery: Recorded) -> int:
    kept = publish_checkpoint()
    assert kept
    return kept.size


class TestFiles:
    def test_are_served_as_they_lie_and_kept_as_long_as_they_hold(
        self, client: Client, own_log: Path, size: int
    ) -> None:
        for name in ("checkpoint", "log.vkey"):
            answer = client.get(f"/log/{name}")
            assert answer.content == (own_log / name).read_bytes()
            assert answer["Content-Type"] == "text/plain; charset=utf-8" and answer["Cache-Control"] == "max-age=2"
        for tile in tiles_of(size):
            answer = client.get(f"/log/{tile.path}")
            assert answer.content == (own_log / tile.path).read_bytes()
            assert answer["Content-Type"] == "application/octet-stream"
            assert answer["Cache-Control"] == "public, max-age=31536000, immutable"

    @pytest.mark.parametrize(
        "path",
        ["tile/0/999", "tile/9/000", "tile/../checkpoint", "tile/0/..%2f..%2flog.key", "tile/", "witnessed"],
    )
    def test_that_are_not_there_are_not_found(self, client: Client, size: int, path: str) -> None:
        assert client.get(f"/log/{path}").status_code == 404

    def test_of_entries_are_for_readers_where_books_are_closed(
        self,
        client: Client,
        closed_books: None,
        size: int,
    ) -> None:
        bundle, tile = (f"/log/{tile.path}" for tile in tiles_of(size))
        assert (client.get(bundle).status_code, client.get(tile).status_code) == (403, 200)
        answer = reader().get(bundle)
        assert answer.status_code == 200 and answer["Cache-Control"].startswith("private")

    def test_all_in_one_satisfy_the_verifier(self, client: Client, size: int, tmp_path: Path) -> None:
        answer = client.get("/log/copy/")
        ZipFile(BytesIO(b"".join(answer))).extractall(tmp_path / "log")  # type: ignore[arg-type]
        assert verifier.verify(str(tmp_path / "log"), tmp_path / "kept")[0]["size"] == size


class TestReceipt:
    def test_proves_the_record_to_whoever_has_the_key(self, client: Client, own_log: Path, size: int) -> None:
        key = VerifierKey.parse((own_log / "log.vkey").read_text().strip())
        for leaf in queries.leaves():
            answer = client.get(f"/log/records/{leaf.index}/receipt")
            assert f"record-{leaf.index}.tlog-proof" in answer["Content-Disposition"]
            assert Receipt.parse(answer.content.decode()).proves(leaf.text.encode(), key).size == size

    def test_of_what_is_not_published_is_not_there(self, client: Client, size: int) -> None:
        assert client.get(f"/log/records/{size}/receipt").status_code == 404

    def test_finds_its_record_again(self, client: Client, size: int) -> None:
        receipt = client.get("/log/records/3/receipt").content.decode()
        for wanted in (receipt, receipt.replace("\n", " "), "3"):
            assert client.get("/log/find/", {"q": wanted})["Location"] == "/log/records/3/"

    def test_on_paper_leads_back_to_its_record(self, client: Client, own_log: Path, size: int) -> None:
        page = client.get("/log/records/3/printed/").content.decode()
        receipt = client.get("/log/records/3/receipt").content.decode()
        assert bytes(queries.leaves(first=3, last=4)[0].hash).hex() in page
        assert all(escape(line) in page for line in receipt.split("\n"))
        assert f"<code>{settings.PUBLIC_ADDRESS}/log/records/3/</code>" in page
        assert client.get(f"/log/records/{size}/printed/").status_code == 404

    def test_is_found_by_what_its_code_says_whatever_the_host_was(
        self, client: Client, delivery: Recorded, size: int
    ) -> None:
        for path in ("/log/records/3/", f"/entries/{delivery.id}/"):
            assert client.get("/log/find/", {"q": f"https://old.example{path}"})["Location"] == path
        for strange in ("https://elsewhere.example/log/copy/", "https://x.example//elsewhere.example/log/records/3/"):
            assert client.get("/log/find/", {"q": strange}).status_code == 404


class TestPages:
    def test_entry_offers_its_receipt_and_the_check(self, client: Client, delivery: Recorded, size: int) -> None:
        page = client.get(f"/entries/{delivery.id}/").content.decode()
        assert f"/log/records/{size - 1}/receipt" in page and "data-check" in page

    def test_entry_that_is_not_published_yet_says_so(self, client: Client, delivery: Recorded) -> None:
        page = client.get(f"/entries/{delivery.id}/").content.decode()
        assert "published within seconds" in page and "data-check" not in page

    def test_check_shows_key_and_checkpoint_without_names(
        self,
        client: Client,
        closed_books: None,
        own_log: Path,
        size: int,
    ) -> None:
        page = client.get("/log/check/").content.decode()
        assert (own_log / "log.vkey").read_text().strip() in page
        assert "pip install cryptography py-ecc" in page  # whatever ledger/verifier.py imports
        for_members = reader().get("/log/check/").content.decode()
        for members_only in ("/log/copy/", "/log/find/"):
            assert members_only not in page and members_only in for_members

    def test_checkpoint_says_that_the_log_goes_on_from_it(self, client: Client, size: int) -> None:
        record_entry(key="more", action="transfer", purpose="delivery", at=AT, by=[],
                     flows=[("members/ben/harvest", LOT, "g", 1)])  # fmt: skip
        publish_checkpoint()
        page = client.get(f"/log/checkpoints/{size}/").content.decode()
        assert "begins with exactly these records" in page and f"/log/checkpoints/{size + 1}/" in page
        assert client.get(f"/log/checkpoints/{size + 7}/").status_code == 404

    def test_records_are_all_there_and_each_says_what_it_is(self, client: Client, size: int) -> None:
        seen = client.get("/log/records/").content.decode()
        for leaf in queries.leaves():
            assert f'href="/log/records/{leaf.index}/"' in seen
            assert client.get(f"/log/records/{leaf.index}/").status_code == 200
        assert client.get(f"/log/records/{size}/").status_code == 404

    @pytest.mark.parametrize("before", ["", "0", "-1", "x", "9" * 30, "²", "5"])
    def test_records_turn_pages_by_any_number(self, client: Client, size: int, before: str) -> None:
        assert client.get("/log/records/", {"before": before}).status_code == 200

    def test_a_broken_checkpoint_is_told(
        self,
        client: Client,
        own_log: Path,
        delivery: Recorded,
        size: int,
    ) -> None:
        (own_log / "checkpoint").write_text("nonsense")
        for path in ("check/", f"checkpoints/{size}/", "records/0/receipt", "copy/"):
            answer = client.get(f"/log/{path}")
            assert answer.status_code == 409 and "not one that this log signed" in answer.content.decode()
        assert client.get(f"/entries/{delivery.id}/").status_code == 200


class TestConsistency:
    def test_leads_from_an_older_log_to_a_newer(self, client: Client, own_log: Path, size: int) -> None:
        tree = LogFolder(own_log).tree(size)
        for first in (1, 7, 8, size):
            said = client.get(f"/log/consistency/{first}/{size}").content.decode().split()
            assert [decode(line) for line in said] == tree.consistency(first)
        for path in ("0/3", "4/3", f"3/{size + 1}"):
            assert client.get(f"/log/consistency/{path}").status_code == 404


class TestApi:
    def test_record_has_its_letter_and_its_receipt(self, client: Client, own_log: Path, size: int) -> None:
        said: dict[str, Any] = client.get("/api/1/log/records/2/").json()
        key = VerifierKey.parse((own_log / "log.vkey").read_text().strip())
        assert Receipt.parse(said["receipt"]).proves(said["text"].encode(), key).size == size
        assert client.get(f"/api/1/log/records/{size}/").status_code == 404


class TestProofs:
    def test_lead_from_each_record_to_the_root_for_everyone(
        self, client: Client, closed_books: None, own_log: Path, size: int
    ) -> None:
        said = client.get("/api/1/log/proofs/", {"records": ",".join(map(str, range(size)))}).json()
        head, _ = read_checkpoint(said["checkpoint"], VerifierKey.parse((own_log / "log.vkey").read_text().strip()))
        hashes = [decode(each) for each in said["hashes"]]
        assert len(set(hashes)) == len(hashes) and len(said["proofs"]) == size == head.size
        for leaf in queries.leaves():
            proof = [hashes[at] for at in said["proofs"][str(leaf.index)]]
            assert leaf.index is not None
            assert is_included(leaf.index, size, leaf_hash(leaf.text.encode()), proof, head.root)

    @pytest.mark.parametrize("asked", ["", "x", "-1", "1,", "1;2", "١", ",".join(map(str, range(201)))])
    def test_are_asked_for_by_places(self, client: Client, size: int, asked: str) -> None:
        answer = client.get("/api/1/log/proofs/", {"records": asked})
        assert (answer.status_code, answer.json()["code"]) == (422, "NoPlaces")

    def test_of_what_is_not_published_are_not_there(self, client: Client, size: int) -> None:
        assert client.get("/api/1/log/proofs/", {"records": f"0,{size}"}).status_code == 404


class TestSealed:
    def test_are_the_newest_that_a_checkpoint_covers(self, delivery: Recorded) -> None:
        assert queries.sealed([delivery.token]) == queries.Sealed([], 1, 1)
        publish_checkpoint()
        tokens = [delivery.token]
        for n in range(queries.MOST_SEALED + 3):
            if n == queries.MOST_SEALED:
                publish_checkpoint()
            tokens.append(
                record_entry(key=f"p/{n}", action="transfer", purpose="delivery", at=AT, by=[],
                             flows=[("members/ben/harvest", LOT, "g", 1)]).token
            )  # fmt: skip
        found = queries.sealed([*tokens, *tokens])
        newest = queries.log_size() - 1
        assert [index for index, _ in found.rows] == [newest - n for n in range(queries.MOST_SEALED - 3)]
        assert (found.count, found.waiting, found.is_all) == (len(tokens), 3, False)


def test_the_program_that_checks_is_here_with_its_fingerprint(client: Client, delivery: Recorded) -> None:
    publish_checkpoint()
    content = b"".join(client.get("/log/verifier.py").streaming_content)  # type: ignore[attr-defined]
    assert content == Path(verifier.__file__).read_bytes()
    page = client.get("/log/check/").content.decode()
    assert sha256(content).hexdigest() in page and 'href="/log/verifier.py"' in page
