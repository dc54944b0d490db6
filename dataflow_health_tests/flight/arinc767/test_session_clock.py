from datetime import UTC, datetime

import numpy as np
import pytest

from dataflow_health.flight.arinc767.frames import find_frames, is_documentary
from dataflow_health.flight.arinc767.session_clock import SessionClock, read_session_clock
from dataflow_health_tests.flight.arinc767.frame_encoder import documentary, frame


def clock(*parts: bytes, session: tuple[int, ...]) -> SessionClock:
    raw = b"".join(parts)
    found = find_frames(raw)
    is_document = is_documentary(raw, found)
    return read_session_clock(
        raw, found.select(~is_document), np.array(session), found.select(is_document)
    )


FIRST = (documentary("2026/05/06-07:08"), frame(3, 60_250, b"a"), frame(3, 61_250, b"b"))


def test_times_count_from_the_second_of_the_first_tag():
    found = clock(*FIRST, session=(0, 0))
    assert found.after_ms.tolist() == [250, 1250]
    assert found.started_at == datetime(2026, 5, 6, 7, 9, tzinfo=UTC)
    assert found.notes == ("start time by the documentary frame, which gives it to the minute",)


def test_a_power_cycle_stands_at_the_time_of_its_documentary_frame():
    found = clock(*FIRST, documentary("2026/05/06-07:20"), frame(3, 500, b"c"), session=(0, 0, 1))
    assert found.after_ms.tolist() == [250, 1250, 11 * 60_000 + 500]
    assert (
        found.notes[0] == "byte 308: the recorder was started again, 659 s after the frame before"
    )
    assert found.paused_s == 658


def test_short_starts_before_and_after_a_power_cycle_do_not_give_its_time():
    early, late = documentary("2026/05/05-07:08"), documentary("2026/05/07-07:08")
    found = clock(early, *FIRST, late, session=(0, 0))
    assert found.started_at == datetime(2026, 5, 6, 7, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "document", [b"", documentary(""), documentary(), documentary("2026/05/09-07:08")]
)
def test_a_power_cycle_without_a_time_follows_in_the_next_second(document):
    found = clock(*FIRST, document, frame(3, 500, b"c"), session=(0, 0, 1))
    assert found.after_ms.tolist() == [250, 1250, 2500]
    assert "the recorder was started again and the clock jumps; its frames" in found.notes[0]


@pytest.mark.parametrize("date", ["", "2026/13/06-07:08", "9999/12/31-23:59"])
def test_without_a_date_the_start_is_unknown(date):
    found = clock(documentary(date), frame(3, 4 * 10**9, b"abc"), session=(0,))
    assert found.started_at is None
    assert found.notes == ("start time unknown: there is no documentary frame with a date",)
