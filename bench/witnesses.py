"""A quorum of fifty checked at once, beside fifty signatures checked one by one with py-ecc.

Both sides begin with bytes: the roster's keys, the checkpoint's text, and the signatures or the line. What a roster
proves once for all (that each key's secret is known) is counted on neither side.
"""

import time
from collections.abc import Callable
from hashlib import sha256

from ledger.rules.witnesses import bls, pyecc
from ledger.rules.witnesses.cosignatures import members_line, message, signers
from ledger.rules.witnesses.rosters import Roster, Witness, least_quorum, tolerated

MEMBERS = 50
ORIGIN = "rennet.example/log"
TEXT = f"{ORIGIN}\n70000\n{'A' * 43}=\n"


def run() -> None:
    """Print how many times faster the quorum is than its members one by one."""
    secrets = [int.from_bytes(sha256(b"bench %d" % n).digest()) % bls.ORDER for n in range(MEMBERS)]
    rows = tuple(Witness(f"members/m{n}", bls.public_key(s), b"") for n, s in enumerate(secrets))
    dishonest = tolerated(MEMBERS)
    roster = Roster(bytes(32), rows, dishonest, least_quorum(MEMBERS, dishonest))
    said = message(roster, TEXT)
    signatures = {n: bls.sign(s, said) for n, s in enumerate(secrets)}
    line = members_line(roster, ORIGIN, TEXT, signatures)
    together = line.payload[-bls.SIGNATURE :]

    def one_by_one() -> bool:
        return all(pyecc.is_signed(row.key, said, signatures[n], bls.SIGN) for n, row in enumerate(rows))

    def quorum() -> bool:
        return len(signers(roster, ORIGIN, TEXT, line)) == MEMBERS

    def quorum_by_py_ecc() -> bool:
        return pyecc.is_signed(pyecc.add_keys([row.key for row in rows]), said, together, bls.SIGN)

    singles = _seconds(one_by_one, 1)
    fast, slow = _seconds(quorum, 20), _seconds(quorum_by_py_ecc, 3)
    library = bls.arithmetic().__name__.rpartition(".")[2]
    print(
        f"a quorum of {MEMBERS}: {fast * 1000:,.1f} ms ({library}), {MEMBERS} single ones by py-ecc {singles:,.1f} s; "
        f"ratio {singles / fast:,.0f} (py-ecc alone {singles / slow:,.0f})"
    )


def _seconds(check: Callable[[], bool], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        assert check(), "what is timed must hold"
    return (time.perf_counter() - began) / times
