from datetime import date, timedelta

from sqlalchemy import Engine, insert

from dataflow_health.health.observation import StageCounts
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger import full_count
from dataflow_health_tests.storage.ledger.factories import archive, recordings, refuse, result
from dataflow_health_tests.storage.query_plans import plans, scans

NEXT_DAY = "2026-11-21"


def at_stage(engine: Engine, stage: str, day: str | None = None) -> StageCounts:
    (found,) = (each for each in stage_counts(engine, NOON, day) if each.process == stage)
    return found


def arrive(engine: Engine, name: str, outcome: str, day: str = DAY) -> None:
    row = {
        "source": "landing", "name": name, "archive_id": "b" * 64, "size_bytes": 9,
        "modified_at": NOON, "arrived_at": NOON, "arrival_day": day, "outcome": outcome,
        "seen_at": NOON,
    }  # fmt: skip
    with writing(engine) as connection:
        connection.execute(insert(tables.arrival).values(**row))


def contain(engine: Engine, path: str, outcome: str) -> None:
    row = {
        "archive_id": "b" * 64, "path": path, "arrival_day": DAY, "outcome": outcome,
        "size_bytes": 1,
    }  # fmt: skip
    with writing(engine) as connection:
        connection.execute(insert(tables.member).values(**row))


def test_an_empty_ledger_has_no_counts(engine: Engine) -> None:
    assert stage_counts(engine, NOON) == []


def test_every_state_is_counted_where_it_belongs(engine: Engine) -> None:
    ids = recordings(engine, 6)
    ledger.finish(engine, "parse", DAY, "run", [result(each) for each in ids[:2]])
    refuse(engine, ids[2:3])
    ledger.begin(engine, "parse", ids[3:4], "run", NOON)
    assert at_stage(engine, "parse") == StageCounts(
        process="parse", at=NOON, arrival_day=date.fromisoformat(DAY), incoming=6, done=2,
        quarantined=1, in_flight=3, running=1, data_at=NOON,
    )  # fmt: skip
    assert at_stage(engine, "compress") == StageCounts(
        process="compress", at=NOON, arrival_day=date.fromisoformat(DAY), incoming=2, in_flight=2
    )


def test_every_arrival_came_in_at_download_and_the_repeated_are_duplicates(engine: Engine) -> None:
    arrive(engine, "a.zip", "accepted")
    arrive(engine, "b.zip", "duplicate")
    ledger.finish(engine, "download", DAY, "run", [result(archive(engine))])
    download = at_stage(engine, "download")
    assert (download.incoming, download.done, download.duplicate) == (2, 1, 1)
    assert download.balances
    assert at_stage(engine, "extract").incoming == 1


def test_parse_gets_the_recordings_among_the_members(engine: Engine) -> None:
    recordings(engine, 2)
    contain(engine, "again.rdf", "duplicate")
    contain(engine, "card.txt", "other")
    contain(engine, "../evil.rdf", "refused")
    parse = at_stage(engine, "parse")
    assert (parse.incoming, parse.in_flight, parse.duplicate, parse.unaccounted) == (3, 2, 1, 0)
    assert [each.duplicate for each in stage_counts(engine, NOON)] == [0, 0, 1, 0, 0, 0, 0, 0]


def test_a_recording_that_the_stage_before_processes_again_still_counts(engine: Engine) -> None:
    ids = recordings(engine, 2)
    for stage in ("parse", "compress"):
        ledger.finish(engine, stage, DAY, "run", [result(each) for each in ids])
    ledger.begin(engine, "parse", ids[:1], "again", NOON)
    compress, store = at_stage(engine, "compress"), at_stage(engine, "store")
    assert (compress.incoming, compress.done, compress.unaccounted) == (2, 2, 0)
    assert (store.incoming, store.in_flight, store.unaccounted) == (2, 2, 0)


