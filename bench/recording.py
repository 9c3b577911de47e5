"""Recording beside raw PostgreSQL: one by one against a hand-written transaction, in bulk against COPY.

Both sides write the same rows into the same tables, with the same constraints, indexes and triggers, leaf bytes too.
The hand-written transaction locks and checks balances as anyone would who knows this schema; COPY checks nothing.
The peers record four postings by their own verbs, in transactions as durable as ours. Our drafts are made before the
clock starts (some five microseconds each), their model rows within it, because rows are what their verbs save.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import psycopg
from django.db import connection
from psycopg import sql

from bench import scratch
from config import postgres
from ledger.rules import records
from ledger.rules.entries import Draft, Flow
from ledger.services.journal import record_account, record_entries, record_owners, record_unit

AT = datetime(2026, 11, 23, tzinfo=UTC)
SLICES, ONE_BY_ONE, BULK, PEER = 9, 150, 4_000, 60
Connection = psycopg.Connection[tuple[object, ...]]


def run() -> None:
    """Print both ratios; slices of the two sides alternate, and the median of their ratios counts."""
    with scratch.database() as owner:
        declare()
        record_entries([draft(n, "warm") for n in range(2_000)])  # accounts and balances exist on both sides
        owner.execute("SET ledger.recording = 'on'")
        owner.execute("ANALYZE")
        owner.commit()
        compare("one by one", ONE_BY_ONE, "hand-written transaction", one_by_one, lambda rows: by_hand(owner, rows))
        compare("in bulk", BULK, "COPY", record_entries, lambda rows: copy(owner, rows))
        hot_account()
        if not (python := os.environ.get("BENCH_PEERS")):
            print("The peers were left out: make a Python as bench/peers.txt says, and name it in BENCH_PEERS.")
            return
        with peers(python) as write:
            compare("one by one", PEER, "django-hordak", one_by_one, lambda rows: write("hordak", rows))
            compare("one by one", PEER // 3, "django-ledger", one_by_one, lambda rows: write("ledger", rows))
            compare("in bulk", BULK // 2, "django-hordak", record_entries, lambda rows: write("hordak-bulk", rows))


@contextmanager
def peers(python: str) -> Iterator[Callable[[str, list[Draft]], None]]:
    """The peers in their own Python, with a database of their own on the same server."""
    name = f"bench_peers_{os.getpid()}"
    database = {**postgres.address(postgres.OWNER), "NAME": name}
    with postgres.connect(postgres.OWNER, "postgres") as outside:
        outside.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            with subprocess.Popen(
                [python, Path(__file__).with_name("peers.py")], text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                env={**os.environ, "BENCH_DATABASE": json.dumps(database, default=str)},
            ) as peer:  # fmt: skip
                asked, answers = peer.stdin, peer.stdout
                assert asked and answers

                def write(way: str, rows: list[Draft]) -> None:
                    print(way, len(rows), file=asked, flush=True)
                    if answers.readline() != "done\n":
                        raise RuntimeError(f"{way} failed")

                if answers.readline() != "ready\n":
                    raise RuntimeError("the peers did not start")
                yield write
                asked.close()
        finally:
            outside.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def hot_account() -> None:
    """Every entry takes from one account: eight writers beside one, each a process with a connection of its own.

    Processes, because the database is asked: eight threads of one Python would first wait for each other.
    """
    ratios = []
    name = connection.settings_dict["NAME"]
    with ProcessPoolExecutor(8, mp_context=get_context("spawn"), initializer=_open, initargs=(name,)) as pool:
        _write_at_once(pool, 8, "hot/warm")
        for number in range(SLICES):
            many, alone = (_write_at_once(pool, writers, f"hot/{number}/{writers}") for writers in (8, 1))
            ratios.append(many / alone)
    print(f"a hot account, 8 writers beside 1: ratio {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def _write_at_once(pool: ProcessPoolExecutor, writers: int, tag: str) -> float:
    """How many entries a second so many writers make together."""
    entries = ONE_BY_ONE * 2
    started = time.perf_counter()
    done = [pool.submit(_write, range(n, entries, writers), tag) for n in range(writers)]
    for each in done:
        each.result()
    return entries / (time.perf_counter() - started)


def _open(name: str) -> None:
    connection.settings_dict["NAME"] = name
    connection.ensure_connection()


def _write(numbers: range, tag: str) -> None:
    one_by_one([draft(n, tag) for n in numbers])


def compare(
    name: str, rows: int, peer: str, ours: Callable[[list[Draft]], object], theirs: Callable[[list[Draft]], object]
) -> None:
    ratios, speeds = [], []
    for number in range(SLICES):
        fast = _entries_a_second(ours, [draft(n, f"{name[:3]}/{peer}/o{number}") for n in range(rows)])
        peers = _entries_a_second(theirs, [draft(n, f"{name[:3]}/{peer}/t{number}") for n in range(rows)])
        ratios.append(fast / peers)
        speeds.append((fast, peers))
    print(f"{name}: {median(s for s, _ in speeds):,.0f} entries/s, {peer} {median(s for _, s in speeds):,.0f}; "
          f"ratio {median(ratios):.2f} (median of {SLICES}, {min(ratios):.2f} to {max(ratios):.2f})")  # fmt: skip


def _entries_a_second(write: Callable[[list[Draft]], object], rows: list[Draft]) -> float:
    started = time.perf_counter()
    write(rows)
    return len(rows) / (time.perf_counter() - started)


def draft(n: int, tag: str) -> Draft:
    """A priced delivery: goods into one of fifty lots, a claim to one of two hundred members."""
    member = f"members/m{n % 200}"
    flows = (
        Flow(f"{member}/harvest", f"coops/fern/lots/z{n % 50}@hubs/fern", "g", 50_000),
        Flow("coops/fern/free", f"{member}/purse", "EUR@coops/fern", 125),
    )
    return Draft(f"{tag}/{n}", "transfer", "delivery", flows, AT, ("members/m0",))


def declare() -> None:
    for code, family, exponent in (("EUR", "money", 2), ("g", "thing", 0), ("part", "thing", 0)):
        record_unit(code=code, family=family, exponent=exponent, by="operators/market", at=AT)
    record_owners([("coops/fern", "gh"), *((f"members/m{n}", "gh") for n in range(200))], at=AT)
    record_account(address="coops/fern/free", floors={"EUR@coops/fern": None}, at=AT)


def one_by_one(rows: list[Draft]) -> None:
    for row in rows:
        record_entries([row])


def by_hand(owner: Connection, rows: list[Draft]) -> None:
    for row in rows:
        entry_id, now = records.uuid7(), datetime.now(UTC)
        leaf = records.entry_leaf(row, entry_id, now)
        addresses, codes = [a for f in row.flows for a in f[:2]], [f.unit for f in row.flows]
        found = owner.execute("SELECT address, id FROM ledger_account WHERE address = ANY(%s)", [addresses])
        account = dict(found.fetchall())
        unit = dict(owner.execute("SELECT code, id FROM ledger_unit WHERE code = ANY(%s)", [codes]).fetchall())
        changes = sorted(
            (account[a], unit[f.unit], q) for f in row.flows for a, q in ((f.giver, -f.quantity), (f.taker, f.quantity))
        )
        lots = [a.partition("@")[0] for a in addresses if "/lots/" in a]
        owner.execute("SELECT is_closed FROM ledger_batch WHERE path = ANY(%s) ORDER BY path FOR UPDATE", [lots])
        balances = owner.execute(
            "SELECT quantity, floor FROM ledger_balance JOIN unnest(%s::bigint[], %s::bigint[]) AS p (a, u) "
            "ON account_id = a AND unit_id = u ORDER BY account_id, unit_id FOR UPDATE OF ledger_balance",
            [[a for a, _, _ in changes], [u for _, u, _ in changes]],
        ).fetchall()
        for (quantity, floor), (_, _, change) in zip(balances, changes, strict=True):
            if change < 0 and floor is not None and quantity + change < floor:
                raise ValueError("below the floor")
        with owner.cursor() as cursor:
            cursor.executemany(
                "UPDATE ledger_balance SET quantity = quantity + %s WHERE account_id = %s AND unit_id = %s",
                [(q, a, u) for a, u, q in changes],
            )
            cursor.execute("SELECT nextval('ledger_token')")
            (token,) = cursor.fetchone() or (0,)
            cursor.execute("INSERT INTO ledger_leaf (token, text, hash) VALUES (%s, %s, %s)", _leaf_row(token, leaf))
            cursor.execute(f"INSERT INTO ledger_entry ({ENTRY}) VALUES ({', '.join(['%s'] * 10)})",
                           _entry_row(token, entry_id, row, now))  # fmt: skip
            cursor.executemany(f"INSERT INTO ledger_flow ({FLOW}) VALUES ({', '.join(['%s'] * 7)})",
                               _flow_rows(token, row, account, unit))  # fmt: skip
        owner.commit()


def copy(owner: Connection, rows: list[Draft]) -> None:
    account = dict(owner.execute("SELECT address, id FROM ledger_account").fetchall())
    unit = dict(owner.execute("SELECT code, id FROM ledger_unit").fetchall())
    now = datetime.now(UTC)
    with owner.cursor() as cursor:
        cursor.execute("SELECT nextval('ledger_token') FROM generate_series(1, %s)", [len(rows)])
        tokens = [token for (token,) in cursor.fetchall()]
        named = [(token, records.uuid7(), row) for token, row in zip(tokens, rows, strict=True)]
        with cursor.copy("COPY ledger_leaf (token, text, hash) FROM STDIN") as out:
            for token, entry_id, row in named:
                out.write_row(_leaf_row(token, records.entry_leaf(row, entry_id, now)))
        with cursor.copy(f"COPY ledger_entry ({ENTRY}) FROM STDIN") as out:
            for token, entry_id, row in named:
                out.write_row(_entry_row(token, entry_id, row, now))
        with cursor.copy(f"COPY ledger_flow ({FLOW}) FROM STDIN") as out:
            for token, _, row in named:
                for flow in _flow_rows(token, row, account, unit):
                    out.write_row(flow)
    owner.commit()


ENTRY = "token, id, key, action, purpose, at, recorded_at, by, evidence, flow_count"
FLOW = "token, n, giver_id, taker_id, unit_id, quantity, flow_count"
Row = tuple[object, ...]


def _leaf_row(token: object, leaf: str) -> Row:
    return token, leaf, sha256(b"\x00" + leaf.encode()).digest()


def _entry_row(token: object, entry_id: object, row: Draft, now: datetime) -> Row:
    by = json.dumps(row.by)
    return token, entry_id, row.key, row.action, row.purpose, row.at, now, by, row.evidence, len(row.flows)


def _flow_rows(token: object, row: Draft, account: dict[object, object], unit: dict[object, object]) -> list[Row]:
    return [
        (token, n, account[f.giver], account[f.taker], unit[f.unit], f.quantity, len(row.flows))
        for n, f in enumerate(row.flows, 1)
    ]
