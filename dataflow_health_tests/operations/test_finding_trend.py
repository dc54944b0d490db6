from datetime import UTC, datetime

from sqlalchemy import Engine

from dataflow_health.operations import finding_trend
from dataflow_health.pseudonyms import Pseudonyms
from dataflow_health.storage.queries.finding_trend import TrendFilter
from dataflow_health_tests.finding_factories import dismiss, insert_findings, insert_flights

MONTHS = TrendFilter("2026-10", "2026-12")
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def test_a_trend_has_findings_per_100_flight_hours_without_the_dismissed(engine: Engine) -> None:
    insert_findings(engine, 6)
    dismiss(engine, 2)
    insert_flights(
        engine, ("HB-Z0", "2026-11", 40), ("HB-Z1", "2026-11", 10), ("HB-Z0", "2026-12", 1)
    )
    found = finding_trend.read(engine, MONTHS)
    assert found.months == ("2026-10", "2026-11", "2026-12")
    assert [each.flown_h for each in found.flown] == [0, 50, 1]
    line = next(each for each in found.lines if each.name == "torque_2")
    assert [(each.findings, each.dismissed, each.per_100_h) for each in line.points] == [
        (0, 0, None), (2, 1, 2.0), (0, 0, 0.0),
    ]  # fmt: skip


def test_a_trend_of_aircraft_has_the_hours_of_each(engine: Engine) -> None:
    insert_findings(engine, 5)
    insert_flights(engine, ("HB-Z0", "2026-11", 40), ("HB-Z1", "2026-11", 10))
    ours = Pseudonyms(b"a key of sixteen")
    found = finding_trend.read(engine, MONTHS, "tail", ours)
    assert [(each.name, each.points[1].per_100_h) for each in found.lines] == [
        ("HB-Z0", 7.5), ("HB-Z1", 20.0),
    ]  # fmt: skip
    assert [each.pseudonym for each in found.lines] == [ours.of("HB-Z0"), ours.of("HB-Z1")]


def test_the_lines_with_the_most_findings_are_kept(engine: Engine) -> None:
    insert_findings(engine, finding_trend.MAX_LINES, detail="1")
    for number in range(finding_trend.MAX_LINES + 1):
        insert_findings(engine, 1, recording_id=f"r{number}", tail=f"T{number:02d}")
    found = finding_trend.read(engine, MONTHS, "tail")
    assert [each.name for each in found.lines[:3]] == ["HB-Z0", "HB-Z1", "T00"]
    assert (len(found.lines), found.names) == (finding_trend.MAX_LINES, finding_trend.MAX_LINES + 3)


def test_a_trend_without_a_time_is_of_the_last_two_years() -> None:
    assert finding_trend.span(None, None, NOW) == ("2024-12", "2026-11")
    assert finding_trend.span(None, datetime(2026, 1, 5, tzinfo=UTC), NOW) == ("2024-02", "2026-01")
    early = datetime(1980, 1, 1, tzinfo=UTC)
    assert finding_trend.span(early, None, NOW) == ("2006-12", "2026-11"), "at most twenty years"
