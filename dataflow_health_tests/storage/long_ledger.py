"""What SQLite knows of a ledger with 1,000,000 recordings of 5,000 days after ``ANALYZE``."""

from sqlalchemy import Engine, text

from dataflow_health.storage.sql.database import writing

STATISTICS = {
    "algorithm_run": {
        "ix_algorithm_run_arrival_day": "999990 200",
        "ix_algorithm_run_uploaded_at": "999990 200",
        "sqlite_autoindex_algorithm_run_1": "999990 1 1",
    },
    "observation": {
        "ix_observation_failing": "10 10 10 1",
        "ix_observation_changed": "160054 803",
        "ix_observation_observed_at": "160054 33",
        "sqlite_autoindex_observation_1": "160054 10004 1870 1870 1",
    },
    "day_count": {
        "ix_day_count_present": "60010 10002 4630 1 1",
        "ix_day_count_changed": "60010 750",
        "sqlite_autoindex_day_count_1": "60010 13 1 1",
    },
    "arrival": {
        "ix_arrival_arrival_day_outcome": "200000 40 40",
        "sqlite_autoindex_arrival_1": "200000 200000 10 1",
    },
    "archive": {
        "ix_archive_arrival_day": "200000 40",
        "sqlite_autoindex_archive_1": "200000 1",
    },
    "member": {
        "ix_member_arrival_day_outcome": "1000000 200 200",
        "ix_member_recording_id": "1000000 1",
        "sqlite_autoindex_member_1": "1000000 5 1",
    },
    "archive_stage": {
        "ix_archive_stage_stage_arrival_day_state_finished_at": "400000 200000 40 40 40",
        "sqlite_autoindex_archive_stage_1": "400000 2 1",
    },
    "recording": {
        "ix_recording_arrival_day": "1000000 200",
        "ix_recording_archive_id": "1000000 5",
        "ix_recording_tail_arrived_at": "1000000 25000 5",
        "sqlite_autoindex_recording_1": "1000000 1",
    },
    "recording_stage": {
        "ix_recording_stage_stage_state_code_version_arrival_day_finished_at": (
            "5999950 999992 857080 857080 200 200"
        ),
        "ix_recording_stage_stage_arrival_day_state_finished_at": "5999950 999992 200 200 200",
        "sqlite_autoindex_recording_stage_1": "5999950 6 1",
    },
    "aircraft_count": {"sqlite_autoindex_aircraft_count_1": "40 1"},
}
"""Rows of each index, and how many share the first columns, of ``benchmarks.long_history``."""


def pretend(engine: Engine) -> None:
    """Makes SQLite plan as if the ledger were that long."""
    with writing(engine) as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.exec_driver_sql("DELETE FROM sqlite_stat1")
        connection.execute(
            text("INSERT INTO sqlite_stat1 VALUES (:table, :index, :numbers)"),
            [
                {"table": table, "index": index, "numbers": numbers}
                for table, indexes in STATISTICS.items()
                for index, numbers in indexes.items()
            ],
        )
    engine.dispose()  # a connection keeps what it knows
