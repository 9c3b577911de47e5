"""Two who come in at the same moment."""

from threading import Thread

import pytest
from django.db import connection

from cooperatives.models import Membership
from cooperatives.services.invitations import InvitationOver, accept_invitation, invite
from tests.world import key, world

pytestmark = pytest.mark.quick


def test_two_who_hold_one_link_at_once_are_one_member(own_database):
    w = world()
    invitation = invite(cooperative=w.fern, email="xu@rennet.example", language="en", by=w.ada, at=w.later(), key=key())
    met = []

    def come_in(who):
        try:
            met.append(accept_invitation(invitation=invitation, person=who, at=w.at).member)
        except InvitationOver:
            met.append(None)
        finally:
            connection.close()

    threads = [Thread(target=come_in, args=[who]) for who in (w.cleo, w.dov)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(m is None for m in met) == [False, True]
    assert Membership.objects.filter(member__in=[w.cleo, w.dov]).count() == 1
