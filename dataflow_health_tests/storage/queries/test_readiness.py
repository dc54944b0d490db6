from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert, update

from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.ledger.stage_order import RECORDING_STAGES
from dataflow_health.storage.ledger.states import NOT_DONE
from dataflow_health.storage.queries import readiness
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import (
    archive,
    arrive,
    recordings,
    refuse,
    refuse_archive,
    result,
)

HOUR = timedelta(hours=1)


def load(engine: Engine, ids: list[str]) -> None:
    """Finishes recordings at every stage."""
    for stage in ("parse", "compress", "store", "ingest", "analyse", "load"):
        ledger.finish(engine, stage, DAY, "run", [result(each) for each in ids])


def test_recordings_with_results_or_written_off_are_not_open(engine: Engine) -> None:
    ids = recordings(engine, 4)
    load(engine, ids[:1])
    refuse(engine, ids[1:3])
    table = tables.recording_stage
    with writing(engine) as connection:
        chosen = table.c.recording_id == ids[2]
        connection.execute(update(table).where(chosen).values(state="written_off"))
    items = readiness.open_items(engine)["HB-ZAA"]
    assert [(each.id, each.state, each.reason) for each in items] == [
        (ids[1], "quarantined", "no_sync"), (ids[3], "waiting", ""),
    ]  # fmt: skip
    assert not readiness.read(engine)["HB-ZAA"].ready


def test_a_loaded_recording_that_is_processed_again_is_open(engine: Engine) -> None:
    ids = recordings(engine, 1)
    load(engine, ids)
    with writing(engine) as connection:
        ledger.hand_over(connection, "analyse", DAY, ids, NOON, repeat=ids)
    (item,) = readiness.open_items(engine)["HB-ZAA"]
    assert (item.stage, item.state) == ("analyse", "waiting")


def test_a_recording_that_no_stage_has_is_open(engine: Engine) -> None:
    ids = recordings(engine, 1)
    with writing(engine) as connection:
        connection.execute(tables.recording_stage.delete())
    (item,) = readiness.open_items(engine)["HB-ZAA"]
    assert (item.id, item.stage) == (ids[0], "")
    assert "in no stage of the ledger" in str(item)


PLACES = st.tuples(
    st.sampled_from(["2026-11-18", "2026-11-19", "2026-11-20"]),
    st.integers(0, len(RECORDING_STAGES)),
    st.sampled_from((*NOT_DONE, "written_off", "")),
)
"""Arrival day of a recording, the stages that finished it, and its state at the next, if any."""


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.lists(PLACES, max_size=7))
def test_open_recordings_are_those_of_any_day_without_results_or_another_end(
    engine: Engine, places: list[tuple[str, int, str]]
) -> None:
    with writing(engine) as connection:
        for table in (tables.recording, tables.member, tables.recording_stage):
            connection.execute(delete(table))
    ids = recordings(engine, len(places))
    expected = {}
    for id_, (day, done, state) in zip(ids, places, strict=True):
        arrive(engine, id_, day)
        states = ["done"] * done + [state] * bool(state)
        rows = [
            {"recording_id": id_, "stage": stage, "state": each, "arrival_day": day}
            for stage, each in zip(RECORDING_STAGES, states, strict=False)
        ]
        table = tables.recording_stage
        with writing(engine) as connection:
            connection.execute(delete(table).where(table.c.recording_id == id_))
            connection.execute(insert(table), rows) if rows else None
        if done < len(RECORDING_STAGES) and state != "written_off":
            expected[id_] = state
    items = readiness.open_items(engine).get("HB-ZAA", [])
    assert {each.id: each.state for each in items} == expected


@pytest.mark.parametrize("state", ["quarantined", "waiting"])
def test_an_archive_that_is_not_opened_counts_for_the_aircraft_in_its_name(
    engine: Engine, state: str
) -> None:
    load(engine, recordings(engine, 1))
    assert readiness.read(engine)["HB-ZAA"].ready
    made = archive(engine, "HB-ZAA_2.zip", "c" * 64)
    if state == "quarantined":
        refuse(engine, [made], "extract", "crc_error")
    found = readiness.read(engine)["HB-ZAA"]
    assert (found.ready, found.open_items[0].name, found.open_items[0].state) == (
        False, "HB-ZAA_2.zip", state,
    )  # fmt: skip


def test_an_archive_with_another_name_counts_for_the_aircraft_inside_it(engine: Engine) -> None:
    load(engine, recordings(engine, 1))
    refuse_archive(engine, "upload.zip", "a" * 64)
    assert [each.name for each in readiness.open_items(engine)["HB-ZAA"]] == ["upload.zip"]


def test_an_archive_of_no_known_aircraft_is_kept_apart_until_its_tail_is_asked(
    engine: Engine,
) -> None:
    refuse_archive(engine, "HB-ZAB_1.zip")
    assert list(readiness.read(engine)) == [""]
    assert list(readiness.read(engine, ["HB-ZAB", "HB-ZA"])) == ["HB-ZAB"]


def test_alerts_are_those_of_the_newest_loaded_recordings(engine: Engine) -> None:
    (id_,) = recordings(engine, 1)
    row = {"recording_id": id_, "tail": "HB-ZAA", "arrival_day": DAY}
    row |= {"start_s": 5.0, "end_s": 6.0, "detail": "112 %"}
    with writing(engine) as connection:
        for number, severity in enumerate(["alert", "warning"]):
            connection.execute(
                insert(tables.finding).values(
                    **row, algorithm="torque", number=number, severity=severity
                )
            )
    assert [each.number for each in readiness.alerts(engine, "HB-ZAA", NOON)] == [0]
    assert readiness.alerts(engine, "HB-ZAA", NOON + HOUR) == []
    assert readiness.alerts(engine, "HB-ZAB", NOON) == []
