"""The database of the tests: PostgreSQL as in production, the application logged in as the web role.

Tests that stay in one transaction use `db`. Tests that commit (threads, servers, races) use `own_database`:
the journal refuses TRUNCATE, so they get a clone that is thrown away, not a database that is emptied. So do tests of
thousands of rows: where many tests were rolled back, the statistics say that tables are empty, and plans suffer.
"""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection
from django.utils import translation
from django.utils.csp import CSP
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from psycopg import sql
from pytest_django import DjangoDbBlocker

from config import postgres
from config.folder import DATA, open_data
from config.messages import compile_messages
from tests.sandbox.desk import KEY, SECRET, Desk
from tests.sandbox.keys import NoTestKey, key_for_stripe

# A law holds or it does not; how long a busy machine takes to try it says nothing about it.
hypothesis_settings.register_profile("laws", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("laws")

TIERS = ("quick", "browser", "soak")


def pytest_configure(config: pytest.Config) -> None:
    try:
        key_for_stripe()
    except NoTestKey as no:
        raise pytest.UsageError(str(no)) from no
    # With xdist, the workers share the run of the process that started them.
    if not hasattr(config, "workerinput"):
        os.environ["RENNET_TEST_RUN"] = str(os.getpid())
        compile_messages()
    settings.IS_DEMONSTRATION = False
    settings.CELERY_BROKER_URL = "memory://"
    settings.STRIPE_KEY = ""  # a test that takes cards asks for the fixture `stripe`
    # Static files straight from their folders, and a hash that costs nothing.
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.WHITENOISE_USE_FINDERS = True
    # WhiteNoise looks there first, and warns at every start of an application where it is missing.
    open_data()
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not any(item.get_closest_marker(tier) for tier in TIERS):
            raise pytest.UsageError(f"{item.nodeid} has no tier; mark its file with one of: {', '.join(TIERS)}.")
        marker = item.get_closest_marker("django_db")
        if marker and marker.kwargs.get("transaction"):
            raise pytest.UsageError(f"{item.nodeid} would TRUNCATE the journal; use the fixture own_database.")


@pytest.fixture(scope="session")
def template(django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The name of the migrated database of this run, made by whichever worker comes first."""
    run = os.environ["RENNET_TEST_RUN"]
    name = f"test_{run}_template"
    with postgres.running(), open(open_data() / "tests.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        with open(DATA / "tests.template.lock", "w") as making:
            fcntl.flock(making, fcntl.LOCK_EX)
            if name not in _test_databases():
                _drop(*(left for left in _test_databases() if not _is_alive(int(left.split("_")[1]))))
                with django_db_blocker.unblock():
                    _make_template(name)
        yield name
        connection.close()
        # The last worker of all runs clears up; a run that was killed is cleared up by the next.
        fcntl.flock(lock, fcntl.LOCK_UN)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _drop(*_test_databases())
        except BlockingIOError:
            pass


@pytest.fixture(scope="session")
def django_db_setup(template: str, worker_id: str) -> Iterator[None]:
    """Takes the place of pytest-django's: this worker's own clone, as the web role."""
    name = f"test_{os.environ['RENNET_TEST_RUN']}_{worker_id}"
    _clone(template, name)
    before = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = name
    yield
    connection.close()
    connection.settings_dict["NAME"] = before
    _drop(name)


@pytest.fixture
def own_database(template: str, worker_id: str, django_db_blocker: DjangoDbBlocker,
                 monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:  # fmt: skip
    """A database of this test alone, to which it may commit from any thread or process; gives its name."""
    name = f"test_{os.environ['RENNET_TEST_RUN']}_{worker_id}_own"
    _clone(template, name)
    before = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["NAME"] = name
        monkeypatch.setenv("RENNET_DATABASE", name)  # for the processes that the test starts
        yield name
        connection.close()
        connection.settings_dict["NAME"] = before
    _drop(name)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """A request in French leaves its thread in French; the next test starts afresh."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture(autouse=True)
def forgetful() -> None:
    """What a process remembers is of one database; the next test has another, with rows of the same numbers."""
    from reports.queries import remembered  # models are there only after Django's set-up

    caches["process"].clear()
    remembered.clear()


@pytest.fixture(autouse=True)
def own_log(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test publishes, and no other: what is published is never published otherwise."""
    folder = tmp_path_factory.getbasetemp() / f"log-{uuid4().hex}" / "log"
    for name, value in (("LOG_FOLDER", folder), ("LOG_KEY", folder.with_name("log.key"))):
        monkeypatch.setattr(settings, name, value)
        monkeypatch.setenv(name, str(value))  # for the processes that the test starts
    monkeypatch.setattr(settings, "LOG_ORIGIN", "rennet.example/log")
    return folder


@pytest.fixture(autouse=True)
def own_uploads(tmp_path: Path, settings: Any) -> None:
    """Where this test keeps pictures."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def stripe(tmp_path: Path, settings: Any) -> Iterator[Desk]:
    """A stand-in for Stripe with books of its own, and our settings aimed at it; at the end what we keep there is what
    its books say, reconciling finds no difference, and all that we asked of it, and all that it made, is held to
    Stripe's own description."""
    desk = Desk(tmp_path / "stripe.sqlite")
    desk.start()
    settings.STRIPE_KEY, settings.STRIPE_ADDRESS = KEY, desk.address
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_of_another_endpoint", SECRET]
    settings.SECURE_CSP = settings.SECURE_CSP | {"form-action": [CSP.SELF, desk.address]}
    yield desk
    from tests.market.cards import reconciled  # models are there only after Django's set-up

    try:
        if not desk.differs:
            desk.press("/desk/faults/clear")
            reconciled(desk)
    finally:
        desk.stop()
    assert desk.faults_found() == []


@pytest.fixture
def ricefarms() -> Path:
    path = os.environ.get("RICEFARMS_CSV")
    if not path or not Path(path).is_file():
        pytest.skip(
            "Set RICEFARMS_CSV to the rice farms data: RiceFarms of the R package plm (GPL), "
            "which anyone may export with write.csv(plm::RiceFarms)."
        )
    return Path(path)


def _owner(database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
    login = postgres.address(postgres.OWNER)
    parts = {"host": login["HOST"], "port": login["PORT"], "user": login["USER"], "password": login["PASSWORD"]}
    given = {key: str(value) for key, value in (parts | dict(login["OPTIONS"])).items() if value}  # type: ignore[call-overload]
    return psycopg.connect(dbname=database, autocommit=True, **given)


def _test_databases() -> list[str]:
    with _owner() as link:
        rows = link.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'").fetchall()
    return [str(row[0]) for row in rows]


def _is_alive(run: int) -> bool:
    try:
        os.kill(run, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _make_template(name: str) -> None:
    with _owner() as link:
        link.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    before = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = name
    call_command("migrate", verbosity=0)
    connection.close()
    connection.settings_dict["NAME"] = before


def _clone(template: str, name: str) -> None:
    with _owner() as link:
        drop, create = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        link.execute(drop.format(sql.Identifier(name)))
        link.execute(create.format(sql.Identifier(name), sql.Identifier(template)))


def _drop(*names: str) -> None:
    with _owner() as link:
        for name in names:
            link.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
