from datetime import date

from sqlalchemy import Engine, event

from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.queries import outdated_recordings
from dataflow_health.storage.queries.outdated_recordings import OutdatedRecording
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.storage.ledger.factories import recordings, refuse, result

KIND = ("generic_rdf", None)


def test_a_recording_of_an_older_version_is_outdated_until_it_is_processed_again(
    engine: Engine,
) -> None:
    first, second, third = recordings(engine, 3)
    done = [result(first, version="1"), result(second, version="2")]
    ledger.finish(engine, "parse", DAY, "run", done)
    refuse(engine, [third])
    outdated = OutdatedRecording(first, date(2026, 11, 20), "parse")
    assert outdated_recordings.find(engine, "parse", {KIND: "2"}) == [outdated]
    ledger.finish(engine, "parse", DAY, "run", [result(first, version="2")])
    assert outdated_recordings.find(engine, "parse", {KIND: "2"}) == []


def test_a_recording_whose_recorder_is_not_declared_any_more_is_left(engine: Engine) -> None:
    ids = recordings(engine, 1)
    ledger.finish(engine, "parse", DAY, "run", [result(ids[0])])
    assert outdated_recordings.find(engine, "parse", {("other", None): "2"}) == []


def test_recordings_are_read_only_when_a_version_is_outdated(engine: Engine) -> None:
    ids = recordings(engine, 2)
    ledger.finish(engine, "parse", DAY, "run", [result(each) for each in ids])
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert outdated_recordings.find(engine, "parse", {KIND: "1"}) == []
    assert not [each for each in statements if "JOIN recording" in each]
