from datetime import UTC, datetime

import click
import pytest

from dataflow_health.cli.datetime_option import DATETIME


@pytest.mark.parametrize(
    "text", ["2026-11-20T03:00Z", "2026-11-20T03:00:00+00:00", "2026-11-20T04:00+01:00"]
)
def test_a_time_with_a_zone_is_parsed(text: str) -> None:
    at = datetime(2026, 11, 20, 3, tzinfo=UTC)
    assert DATETIME.convert(text, None, None) == at
    assert DATETIME.convert(at, None, None) is at


@pytest.mark.parametrize("text", ["2026-11-20T03:00", "2026-11-20", "yesterday", ""])
def test_a_time_without_a_zone_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(click.BadParameter, match="such as 2026-11-20T03:00Z"):
        DATETIME.convert(text, None, None)
