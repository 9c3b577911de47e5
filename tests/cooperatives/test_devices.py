"""A phone signs what it sends: what it may do, what is refused, and how it is revoked."""

from base64 import b64decode
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from django.test import Client
from django.utils import timezone

from cooperatives.models import Device, Weighing
from cooperatives.rules.signatures import is_signed_by
from cooperatives.services import devices
from ledger.queries import balance_of
from ledger.rules.refusal import NotFound
from tests.cooperatives.phone import Phone
from tests.world import World, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

GOODS = "/api/1/cooperatives/fern/contributions/goods"
LOT = "coops/fern/lots/beans-7f3k@hubs/fern"


@pytest.fixture
def w() -> World:
    return world()


@pytest.fixture
def phone(w: World) -> Phone:
    """Ben's."""
    phone = Phone()
    enrol(w, phone)
    return phone


def enrol(w: World, phone: Phone, who: str = "ben") -> Device:
    return devices.enrol_device(member=w.people[who], public_key=phone.public_key, name="Phone", at=timezone.now())


def delivery_of(w: World, **more: Any) -> dict[str, Any]:
    said = {"key": "phone/0123abcd", "giver": w.ben.address, "goods": "Wet beans", "gross": 18_100, "tare": 1_800}
    return said | {"hub": "fern", "lot": "beans-7f3k"} | more


class TestSignatures:
    def test_are_those_of_the_standard(self) -> None:
        """The example of RFC 9421, B.2.4."""
        key = load_der_public_key(b64decode(
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf"
            "w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ=="
        ))  # fmt: skip
        base = "\n".join((
            '"@status": 200', '"content-type": application/json',
            '"content-digest": sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41Q'
            'JgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:', '"content-length": 23',
            '"@signature-params": ("@status" "content-type" "content-digest" "content-length")'
            ';created=1618884473;keyid="test-key-ecc-p256"',
        )).encode()  # fmt: skip
        signature = b64decode(
            "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw=="
        )
        public = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint).hex()
        assert is_signed_by(public, base, signature)
        assert not is_signed_by(public, base.replace(b"200", b"201"), signature)


class TestPhone:
    def test_records_a_delivery_and_answers_the_same_again(self, w: World, phone: Phone) -> None:
        first = phone.send("POST", GOODS, delivery_of(w))
        assert first.status_code == 201, first.content
        again = phone.send("POST", GOODS, delivery_of(w))
        assert (again.status_code, again.json()) == (201, first.json())
        assert balance_of(LOT, "g") == 16_300
        assert Weighing.objects.get().by == w.ben

    @pytest.mark.parametrize("change", [{"gross": 19_000}, {"tare": 0}, {"lot": "beans-other"}, {"goods": "Dry beans"}])
    def test_refuses_the_same_key_with_another_body(self, w: World, phone: Phone, change: dict[str, Any]) -> None:
        assert phone.send("POST", GOODS, delivery_of(w)).status_code == 201
        assert phone.send("POST", GOODS, delivery_of(w, **change)).json()["code"] == "KeyHasAnotherBody"
        assert balance_of(LOT, "g") == 16_300

    def test_may_do_no_more_than_its_person(self, w: World, phone: Phone) -> None:
        assert phone.send("POST", GOODS, delivery_of(w, giver=w.ada.address)).json()["code"] == "NotAllowed"
        assert phone.send("GET", "/api/1/cooperatives/fern/lots").status_code == 200
        w.ben.left_at = timezone.now()
        w.ben.save()
        assert phone.send("POST", GOODS, delivery_of(w)).status_code == 404

    def test_opens_no_other_door(self, w: World, phone: Phone) -> None:
        assert phone.send("POST", "/api/1/devices", {"public_key": Phone().public_key}).status_code == 403
        assert phone.send("GET", "/devices/").status_code == 302

    def test_is_refused_where_anything_signed_is_changed(self, w: World, phone: Phone) -> None:
        other = phone.headers("POST", GOODS, b"{}")
        changes: tuple[dict[str, str], ...] = (
            {"Signature": other["Signature"]}, {"Content_Digest": other["Content-Digest"]},
            {"Signature_Input": "phone=()"}, {"Host": "localhost"},
        )  # fmt: skip
        for change in changes:
            assert phone.send("POST", GOODS, delivery_of(w), **change).json()["code"] == "SignatureWrong", change
        assert phone.send("GET", f"{GOODS}?more").json()["code"] == "SignatureWrong"
        assert not Weighing.objects.exists()

    def test_tells_a_phone_how_wrong_its_clock_is(self, w: World) -> None:
        phone = Phone(skew=3600)
        enrol(w, phone)
        said = phone.send("POST", GOODS, delivery_of(w)).json()
        assert said["code"] == "ClocksApart"
        assert 3590 < said["facts"]["seconds"] < 3610

    def test_is_unknown_once_revoked_forgotten_or_of_nobody(self, w: World, phone: Phone) -> None:
        assert Phone().send("POST", GOODS, delivery_of(w)).json()["code"] == "DeviceUnknown"
        Device.objects.update(enrolled_at=timezone.now() - devices.FORGOTTEN - timedelta(days=1))
        assert phone.send("POST", GOODS, delivery_of(w)).json()["code"] == "DeviceUnknown"
        Device.objects.update(enrolled_at=timezone.now())
        assert phone.send("DELETE", "/api/1/devices/this").status_code == 204
        assert phone.send("POST", GOODS, delivery_of(w)).json()["code"] == "DeviceUnknown"
        assert not Weighing.objects.exists()


class TestEnrolDevice:
    def test_takes_a_key_once_from_who_is_signed_in_with_the_page_s_token(self, w: World) -> None:
        said = {"public_key": Phone().public_key, "name": "Android"}
        for who, expected in (("ben", 201), ("ben", 201), (None, 403), ("ada", 409)):
            client = Client()
            if who:
                client.force_login(w.people[who])
            assert client.post("/api/1/devices", said, "application/json").status_code == expected, who
        forger = Client(enforce_csrf_checks=True)
        forger.force_login(w.people["ben"])
        assert forger.post("/api/1/devices", said, "application/json").status_code == 403
        assert Device.objects.get().member == w.people["ben"]

    def test_refuses_what_is_no_key_and_more_than_enough(self, w: World, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(devices.KeyUnreadable):
            devices.enrol_device(member=w.people["ben"], public_key="04" + "11" * 64, name="", at=w.at)
        monkeypatch.setattr(devices, "MOST_DEVICES", 1)
        enrol(w, Phone())
        with pytest.raises(devices.TooManyDevices):
            enrol(w, Phone())


class TestRevokeDevice:
    def test_is_for_its_person_alone(self, w: World) -> None:
        device = enrol(w, phone := Phone())
        with pytest.raises(NotFound):
            devices.revoke_device(by=w.people["ada"], pk=device.pk, at=timezone.now())
        client = Client()
        client.force_login(w.people["ben"])
        assert "Phone" in client.get("/devices/").content.decode()
        shown = client.post(f"/devices/{device.pk}/revoke", follow=True).content.decode()
        assert "No device signs for you" in shown
        with pytest.raises(devices.KeyTaken):  # a revoked key never comes back
            enrol(w, phone)
