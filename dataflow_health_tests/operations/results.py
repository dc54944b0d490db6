"""Results of algorithms on loaded recordings, in SQL."""

from collections.abc import Mapping

from sqlalchemy import Engine, insert

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import DAY, NOON


def insert_results(
    engine: Engine,
    id_: str,
    reasons: Mapping[str, str],
    *,
    day: str = DAY,
    tail: str = "HB-ZAA",
    layout: str | None = "twin",
    refused: str = "not_applicable",
) -> None:
    """Inserts a loaded recording with a result of every algorithm.

    Args:
        engine: Database of the ledger.
        id_: Id of the recording.
        reasons: Reason why each algorithm does not apply; empty where it does.
        day: Arrival day.
        tail: Aircraft.
        layout: Layout of the frames.
        refused: Outcome of an algorithm with a reason.
    """
    shared = {"arrival_day": day, "recording_id": id_}
    recording = {
        "id": id_, "archive_id": "a" * 64, "member": f"{id_[0]}.rdf", "recorder": "card",
        "layout": layout, "tail": tail, "size_bytes": 1, "arrived_at": NOON,
        "arrival_day": day,
    }  # fmt: skip
    runs = [
        {
            **shared, "algorithm": name, "version": "1", "parser_version": "1", "tail": tail,
            "outcome": refused if reason else "clear", "reason": reason, "findings": 0,
            "uploaded_at": NOON,
        }
        for name, reason in reasons.items()
    ]  # fmt: skip
    loaded = {**shared, "stage": "load", "state": "done", "attempts": 1, "finished_at": NOON}
    with writing(engine) as connection:
        connection.execute(insert(tables.recording).values(**recording))
        connection.execute(insert(tables.recording_stage).values(**loaded))
        connection.execute(insert(tables.algorithm_run), runs)