def test_recordings_that_two_stages_process_again_are_counted_at_each(engine: Engine) -> None:
    ids = recordings(engine, 4)
    for stage in ("parse", "compress", "store"):
        ledger.finish(engine, stage, DAY, "run", [result(each) for each in ids])
    ledger.begin(engine, "parse", ids[:1], "again", NOON)
    ledger.begin(engine, "compress", ids[1:3], "again", NOON)
    counts = [at_stage(engine, stage) for stage in ("parse", "compress", "store")]
    assert [each.incoming for each in counts] == [4, 4, 4]
    assert [each.running for each in counts] == [1, 2, 0]
    assert [each.unaccounted for each in counts] == [0, 0, 0]


def test_a_lost_recording_breaks_the_law_at_its_stage_only(engine: Engine) -> None:
    ids = recordings(engine, 2)
    ledger.finish(engine, "parse", DAY, "run", [result(each) for each in ids])
    assert all(each.balances for each in stage_counts(engine, NOON))
    table = tables.recording_stage
    with writing(engine) as connection:
        connection.execute(
            table.delete().where(table.c.recording_id == ids[0], table.c.stage == "compress")
        )
    unbalanced = {
        each.process: each.unaccounted for each in stage_counts(engine, NOON) if not each.balances
    }
    assert unbalanced == {"compress": 1}


def test_counts_come_by_stage_then_day_and_can_be_of_one_day(engine: Engine) -> None:
    recordings(engine, 1)
    arrive(engine, "a.zip", "accepted", NEXT_DAY)
    days = [date.fromisoformat(DAY), date.fromisoformat(NEXT_DAY)]
    found = [(each.process, each.arrival_day) for each in stage_counts(engine, NOON)]
    assert found == [(stage, day) for stage in STAGES for day in days]
    assert {each.arrival_day for each in stage_counts(engine, NOON, NEXT_DAY)} == {days[1]}
    assert at_stage(engine, "download", NEXT_DAY).incoming == 1
    assert at_stage(engine, "parse", NEXT_DAY).incoming == 0
    assert at_stage(engine, "parse", DAY).in_flight == 1
    assert stage_counts(engine, NOON, "2026-11-22") == []


def test_the_newest_end_of_processing_dates_the_data_of_a_stage(engine: Engine) -> None:
    ids = recordings(engine, 3)
    refuse(engine, ids[:1])
    later = result(ids[1])
    ledger.finish(engine, "parse", DAY, "run", [later])
    with writing(engine) as connection:
        table = tables.recording_stage
        connection.execute(
            table.update()
            .where(table.c.recording_id == ids[0])
            .values(finished_at=NOON + timedelta(minutes=1))
        )
    parse, compress = at_stage(engine, "parse"), at_stage(engine, "compress")
    assert (parse.quarantined, parse.done, parse.in_flight) == (1, 1, 1)
    assert (parse.data_at, compress.data_at) == (NOON + timedelta(minutes=1), None)


@full_count.with_any_ledger(examples=60)
def test_counts_are_those_of_every_row_counted_one_by_one(
    engine: Engine, rows: full_count.Rows
) -> None:
    full_count.write(engine, rows)
    expected = full_count.stage_counts(full_count.read(engine))
    assert counted(engine) == expected
    for day in full_count.DAYS:
        of_day = {key: counts for key, counts in expected.items() if key[1] == day}
        assert counted(engine, day) == of_day


def counted(engine: Engine, day: str | None = None) -> dict[tuple[str, str], dict[str, object]]:
    return {
        (each.process, str(each.arrival_day)): each.model_dump(
            exclude={"process", "at", "arrival_day", "evidence"}
        )
        for each in stage_counts(engine, NOON, day)
    }


def test_what_is_processed_again_is_found_among_the_unfinished(engine: Engine) -> None:
    used = "\n".join(plans(engine, lambda: stage_counts(engine, NOON)))
    assert "ix_recording_stage_unfinished" in used


def test_counting_a_day_reads_no_table_whole(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        assert scans(engine, lambda: stage_counts(engine, NOON, DAY)) == set()
