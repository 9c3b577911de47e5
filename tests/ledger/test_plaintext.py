"""The exported journal is loaded by hledger and by Beancount themselves, and every balance is ours."""

import csv
import io
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from ledger import queries
from ledger.rules.amounts import format_quantity
from ledger.rules.plaintext import Names, _beancount_account, _beancount_currency, hledger_account
from tests.ledger.season import declare, season

pytestmark = [pytest.mark.quick, pytest.mark.django_db]
Balances = dict[tuple[str, str], Decimal]


@pytest.fixture
def told() -> Balances:
    """The balances of a season in which everything happens."""
    declare()
    for _ in season():
        pass
    exponents = queries.exponents()
    return {
        (h.address, h.unit): Decimal(format_quantity(h.quantity, exponents[h.unit])) for h in queries.balances()
    }  # fmt: skip


def exported(program: str) -> str:
    out = io.StringIO()
    call_command("export_journal", format=program, stdout=out)
    return out.getvalue()


def test_hledger_has_every_balance(told: Balances, tmp_path: Path) -> None:
    program = shutil.which("hledger")
    if not program:
        pytest.skip("hledger loads the exported journal where it is: install the package hledger.")
    journal = tmp_path / "all.journal"
    journal.write_text(exported("hledger"))
    subprocess.run([program, "-f", journal, "check", "ordereddates", "balancednoautoconversion"], check=True)
    command = [program, "-f", journal, "balance", "--flat", "--no-total", "--layout=tidy", "-O", "csv"]
    if "layout" not in subprocess.run([program, "balance", "--help"], capture_output=True, text=True).stdout:
        command[-3] = "--commodity-column"
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    ours = {(hledger_account(address), unit): quantity for (address, unit), quantity in told.items()}
    assert read_hledger(text) == ours


def read_hledger(text: str) -> Balances:
    rows = list(csv.DictReader(io.StringIO(text)))
    return {
        (row["account"], row["commodity"].strip('"')): Decimal(row["value"]) for row in rows if Decimal(row["value"])
    }


BEANCOUNT = """
import sys
from beancount import loader
from beancount.core import data, realization
entries, errors, _ = loader.load_file(sys.argv[1])
assert not errors, errors[:3]
named = {e.account: e.meta["address"] for e in entries if isinstance(e, data.Open)}
units = {e.currency: e.meta["unit"] for e in entries if isinstance(e, data.Commodity)}
for account in realization.iter_children(realization.realize(entries)):
    for position in account.balance:
        if position.units.number:
            print(named[account.account], units[position.units.currency], position.units.number)
"""


def test_beancount_has_every_balance(told: Balances, tmp_path: Path) -> None:
    pytest.importorskip("beancount", reason="Beancount loads the exported journal where it is installed.")
    ledger = tmp_path / "all.beancount"
    ledger.write_text(exported("beancount"))
    done = subprocess.run([sys.executable, "-c", BEANCOUNT, ledger], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = (line.split() for line in done.stdout.splitlines())
    assert {(address, unit): Decimal(number) for address, unit, number in rows} == told


def test_two_names_that_would_be_one_are_two() -> None:
    currencies = Names(_beancount_currency)
    assert [currencies[unit] for unit in ("EUR", "EUR@coops/fern", "EUR@coops/oak", "min", "MIN", "g")] == [
        "EUR", "EUR-1", "EUR-2", "MIN", "MIN-2", "G-0",
    ]  # fmt: skip
    accounts = Names(_beancount_account)
    odd = ["members/-a/purse", "members/x-a/purse", "coops/f/till@bank/f"]
    assert [accounts[address] for address in odd] == [
        "Assets:Members:X-a:Purse", "Assets:Members:X-a:Purse-2", "Assets:Coops:F:Till:At:Bank:F",
    ]  # fmt: skip


@pytest.mark.parametrize("program", ["hledger", "beancount"])
def test_readers_download_it(told: Balances, program: str) -> None:
    answer = Client().get(f"/api/1/journal/{program}/")
    assert b"".join(answer).decode() == exported(program)  # type: ignore[arg-type]
    assert answer["Content-Disposition"] == f'attachment; filename="journal.{program}"'
    assert Client().get("/api/1/journal/excel/").status_code == 404
