"""A served program and a real Chromium, at a phone's width and a desk's.

A page that logs an error, breaks the content policy or scrolls sideways fails its test, whatever the test was about.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test import Client
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run", "--disable-quic"]  # fmt: skip
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}


def pytest_configure() -> None:
    # Playwright runs an event loop in this thread, and Django would refuse every query beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    installed = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    with sync_playwright() as playwright:
        if not installed and not Path(playwright.chromium.executable_path).exists():
            pytest.fail(
                "There is no Chromium; install the package chromium, or run: python -m playwright install chromium"
            )
        browser = playwright.chromium.launch(executable_path=installed, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def site(own_database: str) -> Iterator[str]:
    """The address of the program, serving this test's own database."""
    server = LiveServerThread("127.0.0.1", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    yield f"http://127.0.0.1:{server.port}"
    server.terminate()


Opener = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, site: str) -> Iterator[Opener]:
    """`open_page("/shop/", size=PHONE, scheme="dark", language="fr", member=ada, javascript=False)` gives the page."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(path: str = "/", *, size: dict[str, int] = PHONE, scheme: str = "light", language: str = "en",
                  member: object = None, javascript: bool = True) -> Page:  # fmt: skip
        context = chromium.new_context(
            viewport=size, color_scheme=scheme, locale=language, java_script_enabled=javascript, base_url=site
        )  # type: ignore[arg-type]
        contexts.append(context)
        if member is not None:
            context.add_cookies([{"name": "session", "value": session_of(member), "url": site}])
        page = context.new_page()
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        for page in context.pages:
            too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if too_wide > 0:
                faults.append(f"{page.url} is {too_wide} px too wide")
        context.close()
    # What a browser says by itself when it was refused, or when a test takes the network away or cuts a reply.
    expected = tuple(f"Failed to load resource: {what}" for what in (
        "the server responded with a status of 4", "the server responded with a status of 502",
        "net::ERR_INTERNET_DISCONNECTED", "net::ERR_FAILED",
    ))  # fmt: skip
    assert not [fault for fault in faults if not fault.startswith(expected)]


@pytest.fixture
def phone(open_page: Opener) -> Page:
    """The start page on a phone."""
    return open_page("/", size=PHONE)


@pytest.fixture
def desk(open_page: Opener) -> Page:
    """The start page on a desk."""
    return open_page("/", size=DESK)


def session_of(member: object) -> str:
    """The session of somebody who has signed in, for tests that are about something else."""
    client = Client()
    client.force_login(member if not isinstance(member, str) else get_user_model().objects.get(username=member))
    return client.cookies["session"].value
