from typing import get_args

from dataflow_health.storage.ledger.states import (
    ENDED,
    NOT_DONE,
    REFUSED,
    SET_ASIDE,
    UNFINISHED,
    State,
)


def test_every_state_is_either_unfinished_or_ended() -> None:
    assert sorted(UNFINISHED + ENDED) == sorted(get_args(State))


def test_a_rerun_takes_everything_but_what_is_done_or_given_up() -> None:
    assert set(NOT_DONE) == set(get_args(State)) - {"done", "written_off"}


def test_an_operator_sees_what_is_refused_and_what_is_given_up() -> None:
    assert set(SET_ASIDE) == {*REFUSED, "written_off"}
