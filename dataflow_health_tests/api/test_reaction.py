"""Measures rows of ``docs/reaction.md`` again: most of them here, all of them in the soak run."""

import shutil
import warnings
from pathlib import Path
from typing import get_args

import pytest

from benchmarks import reaction
from dataflow_health.health.live_check import LiveCheck
from dataflow_health.health.outside_check import SYSTEM_CHECKS
from dataflow_health.health.self_check import SelfCheck

PROBES = set(get_args(LiveCheck)) - set(get_args(SelfCheck)) - set(SYSTEM_CHECKS)
"""Checks that watch something outside the installation every two seconds; those of what other
programs run are asked twice a minute, so five seconds are not their promise."""

NAMES = {get_args(check.model_fields["kind"].annotation)[0] for check in PROBES}
PAGE = Path(__file__).parents[2] / "docs" / "reaction.md"

pytestmark = pytest.mark.postgres


def late(reactions: list[reaction.Reaction]) -> list[str]:
    return [
        f"{each.target.kind}: {each.status_s:.1f} s, {each.events_s:.1f} s"
        for each in reactions
        if max(each.status_s, each.events_s) > reaction.TARGET_S
    ]


def measured(*, slow: bool) -> list[reaction.Reaction]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return reaction.measure(slow=slow)


def test_a_failure_reaches_status_and_events_within_five_seconds() -> None:
    reactions = measured(slow=False)
    assert {each.target.kind for each in reactions} == NAMES - {"spark_workers", "dagster_daemon"}
    assert late(reactions) == []


@pytest.mark.soak
@pytest.mark.skipif(not shutil.which("java"), reason="no Java on this machine")
def test_failures_of_spark_and_dagster_are_reported_in_time_too() -> None:
    reactions = measured(slow=True)
    assert {each.target.kind for each in reactions} == NAMES
    assert late(reactions) == []


def test_the_page_has_a_row_for_every_kind() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in NAMES if f"| `{name}` |" not in page] == []
