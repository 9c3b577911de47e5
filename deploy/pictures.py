"""Photographs every kind of page of the running program, as each kind of reader sees it: `make pictures`.

Usage: python deploy/pictures.py [FOLDER] [NAME …]     (FOLDER: .data/pictures; NAME: only pages of this name)
It reads the database as it stands, follows the links from the start page, and keeps the first page of each URL name, at
three widths, light and dark, English and French; besides the errors, what is empty, letters, what is printed, and the
picture of the README.
"""

import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.test import Client
    from playwright.sync_api import Page, Route

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Playwright runs an event loop in this thread, and Django would refuse every query beside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# Run as a file from another folder, it finds the project by the path set above.
from config import postgres  # noqa: E402  # see above
from config.commands import migrate_if_needed  # noqa: E402  # see above
from config.messages import compile_messages  # noqa: E402  # see above

AT_ONCE = 2  # browsers
WIDTHS, SCHEMES, LANGUAGES = (360, 768, 1280), ("light", "dark"), ("en", "fr")
BY_LINK_ONLY = {  # states that no link leads to: (reader, address)
    "empty_shelf": ("visitor", "/shop/?q=nothing-of-this-name"),
    "empty_cart": ("", "/cart/"),
    "account_inactive": ("", "/sign-in/inactive/"),
    "mfa_activate_totp": ("beginner", "/sign-in/2fa/totp/activate/"),
    "tour": ("visitor", "/tours/buyer/2/"),  # the last: from here on its band stands on the visitor's pages
}
ERRORS = ("400", "403_csrf", "429", "500")  # pages that no address leads to: the template is shown as the server does
WHOLE = {"shelf": "/shop/"}  # where the first link leads to a part of the page
PRINTED = ("order", "passbook", "lot_report", "books", "entry")
A4 = {"width": 794, "height": 1123}
FIGURES_FIT = """() => [...document.querySelectorAll(".plot")].every((plot) => {
  const drawn = plot.querySelector(".main-svg");
  return !drawn || Math.abs(drawn.getBoundingClientRect().width - plot.clientWidth) < 2;
})"""
README = PROJECT / "docs" / "pictures" / "shelf.png"


@dataclass(frozen=True)
class Shot:
    name: str
    path: str
    reader: str = "visitor"
    session: str = ""
    body: str = ""  # of a page that is not served: a letter, the page of a broken program
    in_french: str = ""  # the same in French, where it is another text


def main(folder: Path, only: set[str]) -> None:
    from django.conf import settings

    settings.ALLOWED_HOSTS.append("testserver")
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with people_with_an_address():
        take_all(folder, only)


@contextmanager
def people_with_an_address() -> Iterator[None]:
    """For as long as pictures are taken, two people whose address is known can sign in: one with an app, recovery codes
    and a passkey, and a beginner who has none of them."""
    from allauth.account.models import EmailAddress

    from cooperatives.models import Member
    from tests.browser.kinds import give_second_factors

    made = [
        Member.objects.create_user(username=name, email=f"{name}@pictures.example", password=secrets.token_urlsafe())
        for name in ("careful", "beginner")
    ]
    try:
        for person in made:
            EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
        give_second_factors(made[0])
        yield
    finally:
        for person in made:
            person.delete()


