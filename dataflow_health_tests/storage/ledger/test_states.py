from typing import get_args

import pytest
from sqlalchemy import Table

from dataflow_health.storage.ledger.states import (
    ENDED,
    NOT_DONE,
    REFUSED,
    SET_ASIDE,
    UNFINISHED,
    State,
    is_unfinished,
)
from dataflow_health.storage.sql import tables


def test_every_state_is_either_unfinished_or_ended() -> None:
    assert sorted(UNFINISHED + ENDED) == sorted(get_args(State))


def test_a_rerun_takes_everything_but_what_is_done_or_given_up() -> None:
    assert set(NOT_DONE) == set(get_args(State)) - {"done", "written_off"}


def test_an_operator_sees_what_is_refused_and_what_is_given_up() -> None:
    assert set(SET_ASIDE) == {*REFUSED, "written_off"}


@pytest.mark.parametrize("table", [tables.archive_stage, tables.recording_stage])
def test_the_condition_for_unfinished_rows_is_that_of_their_index(table: Table) -> None:
    (index,) = (each for each in table.indexes if str(each.name).endswith("_unfinished"))
    condition = is_unfinished(table).compile(compile_kwargs={"render_postcompile": True})
    for dialect in ("sqlite", "postgresql"):
        of_index = index.dialect_options[dialect]["where"]
        literal = of_index.compile(compile_kwargs={"literal_binds": True})
        assert str(condition) == f"{table.name}.{literal}"
