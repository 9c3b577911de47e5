"""Founding, admitting, roles and names: who may do what, and what the log is told."""

import pytest

from cooperatives.models import Cooperative, Membership
from cooperatives.services.people import (
    AlreadyAMember,
    LastSteward,
    RolesUnknown,
    SlugTaken,
    UnknownPlace,
    UnreadableName,
    admit_member,
    declare_place,
    found_cooperative,
    give_roles,
    refuse_unless,
    show_to,
)
from ledger import queries as ledger
from ledger.rules.refusal import NotAllowed
from tests.world import NOON, person, places, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


class TestFoundCooperative:
    def test_declares_the_cooperative_and_its_hub_where_they_are(self):
        places()
        fern = found_cooperative(name="Fern", slug="fern", place="gh/ashanti/kumasi", at=NOON, by=person("Ada"))
        assert ledger.places_of(["coops/fern", "hubs/fern"]) == dict.fromkeys(
            ["coops/fern", "hubs/fern"], "gh/ashanti/kumasi"
        )
        assert [m.roles for m in fern.memberships.all()] == [["member", "steward"]]

    def test_refuses_a_short_name_that_is_taken_or_unreadable(self):
        found_cooperative(name="Fern", slug="fern", place=None, at=NOON, by=None)
        with pytest.raises(SlugTaken):
            found_cooperative(name="Fern too", slug="fern", place=None, at=NOON, by=None)
        with pytest.raises(UnreadableName):
            found_cooperative(name="Fern", slug="Fern & Co", place=None, at=NOON, by=None)

    def test_refuses_a_place_nobody_declared_and_leaves_nothing(self):
        with pytest.raises(UnknownPlace):
            found_cooperative(name="Fern", slug="fern", place="gh/nowhere", at=NOON, by=None)
        assert not Cooperative.objects.exists()


class TestDeclarePlace:
    def test_places_nest(self):
        declare_place(path="gh", name="Ghana", at=NOON)
        with pytest.raises(UnknownPlace):
            declare_place(path="gh/ashanti/kumasi", name="Kumasi", at=NOON)

    def test_says_the_same_twice_without_a_second_record(self):
        declare_place(path="gh", name="Ghana", at=NOON)
        declare_place(path="gh", name="Ghana", at=NOON)
        assert ledger.document("place", "gh").version == 1


class TestAdmitMember:
    def test_gives_everyone_another_random_address(self):
        w = world()
        addresses = {m.address for m in Membership.objects.all()}
        assert len(addresses) == 3
        assert all(ledger.is_owner_declared(a) for a in addresses)
        assert "ben" not in w.ben.address

    def test_admits_a_farm_without_name_or_log_in(self):
        w = world()
        farm = admit_member(cooperative=w.fern, number="101001", place=None, at=NOON, by=w.ada)
        assert (farm.name, farm.member, ledger.places_of([farm.address])) == ("", None, {farm.address: None})

    def test_refuses_anyone_but_a_steward(self):
        w, other = world(), world("oak", "Oak")
        for by in (w.ben, w.tom, other.ada):
            with pytest.raises(NotAllowed):
                admit_member(cooperative=w.fern, name="Eve", at=NOON, by=by)

    def test_refuses_the_same_person_or_number_twice(self):
        w = world()
        admit_member(cooperative=w.fern, number="7", at=NOON, by=w.ada)
        with pytest.raises(AlreadyAMember):
            admit_member(cooperative=w.fern, number="7", at=NOON, by=w.ada)
        with pytest.raises(AlreadyAMember):
            admit_member(cooperative=w.fern, member=w.people["ben"], name="Ben", at=NOON, by=w.ada)

    def test_refuses_roles_nobody_knows(self):
        w = world()
        for roles in ([], ["king"]):
            with pytest.raises(RolesUnknown):
                admit_member(cooperative=w.fern, name="Eve", roles=roles, at=NOON, by=w.ada)


class TestGiveRoles:
    def test_makes_a_treasurer(self):
        w = world()
        assert give_roles(membership=w.ben, roles=["treasurer", "member"], by=w.ada).has_role("treasurer")

    def test_keeps_a_steward(self):
        w = world()
        with pytest.raises(LastSteward):
            give_roles(membership=w.ada, roles=["member"], by=w.ada)

    def test_refuses_who_is_no_steward(self):
        w = world()
        with pytest.raises(NotAllowed):
            give_roles(membership=w.ben, roles=["steward"], by=w.ben)


class TestShowName:
    def test_is_decided_by_the_member_alone(self):
        w = world()
        assert show_to(membership=w.ben, name="public", by=w.ben).name_shown_to == "public"
        with pytest.raises(NotAllowed):
            show_to(membership=w.ben, name="public", by=w.ada)


class TestRefuseUnless:
    def test_refuses_who_has_left_and_who_belongs_elsewhere(self):
        w, other = world(), world("oak", "Oak")
        refuse_unless(w.ada, "steward", cooperative=w.fern)
        w.ada.left_at = NOON
        for by in (w.ada, other.ada):
            with pytest.raises(NotAllowed):
                refuse_unless(by, "steward", cooperative=w.fern)
