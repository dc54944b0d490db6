"""Likely cause of refusals, from the records of a ledger."""

from datetime import date, timedelta

from sqlalchemy import Engine, update

from dataflow_health.alerting.failure_correlation import likely_cause
from dataflow_health.health.observation import Evidence
from dataflow_health.health.problem import Problem
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.ledger.ledger import StageResult
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.health.incident_factories import make_problem
from dataflow_health_tests.storage.ledger.factories import recordings

OLD, NEW = {"software_version": "4.12"}, {"software_version": "5.01"}


def parse(engine: Engine, ids: list[str], new: list[str], reason: str = "") -> None:
    """Finishes parse; recordings with the new software are refused if there is a reason."""
    results = [
        StageResult(
            each, "quarantined" if reason and each in new else "done", "1", NOON, NOON,
            reason=reason if each in new else None, measurements=NEW if each in new else OLD,
            output_digest=each,
        )
        for each in ids
    ]  # fmt: skip
    ledger.finish(engine, "parse", DAY, "run", results)


def refuse(engine: Engine, stage: str, ids: list[str], refused: list[str], reason: str) -> None:
    results = [
        StageResult(
            each, "quarantined" if each in refused else "done", "1", NOON, NOON,
            reason=reason if each in refused else None,
        )
        for each in ids
    ]  # fmt: skip
    ledger.finish(engine, stage, DAY, "run", results)


def problem(process: str, cause: str, **given: object) -> Problem:
    days = {"days": (date.fromisoformat(DAY),)}
    return make_problem(6, process=process, check="any", cause=cause, **(days | given))


def test_new_software_that_parse_refuses_is_named(engine: Engine):
    ids = recordings(engine, 30)
    parse(engine, ids, ids[::5], "wrong_frame_rate")
    assert likely_cause(engine, problem("parse", "wrong_frame_rate")) == (
        "6 of 6 failures have firmware 5.01: 6 of 6 with it failed, 0 of 24 without it"
    )


def test_new_software_that_a_later_stage_refuses_is_named_too(engine: Engine):
    ids = recordings(engine, 30)
    parse(engine, ids, ids[::5])
    refuse(engine, "compress", ids, ids[::5], "not_exact")
    found = likely_cause(engine, problem("compress", "not_exact"))
    assert found.startswith("6 of 6 failures have firmware 5.01")


def test_sound_items_from_before_the_first_failure_say_nothing_about_a_change(engine: Engine):
    ids = recordings(engine, 60)
    new, late = ids[:30], ids[20:]
    parse(engine, ids, new)
    with writing(engine) as connection:
        later = tables.recording.c.id.in_(late)
        connection.execute(
            update(tables.recording).where(later).values(arrived_at=NOON + timedelta(hours=1))
        )
    refuse(engine, "compress", ids, [each for each in new if each in late], "not_exact")
    assert likely_cause(engine, problem("compress", "not_exact")) == (
        "10 of 10 failures have firmware 5.01: 10 of 10 with it failed, 0 of 30 without it"
    )


def test_all_items_are_compared_when_the_later_ones_show_nothing(engine: Engine):
    ids = recordings(engine, 60)
    new = ids[30:]
    parse(engine, ids, new)
    with writing(engine) as connection:
        is_new = tables.recording.c.id.in_(new)
        connection.execute(
            update(tables.recording).where(is_new).values(arrived_at=NOON + timedelta(hours=1))
        )
    refuse(engine, "compress", ids, new, "not_exact")
    found = likely_cause(engine, problem("compress", "not_exact"))
    assert found.startswith("30 of 30 failures have firmware 5.01")


def test_failures_known_by_their_evidence_count(engine: Engine):
    ids = recordings(engine, 30)
    parse(engine, ids, ids[::5])
    examples = tuple(Evidence(recording_id=each) for each in ids[::5])
    found = likely_cause(engine, problem("parse", "not_analysed", examples=examples))
    assert found.startswith("6 of 6 failures have firmware 5.01")


def test_a_problem_without_recordings_has_no_likely_cause(engine: Engine):
    ids = recordings(engine, 30)
    parse(engine, ids, ids[::5], "wrong_frame_rate")
    assert likely_cause(engine, problem("parse", "other_reason")) == ""
    assert likely_cause(engine, problem("parse", "wrong_frame_rate", days=())) == ""
    assert likely_cause(engine, problem("results_database", "wrong_frame_rate")) == ""


def test_failures_that_share_nothing_have_no_likely_cause(engine: Engine):
    ids = recordings(engine, 30)
    parse(engine, ids, [])
    refuse(engine, "compress", ids, ids[::5], "not_exact")
    assert likely_cause(engine, problem("compress", "not_exact")) == ""
