"""Photographs every kind of page of the running program, as each kind of reader sees it: `make pictures`.

Usage: python deploy/pictures.py [FOLDER] [NAME …]     (FOLDER: .data/pictures; NAME: only pages of this name)
It reads the database as it stands, follows the links from the start page, and keeps the first page of each URL name.
"""

import os
import re
import shutil
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Playwright runs an event loop in this thread, and Django would refuse every query beside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

from config import postgres  # noqa: E402
from config.commands import migrate_if_needed  # noqa: E402
from config.messages import compile_messages  # noqa: E402

WIDTHS, SCHEMES, LANGUAGES = (360, 768, 1280), ("light", "dark"), ("en", "fr")
MOST_PAGES = 120  # visited by each reader; a kind of page that is further away is not linked well enough
LEFT_ALONE = ("account_logout", "set_language", "api_schema", "live", "ready")


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
    seen: set[str] = set()
    for reader, client in readers():
        for name, path in kinds(client):
            if name not in seen:
                seen.add(name)
                morsel = client.cookies.get("session")
                yield Shot(name, path, reader, morsel.value if morsel else "")


def readers() -> Iterator[tuple[str, Any]]:
    """A visitor with something in the cart, then one member of each role who can sign in."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    yield "visitor", with_a_cart(Client())
    taken: set[str] = set()
    for member in get_user_model().objects.filter(memberships__isnull=False, is_active=True).distinct()[:200]:
        roles = {role for membership in member.memberships.all() for role in membership.roles}
        if roles - taken:
            client = Client()
            client.force_login(member, "allauth.account.auth_backends.AuthenticationBackend")
            yield "-".join(sorted(roles - taken)), client
            taken |= roles


def with_a_cart(client: Any) -> Any:
    for _, path in kinds(client):
        page = client.get(path).content.decode()
        if put := re.search(r'action="(/shop/\d+/put)"', page):
            client.post(put[1], {"pieces": 2})
            break
    return client


def kinds(client: Any) -> Iterator[tuple[str, str]]:
    """Every URL name within reach of the start page, with the first address of it."""
    from django.urls import Resolver404, resolve, reverse

    from market.models import Order

    yield "404", "/no-such-place/"
    waiting, met, names = deque(["/", "/sign-in/login/", "/look/"]), {"/"}, set()
    # Nothing links to an order: whoever has its secret address may read it.
    waiting.extend(reverse("order", args=[order.token]) for order in Order.objects.order_by("-id")[:1])
    for _ in range(MOST_PAGES):
        if not waiting:
            return
        path = waiting.popleft()
        try:
            name = resolve(path.partition("?")[0]).view_name
        except Resolver404:
            continue
        if name in LEFT_ALONE or name.startswith("admin:"):
            continue
        answer = client.get(path)
        if answer.status_code == 302 and answer["Location"] not in met:
            met.add(answer["Location"])
            waiting.appendleft(answer["Location"])
        if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            continue
        if name not in names:
            names.add(name)
            yield name, path
        for link in re.findall(r'href="([^"]+)"', answer.content.decode()):
            target = urldefrag(urljoin(path, link.replace("&amp;", "&")))[0]
            if target.startswith("/") and not target.startswith(("/static/", "/api/", "/media/")) and target not in met:
                met.add(target)
                # A new kind of page goes to the front: a list of a thousand goods must not hide the books.
                kind = _name_of(target)
                (waiting.appendleft if kind and kind not in names else waiting.append)(target)


def _name_of(path: str) -> str:
    from django.urls import Resolver404, resolve

    try:
        return resolve(path.partition("?")[0]).view_name
    except Resolver404:
        return ""


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
