"""Every kind of page there is, found by following links: for pictures of all, and for rules that all must keep."""

import re
import time
from collections import Counter, deque
from collections.abc import Iterator
from hashlib import sha256
from urllib.parse import urldefrag, urljoin

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.webauthn.internal.auth import WebAuthn
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve, reverse
from fido2.cose import ES256
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorAttestationResponse,
    AuthenticatorData,
    CollectedClientData,
    RegistrationResponse,
)

from cooperatives.models import Invitation, Member
from cooperatives.queries import token_of
from market.models import Order

READ_OF_EACH = 4  # pages of each kind that are read for links; what only the fifth links to is not linked well enough
LEFT_ALONE = ("account_logout", "set_language", "tour", "leave_tour", "api_schema", "live", "ready")
BY_PASSWORD = "allauth.account.auth_backends.AuthenticationBackend"

NO_LINK = {  # pages that nobody comes to by a link, and why
    "log_copy": "a file",
    "mfa_download_recovery_codes": "a file",
    "set_language": "a button",
    "tour": "goes on at once to a page of the tour",
    "leave_tour": "goes on at once to the start page",
    "find_record": "goes on at once to what was asked for",
    "stall": "goes on at once to the stall of whoever has one; who has several chooses there",
    "weigh": "goes on at once to the scale of whoever has one; who has several chooses there",
    "account_logout": "would end the reader's session; linked at the foot of every page",
    "look": "for whoever builds, while DEBUG is on",
    "outbox": "only where letters are not sent",
    "account_inactive": "where the sign-in of a closed account ends",
    "account_email_verification_sent": "where signing up would end if an address had to be confirmed first",
    "account_set_password": "for people who have no password: nobody",
    "account_confirm_login_code": "codes by letter are off",
    "mfa_authenticate": "between the password and the first page",
    "mfa_reauthenticate": "instead of the password, for whoever has an app",
    "mfa_reauthenticate_webauthn": "instead of the password, for whoever has a passkey",
    "mfa_login_webauthn": "asked by a script",
}
ELSEWHERE = {  # pages linked in a state that the one world of these tests is not in, and the tests that go there
    "pay_in_credit": "from an order that may be paid in credit; tests/market/test_credit_parts.py",
    "recipe_comparison": "from a recipe by which something was made; tests/reports/test_recipes.py",
}


def pages() -> set[str]:
    """The names of all addresses that end as nouns do, in a stroke: pages, and what stands in NO_LINK."""
    found: set[str] = set()

    def walk(patterns: list[URLPattern | URLResolver]) -> None:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                if pattern.app_name != "admin" and str(pattern.pattern) != "api/1/":
                    walk(pattern.url_patterns)
            elif str(pattern.pattern).rstrip("$").endswith(("/", "docs")) or not str(pattern.pattern):
                found.add(str(pattern.name))

    walk(get_resolver().url_patterns)
    return found


def readers() -> Iterator[tuple[str, Client]]:
    """A visitor with something in the cart, then one member of each role, who has a password if any has one; then
    somebody with second factors, if there is anybody."""
    yield "visitor", with_a_cart(Client())
    taken: set[str] = set()
    members = get_user_model().objects.filter(is_active=True)
    of_some = members.filter(memberships__isnull=False).distinct().order_by("pk")[:200]
    for member in sorted(of_some, key=lambda one: not one.has_usable_password()):
        roles = {role for membership in member.memberships.all() for role in membership.roles}
        if roles - taken:
            yield "-".join(sorted(roles - taken)), just_signed_in(member)
            taken |= roles
    if careful := members.filter(authenticator__type=Authenticator.Type.TOTP).first():
        yield "careful", just_signed_in(careful)


def just_signed_in(member: Member) -> Client:
    client = Client()
    before = member.last_login
    client.force_login(member, BY_PASSWORD)
    # A link for a new password, sent before, is good until somebody signs in.
    type(member).objects.filter(pk=member.pk).update(last_login=before)
    # What allauth notes of a sign-in by password, without which it asks for it before each change; an hour ahead, since
    # pictures are taken long after.
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time() + 3600, "reauthenticated": True}
    ]
    session["account_authentication_methods_user"] = str(member.pk)
    session.save()
    return client


