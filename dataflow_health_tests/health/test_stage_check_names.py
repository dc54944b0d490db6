import pytest

from dataflow_health.health.stage_check_names import STAGE_CHECK_NAMES, unknown_checks
from dataflow_health.stages.checks.registry import CHECK_FUNCTIONS
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health_tests.health.factories import asset_check, live_check, make_process


def test_every_declared_name_is_implemented_and_every_implementation_declared() -> None:
    declared = {(stage, name) for stage, names in STAGE_CHECK_NAMES.items() for name in names}
    assert declared == set(CHECK_FUNCTIONS)
    assert list(STAGE_CHECK_NAMES) == list(STAGES)


@pytest.mark.parametrize(
    ("name", "checks", "unknown"),
    [
        ("parse", [asset_check("frames_in_sync"), asset_check("conservation")], []),
        ("parse", [live_check(), asset_check("frames_in_synk")], [1]),
        ("load", [asset_check("frames_in_sync")], [0]),
        ("aircraft", [asset_check("frames_in_sync"), live_check()], [0]),
    ],
)
def test_asset_checks_that_no_run_evaluates_are_found(
    name: str, checks: list[dict[str, object]], unknown: list[int]
) -> None:
    assert unknown_checks(name, make_process(checks=checks)) == unknown
