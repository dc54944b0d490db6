"""The likely cause, asked of a ledger."""

from datetime import date

from sqlalchemy import Engine

from dataflow_health.alerting import failure_correlation
from dataflow_health.health.problem import Problem
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.ledger.ledger import StageResult
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import recordings

OLD, NEW = {"software_version": "4.12"}, {"software_version": "5.01"}


def parsed(engine: Engine, ids: list[str], new: list[str], reason: str = "") -> None:
    """Takes recordings through parse; those with the new software are refused, if for a reason."""
    told = [
        StageResult(
            each, "quarantined" if reason and each in new else "done", "1", NOON, NOON,
            reason=reason if each in new else None, measurements=NEW if each in new else OLD,
            output_digest=each,
        )
        for each in ids
    ]  # fmt: skip
    ledger.finish(engine, "parse", DAY, "run", told)


def trouble(process: str, cause: str, failures: int) -> Problem:
    return Problem.model_validate(
        {
            "process": process, "check": "any", "cause": cause, "severity": "error",
            "failures": failures, "days": [date.fromisoformat(DAY)], "since": NOON,
        }
    )  # fmt: skip


def test_new_software_that_parse_refuses_is_named(engine: Engine):
    ids = recordings(engine, 30)
    parsed(engine, ids, ids[::5], "wrong_frame_rate")
    assert failure_correlation.likely_cause(engine, trouble("parse", "wrong_frame_rate", 6)) == (
        "firmware 5.01 is in 6 of 6 failures: 6 of its 6 failed, 0 of 24 others"
    )


def test_new_software_that_a_later_stage_refuses_is_named_too(engine: Engine):
    ids = recordings(engine, 30)
    parsed(engine, ids, ids[::5])
    told = [
        StageResult(
            each, "quarantined" if each in ids[::5] else "done", "1", NOON, NOON,
            reason="not_exact" if each in ids[::5] else None,
        )
        for each in ids
    ]  # fmt: skip
    ledger.finish(engine, "compress", DAY, "run", told)
    said = failure_correlation.likely_cause(engine, trouble("compress", "not_exact", 6))
    assert said.startswith("firmware 5.01 is in 6")
