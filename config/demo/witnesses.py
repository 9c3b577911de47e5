"""The demo's witnesses: one for each cooperative, all on this machine, so that a quorum can be seen at work.

Their keys lie beside the server that they should watch, under a password that everybody knows. They prove nothing but
how it is done.
"""

import os
import shutil
from datetime import datetime
from functools import cache
from pathlib import Path

from django.conf import settings

from config.demo.goods import STORIES
from ledger.rules.witnesses.rosters import Witness
from ledger.services.log import log_folder, publish_checkpoint
from ledger.services.witnesses import enrol_witnesses, hand_in_cosignature
from ledger.witness import Identity, WitnessMachine, make_witness

PASSWORD = "demo"
LIGHT = 2**10  # scrypt's work: nothing is guarded here
WARNING = """Keys of the demo's witnesses. They lie on the machine that they should watch, and their password is "demo".
Nobody's witness should be set up so: docs/running.md says how.
"""


def homes() -> Path:
    """Where the demo's witnesses live: beside the published log."""
    return Path(settings.LOG_FOLDER).with_name("demo-witnesses")


def enrol_demo_witnesses(*, at: datetime) -> None:
    """Make a key for each cooperative and enrol it; the log must be published once, since a witness knows its key."""
    key = log_folder().key()
    assert key is not None, "what was published has a key"
    shutil.rmtree(homes(), ignore_errors=True)  # those of a demo that was cut off half-way
    homes().mkdir(mode=0o700)
    (homes() / "README").write_text(WARNING)
    made = []
    for story in STORIES:
        owner = f"coops/{story.slug}"
        identity = Identity(owner, str(key), str(settings.LOG_FOLDER), "")
        public, proof = make_witness(homes() / story.slug, identity, PASSWORD, os.urandom(80), work=LIGHT)
        made.append(Witness(owner, public, proof))
    enrol_witnesses(new=made, by="operators/market", at=at)
    publish_checkpoint()


def sign_as_witnesses() -> int:
    """Let each look at the log once; how many signed something new. Each reads and replays all of it by itself."""
    signed = [_machine(home).sign() for home in sorted(homes().glob("*/")) if (home / "keystore.json").exists()]
    for found in signed:
        if found:
            hand_in_cosignature(size=found.size, witness=found.witness, signature=found.signature)
    return sum(found is not None for found in signed)


@cache
def _machine(home: Path) -> WitnessMachine:
    return WitnessMachine(home, PASSWORD)