def take_all(folder: Path, only: set[str]) -> None:
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.test.testcases import LiveServerThread

    shots = [shot for shot in every_kind_of_page() if not only or shot.name in only]
    server = LiveServerThread("127.0.0.1", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    folder.mkdir(parents=True, exist_ok=True)
    address = f"http://127.0.0.1:{server.port}"
    with ThreadPoolExecutor(AT_ONCE) as pool:  # each with a browser of its own
        list(pool.map(lambda n: photograph(shots[n::AT_ONCE], address, folder), range(AT_ONCE)))
    server.terminate()


def every_kind_of_page() -> Iterator[Shot]:
    """The first page of each URL name, seen by whoever comes to it first, a visitor before a member; and what no link
    leads to."""
    from django.contrib.auth import get_user_model

    from tests.browser.kinds import NO_LINK, just_signed_in, kinds, pages, readers

    seen: set[str] = set()
    sessions: dict[str, str] = {"": ""}
    for reader, client in readers():
        for name, path in kinds(client):
            if name not in seen:
                seen.add(name)
                yield Shot(name, WHOLE.get(name, path), reader, _session(client))
        sessions[reader] = _session(client)
        refused = client.get("/stall/fern/letters/").status_code == 403
        if refused and "403" not in seen:
            seen.add("403")
            yield Shot("403", "/stall/fern/letters/", reader, _session(client))
    sessions["beginner"] = _session(just_signed_in(get_user_model().objects.get(username="beginner")))
    for name, (reader, path) in BY_LINK_ONLY.items():
        seen.add(name)
        yield Shot(name, path, reader, sessions[reader])
    if not_met := pages() - seen - set(NO_LINK):
        print("This world has nothing to show on:", *sorted(not_met))
    yield from (Shot(name, "/broken/", body="made in each language") for name in ERRORS)
    yield from letters()


def letters() -> Iterator[Shot]:
    """One letter of each kind that a buyer gets, and those that let a member in, as a reader of mail shows them; in
    French where somebody got one in French."""
    from django.contrib.auth import get_user_model
    from django.core import mail
    from django.test import Client, override_settings
    from django.urls import reverse

    from cooperatives.post import as_page
    from market.models import Letter

    found: dict[str, dict[str, str]] = {}
    for letter in Letter.objects.select_related("order"):
        of_its_kind = found.setdefault(letter.key.rpartition("/")[2], {})
        of_its_kind.setdefault(letter.order.language, as_page(letter.subject, letter.body))
    for kind, said in found.items():
        yield Shot(f"letter-{kind}", f"/letter/{kind}/", body=said.get("en", ""), in_french=said.get("fr", ""))
    address = get_user_model().objects.exclude(email="").values_list("email", flat=True)[0]
    with override_settings(MAILERS={"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}):
        sent = []
        for language in LANGUAGES:
            mail.outbox = []
            reader = Client(headers={"accept-language": language})
            reader.post(reverse("account_reset_password"), {"email": address})
            sent.append([as_page(message.subject, str(message.body)) for message in mail.outbox])
        for number, (english, french) in enumerate(zip(*sent, strict=True)):
            yield Shot(f"letter-sign-in-{number}", "/letter/in/", body=english, in_french=french)


def _session(client: "Client") -> str:
    morsel = client.cookies.get("session")
    return morsel.value if morsel else ""


def photograph(shots: list[Shot], address: str, folder: Path) -> None:
    """Each page is loaded once a language; widths and schemes are then changed under it."""
    from playwright.sync_api import sync_playwright

    installed = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed, args=["--no-sandbox", "--disable-gpu"])
        for shot in shots:
            for language in LANGUAGES:
                context = browser.new_context(locale=language, base_url=address, reduced_motion="reduce")
                if shot.session:
                    context.add_cookies([{"name": "session", "value": shot.session, "url": address}])
                page = context.new_page()
                letter = (language == "fr" and shot.in_french) or shot.body
                if letter:
                    page.route(
                        f"**{shot.path}", _served(_broken(shot.name, language) if shot.name in ERRORS else letter)
                    )
                page.goto(shot.path, wait_until="load")
                look_at(page)
                for width in WIDTHS:
                    page.set_viewport_size({"width": width, "height": 800})
                    settle(page)
                    show_whole(page, width)
                    for scheme in SCHEMES:
                        page.emulate_media(color_scheme=scheme)
                        page.wait_for_timeout(600 if page.locator(".plot").count() else 60)
                        page.screenshot(path=folder / f"{shot.name}-{width}-{scheme}-{language}.png")
                if shot.name in PRINTED:
                    page.emulate_media(media="print", color_scheme="light")
                    page.set_viewport_size(A4)
                    settle(page)
                    page.screenshot(path=folder / f"{shot.name}-print-{language}.png", full_page=True)
                if shot.name == "shelf" and language == "en":
                    page.emulate_media(media="screen", color_scheme="light")
                    page.set_viewport_size({"width": 1280, "height": 1100})
                    page.screenshot(path=README)
                context.close()
            print(f"{shot.name:24} {shot.path}  ({shot.reader})", flush=True)
        browser.close()


def look_at(page: "Page") -> None:
    """What is drawn when it comes into view must have come into view."""
    for top in range(0, page.evaluate("document.body.scrollHeight"), 700):
        page.evaluate(f"scrollTo(0, {top})")
        page.wait_for_timeout(30)
    for plot in range(page.locator(".plot").count()):
        page.locator(".plot").nth(plot).locator("svg").first.wait_for(timeout=15_000)
    page.evaluate("scrollTo(0, 0)")


def settle(page: "Page") -> None:
    """Waits until what follows the width of a page has followed it: figures, and tabs that a reader moves."""
    if page.locator(".plot").count():
        page.wait_for_function(FIGURES_FIT)
    page.wait_for_timeout(900 if page.locator(".plot").count() else 250 if page.locator(".tabs").count() else 30)


def show_whole(page: "Page", width: int) -> None:
    """As high as the page is, so that nothing moves while it is taken: what a reader moved would go back."""
    page.set_viewport_size({"width": width, "height": max(800, page.evaluate("document.documentElement.scrollHeight"))})


def _served(body: str) -> "Callable[[Route], None]":
    return lambda route: route.fulfill(body=body, content_type="text/html; charset=utf-8")


def _broken(name: str, language: str) -> str:
    """The page of an error, as the server makes it: without a request, since that may be what broke."""
    from django.template.loader import render_to_string
    from django.utils.translation import override

    with override(language):
        return render_to_string(f"{name}.html")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    with postgres.running():
        migrate_if_needed()
        compile_messages()
        main(Path(arguments[0]) if arguments else PROJECT / ".data" / "pictures", set(arguments[1:]))
