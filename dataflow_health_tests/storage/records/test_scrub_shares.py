from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.storage.records import scrub_shares
from dataflow_health_tests.factories import NOON

HOUR = timedelta(hours=1)


def read(engine: Engine, parts: int, hour: int) -> list[int]:
    """Reads what is due at an hour; returns it."""
    at = NOON + hour * HOUR
    numbers = scrub_shares.due(engine, parts, at)
    for number in numbers:
        scrub_shares.mark_read(engine, number, at + timedelta(minutes=1))
    return numbers


def test_the_share_that_waits_longest_is_next(engine: Engine) -> None:
    assert [read(engine, 3, hour) for hour in range(5)] == [[0], [1], [2], [0], [1]]


def test_hours_that_were_missed_leave_no_share_out_and_are_made_up_for(engine: Engine) -> None:
    first = [read(engine, 3, hour) for hour in (0, 1)]
    later = [read(engine, 3, hour) for hour in (6, 7, 8)]
    assert (first, later) == ([[0], [1]], [[2, 0], [1], [0]])


def test_a_share_that_could_not_be_read_stays_due(engine: Engine) -> None:
    assert scrub_shares.due(engine, 3, NOON) == scrub_shares.due(engine, 3, NOON + HOUR) == [0]


def test_the_longest_wait_begins_with_the_first_scrub_and_lasts_over_other_shares(
    engine: Engine,
) -> None:
    assert scrub_shares.longest_wait_since(engine) is None
    read(engine, 3, 0)
    read(engine, 2, 1)
    assert scrub_shares.longest_wait_since(engine) == NOON
    scrub_shares.mark_all_read(engine, NOON + HOUR)
    assert scrub_shares.longest_wait_since(engine) == NOON + HOUR
