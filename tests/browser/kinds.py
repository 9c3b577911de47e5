"""Every kind of page there is, found by following links: for pictures of all, and for rules that all must keep."""

import re
from collections import deque
from collections.abc import Iterator
from urllib.parse import urldefrag, urljoin

from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from market.models import Order

MOST_PAGES = 120  # visited by each reader; a kind of page that is further away is not linked well enough
LEFT_ALONE = ("account_logout", "set_language", "tour", "leave_tour", "api_schema", "live", "ready")
BY_PASSWORD = "allauth.account.auth_backends.AuthenticationBackend"


def readers() -> Iterator[tuple[str, Client]]:
    """A visitor with something in the cart, then one member of each role who can sign in."""
    yield "visitor", with_a_cart(Client())
    taken: set[str] = set()
    for member in get_user_model().objects.filter(memberships__isnull=False, is_active=True).distinct()[:200]:
        roles = {role for membership in member.memberships.all() for role in membership.roles}
        if roles - taken:
            client = Client()
            client.force_login(member, BY_PASSWORD)
            yield "-".join(sorted(roles - taken)), client
            taken |= roles


def with_a_cart(client: Client) -> Client:
    for _, path in kinds(client):
        page = client.get(path).content.decode()
        if put := re.search(r'action="(/shop/\d+/put)"', page):
            client.post(put[1], {"pieces": 2})
            break
    return client


def kinds(client: Client) -> Iterator[tuple[str, str]]:
    """Every URL name within reach of the start page, with the first address of it."""
    yield "404", "/no-such-place/"
    waiting, met, names = deque(["/", "/sign-in/login/", "/look/"]), {"/"}, set()
    no_pages: set[str] = set()  # files and answers for machines: thousands of them are linked from the log
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
            no_pages.add(name)
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
                (waiting.appendleft if kind and kind not in names | no_pages else waiting.append)(target)


def _name_of(path: str) -> str:
    try:
        return resolve(path.partition("?")[0]).view_name
    except Resolver404:
        return ""
