import pytest
from sqlalchemy import Engine

from dataflow_health.storage.queries import finding_trend
from dataflow_health.storage.queries.finding_trend import FlownMonth, Grouping, TrendFilter
from dataflow_health_tests.finding_factories import dismiss, insert_findings, insert_flights
from dataflow_health_tests.storage.query_plans import plans

MONTHS = TrendFilter("2026-10", "2026-11")


def test_findings_are_counted_by_month_and_name(engine: Engine) -> None:
    insert_findings(engine, 6)
    found = finding_trend.findings(engine, MONTHS, "algorithm")
    assert sorted(found) == [("2026-11", f"torque_{number}", 2) for number in range(3)]
    of_one = TrendFilter("2026-10", "2026-11", tail="HB-Z1", severity="alert")
    assert finding_trend.findings(engine, of_one, "tail") == [("2026-11", "HB-Z1", 1)]
    assert finding_trend.findings(engine, TrendFilter("2026-01", "2026-10"), "tail") == []


def test_dismissed_findings_are_counted_while_their_judgement_holds(engine: Engine) -> None:
    insert_findings(engine, 4)
    dismiss(engine, 2)
    dismiss(engine, 5)  # of no finding by now
    assert finding_trend.dismissed(engine, MONTHS, "tail") == [("2026-11", "HB-Z0", 1)]
    other = TrendFilter("2026-10", "2026-11", algorithm="torque_1")
    assert finding_trend.dismissed(engine, other, "tail") == []


def test_flights_are_summed_by_aircraft_and_month(engine: Engine) -> None:
    insert_flights(
        engine, ("a", "2026-11", 1), ("a", "2026-11", 2), ("b", "2026-10", 5), ("a", "", 9)
    )
    assert sorted(finding_trend.flights(engine, MONTHS)) == [
        FlownMonth("2026-10", "b", 1, 18_000.0), FlownMonth("2026-11", "a", 2, 10_800.0),
    ]  # fmt: skip
    only = TrendFilter("2026-10", "2026-11", tail="b")
    assert [each.tail for each in finding_trend.flights(engine, only)] == ["b"]


@pytest.mark.parametrize("by", ["algorithm", "tail"])
def test_no_trend_reads_the_table_of_findings_whole(engine: Engine, by: Grouping) -> None:
    insert_findings(engine, 3)
    for chosen in (MONTHS, TrendFilter("2026-10", "2026-11", tail="HB-Z1", algorithm="torque_1")):
        for read in (finding_trend.findings, finding_trend.dismissed):
            lines = plans(engine, lambda read=read, chosen=chosen: read(engine, chosen, by))
            assert not [line for line in lines if line == "SCAN finding"]
            assert not [line for line in lines if "Seq Scan on finding" in line]
