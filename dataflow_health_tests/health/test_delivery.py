"""Identity of a delivery."""

import pytest
from pydantic import ValidationError

from dataflow_health.health.delivery import Delivery
from dataflow_health_tests.health.incident_factories import NOON


def make(**given):
    defaults = {"incident_id": 7, "kind": "opened", "channel": "PHONE", "rule": "all"}
    return Delivery.model_validate(defaults | {"due_at": NOON} | given)


def test_a_new_delivery_is_due():
    assert (make().outcome, make().attempts, make().error) == ("due", 0, "")


def test_a_delivery_is_identified_by_incident_kind_sequence_and_channel():
    assert make().key == (7, "opened", 0, "PHONE")
    assert make(rule="other", attempts=3, outcome="sent").key == make().key
    for given in ({"incident_id": 8}, {"kind": "reminder"}, {"sequence": 1}, {"channel": "MAIL"}):
        assert make(**given).key != make().key


@pytest.mark.parametrize("given", [{"kind": "other"}, {"outcome": "lost"}, {"sequence": -1}])
def test_an_invalid_delivery_is_refused(given):
    with pytest.raises(ValidationError):
        make(**given)
