"""Kinds of checks, distinguished by ``kind``."""

import pytest
from pydantic import TypeAdapter, ValidationError

from dataflow_health.health.check import LEDGER, STEP, UNDECLARED, AssetCheck, Check
from dataflow_health.health.live_check import TcpAnswers
from dataflow_health_tests.health.factories import asset_check, live_check

CHECK = TypeAdapter(Check)


def test_the_kind_decides_the_model():
    assert isinstance(CHECK.validate_python(asset_check("good")), AssetCheck)
    assert isinstance(CHECK.validate_python(live_check()), TcpAnswers)


@pytest.mark.parametrize("given", [{"name": "good"}, {"kind": "other", "name": "good"}])
def test_a_check_without_a_known_kind_is_refused(given):
    with pytest.raises(ValidationError, match="kind"):
        CHECK.validate_python(given)


def test_the_undeclared_checks_are_the_run_and_the_ledger():
    assert UNDECLARED == (STEP, LEDGER) == ("step", "ledger")
