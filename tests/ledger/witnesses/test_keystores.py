"""Keys of one seed and keystores, held against the vectors that EIP-2333 and EIP-2335 publish."""

import json
from pathlib import Path

import pytest
from py_ecc.bls import G2ProofOfPossession as Peer

from ledger.rules.witnesses.bls import ORDER, BadWitnessKey, public_key
from ledger.rules.witnesses.derivation import child_key, key_at, master_key, path_for
from ledger.rules.witnesses.keystores import (
    BadKeystore,
    WrongPassword,
    open_keystore,
    plain_password,
    write_keystore,
)
from tests.ledger.witnesses.people import secret

pytestmark = pytest.mark.quick

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())
SECRET = int("000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f", 16)
CHANCE = bytes(range(48))
LIGHT = 2**10  # scrypt's work where it guards nothing


class TestDerivation:
    @pytest.mark.parametrize("vector", VECTORS["eip2333"], ids=lambda v: str(v["child_index"]))
    def test_gives_the_published_keys(self, vector: dict[str, str]) -> None:
        master = master_key(bytes.fromhex(vector["seed"]))
        assert master == int(vector["master_SK"])
        assert child_key(master, int(vector["child_index"])) == int(vector["child_SK"])

    def test_is_the_suites_own_key_generation(self) -> None:
        seed = bytes(range(32))
        assert master_key(seed) == Peer.KeyGen(seed)

    def test_follows_a_path(self) -> None:
        seed = bytes(range(32))
        assert key_at(seed, "m/12381/5") == child_key(child_key(master_key(seed), 12381), 5)
        assert key_at(seed, "m") == master_key(seed)
        with pytest.raises(ValueError):
            key_at(seed, "12381/5")

    def test_gives_each_log_another_key(self) -> None:
        paths = {path_for(origin) for origin in ("a.example", "b.example")}
        assert len(paths) == 2
        assert all(0 <= int(step) < 2**32 for path in paths for step in path.split("/")[1:])

    def test_refuses_a_short_seed(self) -> None:
        with pytest.raises(ValueError):
            master_key(bytes(31))


class TestOpenKeystore:
    @pytest.mark.parametrize("kind", ["scrypt", "pbkdf2"])
    def test_opens_the_published_ones(self, kind: str) -> None:
        text = json.dumps(VECTORS["eip2335"][kind])
        assert open_keystore(text, VECTORS["password"]) == SECRET

    def test_reads_passwords_as_the_standard_does(self) -> None:
        assert plain_password(VECTORS["password"]).hex() == VECTORS["encoded_password"]
        assert plain_password("a\x00\x1f\x7f\x9fb c") == b"ab c"

    def kept(self) -> dict[str, object]:
        return json.loads(write_keystore(secret(1), "words", "m/12381/5/0/0", CHANCE, work=LIGHT))

    def test_gives_back_what_was_kept(self) -> None:
        body = self.kept()
        assert open_keystore(json.dumps(body), "words") == secret(1)
        assert (body["version"], body["path"], body["pubkey"]) == (4, "m/12381/5/0/0", public_key(secret(1)).hex())
        assert "KeyGen salt" in str(body["description"])
        assert f"{secret(1):064x}" not in json.dumps(body)

    def test_refuses_another_password(self) -> None:
        with pytest.raises(WrongPassword):
            open_keystore(json.dumps(self.kept()), "word")

    def test_refuses_a_key_that_is_not_its_own(self) -> None:
        with pytest.raises(BadKeystore):
            open_keystore(json.dumps(self.kept() | {"pubkey": public_key(secret(2)).hex()}), "words")

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 4}', '{"version": 4, "crypto": {}}'])
    def test_refuses_what_is_none(self, text: str) -> None:
        with pytest.raises(BadKeystore):
            open_keystore(text, "words")

    def test_never_takes_zero_or_what_is_beyond_the_order(self) -> None:
        for number in (0, ORDER):
            with pytest.raises(BadWitnessKey):
                write_keystore(number, "words", "", CHANCE, work=LIGHT)
