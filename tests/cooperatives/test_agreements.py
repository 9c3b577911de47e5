"""Adopting an agreement: versions, the log, and who may."""

import pytest

from cooperatives.rules.steps import UnreadableAgreement, read_agreement, write_agreement
from cooperatives.services.agreements import adopt_agreement
from ledger import queries as ledger
from ledger.rules.refusal import NotAllowed
from tests.world import NOON, RULES, agreed, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


class TestAdoptAgreement:
    def test_keeps_each_version_here_and_in_the_log(self):
        w = world()
        agreed(w)
        adopt_agreement(cooperative=w.fern, rules=[{"step": "reserve", "thousandths": 100}], at=w.later(), by=None)
        assert [a.version for a in w.fern.agreements.all()] == [2, 1]
        assert ledger.document("agreement", "fern", 1).body == {"steps": write_agreement(read_agreement(RULES))}
        assert ledger.document("agreement", "fern").version == 2

    def test_declares_the_commons_it_pays_to(self):
        w = world()
        agreed(w)
        assert ledger.places_of(["commons/shade"]) == {"commons/shade": "gh/ashanti/kumasi"}

    def test_adopts_the_same_once(self):
        w = world()
        agreed(w)
        agreed(w)
        assert w.fern.agreements.count() == 1

    def test_refuses_who_is_no_steward_and_what_is_no_agreement(self):
        w = world()
        with pytest.raises(NotAllowed):
            adopt_agreement(cooperative=w.fern, rules=RULES, at=NOON, by=w.ben)
        with pytest.raises(UnreadableAgreement):
            adopt_agreement(cooperative=w.fern, rules=[{"step": "eval"}], at=NOON, by=w.ada)
