"""Photographs every kind of page of the running program, as each kind of reader sees it: `make pictures`.

Usage: python deploy/pictures.py [FOLDER] [NAME …]     (FOLDER: .data/pictures; NAME: only pages of this name)
It reads the database as it stands, follows the links from the start page, and keeps the first page of each URL name.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Playwright runs an event loop in this thread, and Django would refuse every query beside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

from config import postgres  # noqa: E402
from config.commands import migrate_if_needed  # noqa: E402
from config.messages import compile_messages  # noqa: E402

WIDTHS, SCHEMES, LANGUAGES = (360, 768, 1280), ("light", "dark"), ("en", "fr")


@dataclass(frozen=True)
class Shot:
    name: str
    path: str
    reader: str
    session: str


def main(folder: Path, only: set[str]) -> None:
    from django.conf import settings
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.test.testcases import LiveServerThread

    settings.ALLOWED_HOSTS.append("testserver")
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    shots = [shot for shot in every_kind_of_page() if not only or shot.name in only]
    server = LiveServerThread("127.0.0.1", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    folder.mkdir(parents=True, exist_ok=True)
    photograph(shots, f"http://127.0.0.1:{server.port}", folder)
    server.terminate()


def every_kind_of_page() -> Iterator[Shot]:
    """The first page of each URL name, seen by whoever comes to it first: a visitor before a member."""
    from tests.browser.kinds import kinds, readers

    seen: set[str] = set()
    for reader, client in readers():
        for name, path in kinds(client):
            if name not in seen:
                seen.add(name)
                morsel = client.cookies.get("session")
                yield Shot(name, path, reader, morsel.value if morsel else "")


def photograph(shots: list[Shot], address: str, folder: Path) -> None:
    from playwright.sync_api import sync_playwright

    installed = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed, args=["--no-sandbox", "--disable-gpu"])
        for shot in shots:
            for width in WIDTHS:
                for scheme in SCHEMES:
                    for language in LANGUAGES:
                        context = browser.new_context(
                            viewport={"width": width, "height": 800},
                            color_scheme=scheme,
                            locale=language,
                            base_url=address,
                        )
                        if shot.session:
                            context.add_cookies([{"name": "session", "value": shot.session, "url": address}])
                        page = context.new_page()
                        page.goto(shot.path, wait_until="networkidle")
                        # What is drawn when it comes into view must have come into view.
                        for top in range(0, page.evaluate("document.body.scrollHeight"), 700):
                            page.evaluate(f"scrollTo(0, {top})")
                            page.wait_for_timeout(40)
                        page.wait_for_timeout(500 if page.locator(".plot").count() else 50)
                        target = folder / f"{shot.name}-{width}-{scheme}-{language}.png"
                        page.screenshot(path=target, full_page=True)
                        context.close()
            print(f"{shot.name:24} {shot.path}  ({shot.reader})", flush=True)
        browser.close()


if __name__ == "__main__":
    arguments = sys.argv[1:]
    with postgres.running():
        migrate_if_needed()
        compile_messages()
        main(Path(arguments[0]) if arguments else PROJECT / ".data" / "pictures", set(arguments[1:]))
