from datetime import UTC, datetime

import numpy as np
import pytest

from dataflow_health.flight.recording import DecodedRecording
from dataflow_health.flight.start_date import date_by_name

NAMED = datetime(2026, 11, 20, 23, 50, tzinfo=UTC)


def make_decoded(clock_s: int | None, started_at: datetime | None = None) -> DecodedRecording:
    second = np.arange(3, dtype=np.int32)
    return DecodedRecording(second, {}, started_at, "le16", 3, 0, clock_s=clock_s)


@pytest.mark.parametrize(
    ("clock_s", "started_at"),
    [
        (85_000, datetime(2026, 11, 20, 23, 36, 40, tzinfo=UTC)),
        (600, datetime(2026, 11, 21, 0, 10, tzinfo=UTC)),
    ],
)
def test_the_time_of_day_is_the_clocks_and_the_date_the_names(
    clock_s: int, started_at: datetime
) -> None:
    dated = date_by_name(make_decoded(clock_s), NAMED)
    assert dated.started_at == started_at
    assert dated.notes == (f"the clock has no date; {started_at:%Y-%m-%d} is by the name",)


@pytest.mark.parametrize(
    ("decoded", "named"),
    [
        (make_decoded(600, NAMED), NAMED),
        (make_decoded(None), NAMED),
        (make_decoded(600), None),
    ],
)
def test_a_start_that_is_known_or_cannot_be_stays(
    decoded: DecodedRecording, named: datetime | None
) -> None:
    assert date_by_name(decoded, named) is decoded
