from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, insert

from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.ledger.conservation import Account, account, total
from dataflow_health.storage.ledger.ledger import Passage
from dataflow_health.storage.ledger.stage_order import RECORDING_STAGES, STAGES, after
from dataflow_health.storage.sql import database, tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import DAY, NOON


def recordings(engine: Engine, count: int) -> list[str]:
    """Puts recordings of one archive before parse."""
    ids = [f"{number:064x}" for number in range(count)]
    row = {
        "archive_id": "a" * 64, "recorder": "generic_rdf", "tail": "HB-ZAA", "size_bytes": 10,
        "arrival_day": DAY, "arrived_at": NOON,
    }  # fmt: skip
    member = {"archive_id": "a" * 64, "arrival_day": DAY, "outcome": "recording", "size_bytes": 10}
    with writing(engine) as connection:
        for number, each in enumerate(ids):
            connection.execute(
                insert(tables.recording).values(**row, id=each, member=f"{number}.rdf")
            )
            connection.execute(
                insert(tables.member).values(**member, path=f"{number}.rdf", recording_id=each)
            )
        ledger.hand_over(connection, "parse", DAY, ids)
    return ids


def passage(thing: str, state: str = "done", digest: str = "d1", version: str = "1") -> Passage:
    return Passage(thing, state, version, NOON, NOON, output_digest=digest, output_path=digest)


def waiting(engine: Engine, stage: str, version: str = "1") -> list[str]:
    return [row["id"] for row in ledger.pending(engine, stage, DAY, lambda _row: version)]


def test_what_is_done_waits_before_the_next_stage(engine: Engine) -> None:
    ids = recordings(engine, 3)
    ledger.finish(engine, "parse", DAY, "run", [passage(ids[0]), passage(ids[1], "quarantined")])
    assert waiting(engine, "parse") == [ids[2]]
    assert waiting(engine, "compress") == [ids[0]]


def test_work_of_other_code_is_due_again_and_work_of_this_code_is_not(engine: Engine) -> None:
    ids = recordings(engine, 1)
    ledger.finish(engine, "parse", DAY, "run", [passage(ids[0], version="1")])
    assert waiting(engine, "parse", version="1") == []
    assert waiting(engine, "parse", version="2") == ids


def test_the_next_stage_works_again_only_when_its_input_changed(engine: Engine) -> None:
    ids = recordings(engine, 1)
    ledger.finish(engine, "parse", DAY, "run", [passage(ids[0], digest="d1")])
    ledger.finish(engine, "compress", DAY, "run", [passage(ids[0])])
    ledger.finish(engine, "parse", DAY, "run", [passage(ids[0], digest="d1")])
    assert waiting(engine, "compress") == []
    ledger.finish(engine, "parse", DAY, "run", [passage(ids[0], digest="d2")])
    assert waiting(engine, "compress") == ids


def test_what_a_killed_run_left_running_is_due_again(engine: Engine) -> None:
    ids = recordings(engine, 2)
    ledger.begin(engine, "parse", ids, "killed", NOON)
    assert waiting(engine, "parse") == ids
    assert ledger.unsettled_days(engine) == [DAY]


def test_a_day_tried_too_often_is_left_for_a_person(engine: Engine) -> None:
    ids = recordings(engine, 1)
    for _ in range(3):
        ledger.begin(engine, "parse", ids, "run", NOON)
    assert ledger.unsettled_days(engine, max_attempts=4) == [DAY]
    assert ledger.unsettled_days(engine, max_attempts=3) == []


def test_a_lost_recording_breaks_the_conservation_law(engine: Engine) -> None:
    ids = recordings(engine, 2)
    assert all(each.balances for each in ledger.accounts(engine))
    with writing(engine) as connection:
        table = tables.recording_stage
        connection.execute(table.delete().where(table.c.recording_id == ids[0]))
    parse = next(each for each in ledger.accounts(engine) if each.stage == "parse")
    assert parse.unaccounted == 1


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_but_the_last_has_one_after_it(stage: str) -> None:
    following = after(stage)
    assert (following is None) == (stage == "load")


@settings(deadline=None, max_examples=15)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(RECORDING_STAGES),
            st.integers(0, 4),
            st.sampled_from(["done", "quarantined"]),
            st.sampled_from(["d1", "d2"]),
        ),
        max_size=25,
    )
)
def test_the_account_balances_whatever_stages_do(
    tmp_path_factory: pytest.TempPathFactory, steps: Sequence[tuple[str, int, str, str]]
) -> None:
    made = database.connect(f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'l.sqlite'}")
    database.upgrade(made)
    recordings(made, 5)
    for stage, which, state, digest in steps:
        due = ledger.pending(made, stage, DAY, lambda _row: "1", force=True)
        if which < len(due):
            ledger.begin(made, stage, [due[which]["id"]], "run", NOON)
            one = passage(due[which]["id"], state, digest)
            ledger.finish(made, stage, DAY, "run", [one])
        assert all(each.unaccounted == 0 for each in ledger.accounts(made)), stage
    made.dispose()


def test_what_is_refused_after_all_leaves_the_stages_after_it(engine: Engine) -> None:
    ids = recordings(engine, 1)
    ledger.finish(engine, "parse", DAY, "run", [passage(ids[0])])
    ledger.finish(engine, "compress", DAY, "run", [passage(ids[0])])
    ledger.finish(engine, "parse", DAY, "run", [passage(ids[0], "quarantined", version="2")])
    assert all(each.balances for each in ledger.accounts(engine))
    assert waiting(engine, "store") == []
    ledger.finish(engine, "parse", DAY, "run", [passage(ids[0], version="3")])
    assert waiting(engine, "compress") == ids


def test_totals_add_the_days_of_a_stage_up() -> None:
    one = account("parse", "2026-11-19", 3, {"done": 2, "running": 1})
    two = account("parse", "2026-11-20", 4, {"done": 3, "quarantined": 1})
    assert total([one, two]) == {"parse": Account("parse", "", 7, 5, 1, 0, 1, 0)}
