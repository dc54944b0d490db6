from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from dataflow_health.health.observation import Evidence, Observation
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.ledger.ledger import StageResult
from dataflow_health.storage.records import observations
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.health.factories import make_observation
from dataflow_health_tests.storage.ledger.factories import recordings, result
from dataflow_health_tests.storage.query_plans import plans, scans

CHECKS = [("parse", "frames_in_sync")]


def seen(outcome: str, minutes: int, check: str = "frames_in_sync") -> Observation:
    return Observation.model_validate(
        {
            "process": "parse",
            "check": check,
            "outcome": outcome,
            "at": NOON + timedelta(minutes=minutes),
            "arrival_day": date.fromisoformat(DAY),
            "detail": "recordings (0) must be 0",
            "evidence": [Evidence(stage="parse", tail="HB-ZAA", byte_offset=7)],
        }
    )


def test_a_result_comes_back_with_its_evidence(engine: Engine) -> None:
    observations.save(engine, [seen("failed", 0)])
    back = observations.read(engine)
    assert len(back) == 1
    assert back[0].evidence[0].byte_offset == 7
    assert back[0].at == NOON


def test_since_stays_while_the_outcome_stays_and_moves_when_it_changes(engine: Engine) -> None:
    for minutes, outcome in enumerate(["failed", "failed", "passed"]):
        observations.save(engine, [seen(outcome, minutes)])
        newest = observations.read(engine)[0]
        expected = NOON if outcome == "failed" else NOON + timedelta(minutes=2)
        assert newest.since_at == expected


def test_a_day_whose_data_is_newer_than_its_results_is_unchecked(engine: Engine) -> None:
    ids = recordings(engine, 1)
    done = StageResult(ids[0], "done", "1", NOON, NOON + timedelta(minutes=5), output_digest="d")
    ledger.finish(engine, "parse", DAY, "run", [done])
    assert observations.unchecked_days(engine, CHECKS) == [DAY]
    observations.save(engine, [seen("passed", 1)])
    assert observations.unchecked_days(engine, CHECKS) == [DAY]
    observations.save(engine, [seen("passed", 6)])
    assert observations.unchecked_days(engine, CHECKS) == []
    observations.save(engine, [seen("passed", -9, check="removed")])
    assert observations.unchecked_days(engine, CHECKS) == []
    assert observations.unchecked_days(engine, [*CHECKS, ("parse", "removed")]) == [DAY]
    assert observations.unchecked_days(engine, [("compress", "good")]) == []


def test_a_running_recording_is_counted_as_running(engine: Engine) -> None:
    ids = recordings(engine, 3)
    ledger.begin(engine, "parse", ids[:1], "run", NOON)
    parse = next(c for c in stage_counts(engine, NOON) if c.process == "parse")
    assert (parse.incoming, parse.in_flight, parse.running) == (3, 3, 1)


@pytest.mark.parametrize(("seconds", "kept"), [(1, "failed"), (119, "failed"), (3600, "passed")])
def test_a_slow_result_does_not_replace_a_newer_one_but_a_clock_may_be_set_back(
    engine: Engine, seconds: int, kept: str
) -> None:
    observations.save(engine, [make_observation("spark", "answers", "failed", at=NOON)])
    late = make_observation("spark", "answers", at=NOON - timedelta(seconds=seconds))
    observations.save(engine, [late])
    assert [each.outcome for each in observations.read(engine)] == [kept]


def test_the_result_of_a_run_is_kept_though_the_clock_of_its_host_is_behind(engine: Engine) -> None:
    observations.save(engine, [seen("passed", 1)], run_id="first")
    observations.save(engine, [seen("failed", 0)], run_id="second")
    assert [each.outcome for each in observations.read(engine)] == ["failed"]


def test_saving_one_result_reads_no_other_day(engine: Engine) -> None:
    used = plans(engine, lambda: observations.save(engine, [seen("passed", 0)]))
    if engine.dialect.name == "sqlite":
        every_column = "process=? AND check_name=? AND part=? AND arrival_day=?"
        assert any(line.endswith(f"({every_column})") for line in used)
        assert scans(engine, lambda: observations.save(engine, [seen("passed", 1)])) == set()
    else:
        assert any("Index" in line and "observation" in line for line in used)
        assert not any("Seq Scan on observation" in line for line in used)


def test_days_are_looked_at_alone_or_all_of_them(engine: Engine) -> None:
    ids = recordings(engine, 1)
    ledger.finish(engine, "parse", DAY, "run", [result(ids[0])])
    assert observations.unchecked_days(engine, CHECKS) == [DAY]
    assert observations.unchecked_days(engine, CHECKS, [DAY, "2026-11-19"]) == [DAY]
    assert observations.unchecked_days(engine, CHECKS, ["2026-11-19"]) == []
    if engine.dialect.name == "sqlite":
        for call in (
            lambda: observations.unchecked_days(engine, CHECKS, [DAY]),
            lambda: observations.failed_run_days(engine),
            lambda: observations.failed_run_days(engine, "parse"),
        ):
            assert scans(engine, call) <= {"checked"}
            used = "\n".join(plans(engine, call))
            assert "SCAN observation" not in used.replace("USING INDEX ix_observation_failing", "")


def test_many_results_saved_at_once_each_keep_their_own_beginning(engine: Engine) -> None:
    checks = [f"check_{number}" for number in range(3 * observations.KEYS)]
    observations.save(engine, [seen("failed", 0, check) for check in checks[1:]])
    observations.save(engine, [seen("failed", 1, check) for check in checks])
    since = {each.check: each.since_at for each in observations.read(engine)}
    assert since == dict.fromkeys(checks, NOON) | {checks[0]: NOON + timedelta(minutes=1)}


def test_results_of_no_day_are_read_by_their_checks(engine: Engine) -> None:
    dated = make_observation("parse", "good", arrival_day="2026-11-20")
    results = [make_observation("parse", "good"), make_observation("spark", "answers"), dated]
    observations.save(engine, results)
    found = observations.read_undated(engine, {("parse", "good"), ("parse", "other")})
    assert [(each.check, each.arrival_day) for each in found] == [("good", None)]
    if engine.dialect.name == "sqlite":
        assert scans(engine, lambda: observations.read_undated(engine, {("a", "b")})) == set()
