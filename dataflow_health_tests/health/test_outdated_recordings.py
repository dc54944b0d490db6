from datetime import date, timedelta

from dataflow_health.health import outdated_recordings
from dataflow_health.health.ledger_check import VersionsCurrent
from dataflow_health.health.observation import Observation
from dataflow_health.health.outdated_recordings import (
    OutdatedRecording,
    OutdatedRecordings,
    VersionDebt,
)
from dataflow_health_tests.factories import NOON

DAY = date(2026, 11, 20)
HOUR = timedelta(hours=1)
CHECK = VersionsCurrent(
    kind="versions_current", name="versions_current", fails_after=timedelta(hours=4)
)
NEWEST = OutdatedRecording("a", "HB-ZAA", DAY, "parse")


def judged(*days: VersionDebt) -> Observation:
    return outdated_recordings.judge("parse", CHECK, OutdatedRecordings(days, (NEWEST,)), NOON)


def test_without_a_debt_of_this_stage_the_check_passes() -> None:
    result = judged(VersionDebt("store", DAY, 3, NOON - HOUR))
    assert (result.outcome, result.evidence) == ("passed", ())
    assert result.detail == "owed: 0 recordings of an older version"


def test_a_debt_is_a_warning_at_once_and_names_its_newest_recordings() -> None:
    result = judged(VersionDebt("parse", DAY, 3, NOON - HOUR))
    assert (result.outcome, result.severity, result.since_at) == ("failed", "warning", NOON - HOUR)
    assert result.detail == "owed: 3 recordings of an older version"
    assert [(each.recording_id, each.count) for each in result.evidence] == [("a", 1), ("", 2)]
    assert {each.command for each in result.evidence} == {"dataflow-health rerun --owed"}


def test_a_debt_fails_after_its_time() -> None:
    result = judged(
        VersionDebt("parse", DAY, 3, NOON - HOUR), VersionDebt("parse", DAY, 1, NOON - 4 * HOUR)
    )
    assert (result.severity, result.since_at) == ("error", NOON - 4 * HOUR)
    assert {each.severity for each in result.evidence} == {"error"}
