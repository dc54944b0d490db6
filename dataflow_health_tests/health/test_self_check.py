from datetime import timedelta
from typing import get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from dataflow_health.health.check import Check
from dataflow_health.health.self_check import CanaryStage, SelfCheck
from dataflow_health.storage.ledger.stage_order import STAGES

CHECK: TypeAdapter[object] = TypeAdapter(Check)


def test_a_canary_stage_is_one_of_the_eight() -> None:
    assert get_args(CanaryStage.model_fields["stage"].annotation) == STAGES
    with pytest.raises(ValidationError, match="stage"):
        CHECK.validate_python({"kind": "canary_stage", "stage": "pars"})


@pytest.mark.parametrize("kind", [k for k in get_args(SelfCheck) if k is not CanaryStage])
def test_every_other_kind_needs_no_key_and_is_named_after_its_kind(kind: type) -> None:
    (name,) = get_args(kind.model_fields["kind"].annotation)  # type: ignore[attr-defined]
    check = CHECK.validate_python({"kind": name})
    assert isinstance(check, kind)
    assert check.name == name  # type: ignore[attr-defined]


def test_a_misspelt_key_is_an_error() -> None:
    with pytest.raises(ValidationError, match="atmost"):
        CHECK.validate_python({"kind": "quarantine_age", "atmost": "P7D"})
    check = CHECK.validate_python({"kind": "quarantine_age", "at_most": "P2D"})
    assert check.at_most == timedelta(days=2)  # type: ignore[attr-defined]