def give_second_factors(member: Member) -> None:
    """An app, recovery codes and a passkey, as they are kept once they were set up."""
    TOTP.activate(member, generate_totp_secret())
    RecoveryCodes.activate(member)
    key = ES256.from_cryptography_key(generate_private_key(SECP256R1()).public_key())
    made = AuthenticatorData.create(
        sha256(b"localhost").digest(),
        AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT,
        0,
        AttestedCredentialData.create(Aaguid.NONE, b"a passkey", key),
    )
    said = CollectedClientData.create("webauthn.create", b"challenge", "http://localhost")
    answer = AuthenticatorAttestationResponse(
        client_data=said, attestation_object=AttestationObject.create("none", made, {})
    )
    credential = dict(RegistrationResponse(raw_id=b"a passkey", response=answer))
    WebAuthn.add(member, "Phone", credential)


def with_a_cart(client: Client) -> Client:
    for _, path in kinds(client):
        page = client.get(path).content.decode()
        if put := re.search(r'action="(/shop/\d+/put)"', page):
            client.post(put[1], {"pieces": 2})
            break
    if sent := re.search(r'name="(reach-\d+)" value="(\d+)"', client.get(reverse("cart")).content.decode()):
        client.post(reverse("choose_carriage"), {sent[1]: sent[2]})
    return client


def by_letter() -> Iterator[str]:
    """What only letters link to: an order, one that is not paid yet, an invitation."""
    orders = [*Order.objects.order_by("-id")[:1], *Order.objects.filter(state=Order.State.PLACED).order_by("-id")[:1]]
    yield from (reverse("order", args=[order.token]) for order in orders)
    yield from (reverse("invitation", args=[token_of(sent)]) for sent in Invitation.objects.order_by("-id")[:2])


def by_letter_to_whoever_is_out() -> Iterator[str]:
    """What a letter links to that ends the session of whoever else is signed in."""
    for member in get_user_model().objects.filter(is_active=True).exclude(email="").order_by("pk")[:1]:
        key = default_token_generator.make_token(member)
        yield reverse("account_reset_password_from_key", args=[user_pk_to_url_str(member), key])
    for address in EmailAddress.objects.order_by("verified", "pk")[:1]:
        yield reverse("account_confirm_email", args=[EmailConfirmationHMAC(address).key])


def kinds(client: Client, *, shut: list[tuple[str, str, int]] | None = None) -> Iterator[tuple[str, str]]:
    """Every URL name within reach of the start page, with the first address of it; `shut` as in `walk`."""
    names: set[str] = set()
    for name, path in walk(client, shut=shut):
        if name not in names:
            names.add(name)
            yield name, path


def walk(client: Client, *, shut: list[tuple[str, str, int]] | None = None) -> Iterator[tuple[str, str]]:
    """Up to READ_OF_EACH pages of every URL name within reach of the start page, with their addresses.

    A link that does not open is put into `shut`, with the page that shows it and the status; where that is asked for,
    each kind of page is also read by a link from every kind that has one, however often it was read."""
    yield "404", "/no-such-place/"
    asked = ["/", "/look/", reverse("account_login"), reverse("account_reauthenticate")]
    asked += [reverse("account_reset_password_done"), reverse("account_reset_password_from_key_done"), *by_letter()]
    if "_auth_user_id" not in client.session:
        asked += [*by_letter_to_whoever_is_out(), reverse("checkout")]  # by a button, where goods can be sent
    waiting, met = deque((path, "") for path in asked), set(asked)
    read: Counter[str] = Counter()
    pairs: set[tuple[str, str]] = set()
    while waiting:
        path, source = waiting.popleft()
        name, pair = _name_of(path), (_name_of(source), _name_of(path))
        is_enough = read[name] >= READ_OF_EACH and (shut is None or not source or pair in pairs)
        if name in LEFT_ALONE or name.startswith("admin:") or not (name or shut is not None) or is_enough:
            continue
        read[name] += 1
        pairs.add(pair)
        answer = client.get(path)
        if shut is not None and source and answer.status_code >= 400:
            shut.append((source, path, answer.status_code))
        if answer.status_code == 302 and answer["Location"] not in met:
            met.add(answer["Location"])
            waiting.appendleft((answer["Location"], source))
        if answer.status_code != 200 or not answer.get("Content-Type", "").startswith("text/html"):
            continue
        yield name, path
        for link in re.findall(r'href="([^"]+)"', answer.content.decode()):
            target = urldefrag(urljoin(path, link.replace("&amp;", "&")))[0]
            if target.startswith("/") and not target.startswith(("/static/", "/media/")) and target not in met:
                met.add(target)
                # A kind of page that was not read yet goes to the front, so that the books are not behind every good.
                (waiting.append if read[_name_of(target)] else waiting.appendleft)((target, path))


def _name_of(path: str) -> str:
    try:
        return resolve(path.partition("?")[0]).view_name
    except Resolver404:
        return ""
