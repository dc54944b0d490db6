from datetime import timedelta

import pytest
from pydantic import ValidationError

from dataflow_health.health.retention import STAGES, RetentionPolicy
from dataflow_health_tests import factories


def test_everything_is_kept_for_ever_unless_an_age_is_declared() -> None:
    assert RetentionPolicy().ages == dict.fromkeys(STAGES)
    policy = RetentionPolicy.model_validate({"parse": "P1D", "store": "for_ever"})
    assert policy.ages["parse"] == timedelta(days=1)
    assert policy.ages["store"] is None


def test_archives_leave_only_when_another_keeper_is_declared() -> None:
    with pytest.raises(ValidationError, match="archives would be lost"):
        RetentionPolicy.model_validate({"download": "P365D"})
    given = {"download": "P365D", "archives_are_kept_elsewhere": True}
    assert RetentionPolicy.model_validate(given).ages["download"] == timedelta(days=365)


@pytest.mark.parametrize("age", [5, "PT0S", "-P1D", "soon"])
def test_an_age_is_a_duration_above_zero(age: object) -> None:
    with pytest.raises(ValidationError):
        RetentionPolicy.model_validate({"parse": age})


def test_the_shipped_policy_keeps_archives_counts_and_all_that_is_not_transient() -> None:
    ages = factories.catalogue().retention_policy.ages
    assert ages["download"] is None
    assert ages["compress"] is None
    assert ages["parse"] == timedelta(days=1)
