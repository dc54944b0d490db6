from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.monitoring.signals.limits import LimitComparison
from dataflow_health.storage.signals import crossings, points
from dataflow_health.storage.signals.points import Point
from dataflow_health.storage.signals.signal_database import create_tables, to_us
from dataflow_health.storage.sql import database

NOW = datetime(2026, 11, 29, 6, 0, tzinfo=UTC)
LIMIT = """\
describes: The wave is too high.
source: A test.
severity: warning
kind: exceedance
when: sine_wave > {limit}
lasting: PT2S
examples:
  - given: {{sine_wave: [1, 99, 99, 99, 1]}}
    expect: [{{start_s: 1, end_s: 3, peak: 99}}]
"""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = database.connect(f"sqlite:///{tmp_path / 'telemetry.sqlite'}")
    create_tables(made)
    some = [
        Point("sine_wave", to_us(NOW - timedelta(seconds=ago)), value)
        for ago, value in ((5, 1.0), (4, 20.0), (3, 22.0), (2, 20.0), (1, 20.0))
    ]
    points.append(made, points.signal_ids(made), some, to_us(NOW))
    yield made
    made.dispose()


def test_limits_are_read_again_when_they_change_and_the_last_valid_ones_stay(
    engine: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "live_algorithms" / "wave_high.yaml"
    file.parent.mkdir()
    compare = LimitComparison((BUILTIN_FOLDER, tmp_path))
    compare(engine, NOW)
    assert crossings.compared_us(engine) is None  # nothing to compare with
    assert compare.algorithms() == {}
    file.write_text(LIMIT.format(limit=10))
    compare(engine, NOW)
    (row,) = crossings.find_open(engine)
    assert (row.algorithm, row.peak, row.severity) == ("wave_high", 22.0, "warning")
    file.write_text("describes: no algorithm\n")
    compare(engine, NOW)
    assert crossings.find_open(engine) == [row]
    assert list(compare.algorithms()) == ["wave_high"]
    file.write_text(LIMIT.format(limit=21))
    compare(engine, NOW)
    assert crossings.find_open(engine) == []
    assert crossings.find(engine, None, None, 9)[0].is_open is False
    assert crossings.compared_us(engine) == to_us(NOW)
