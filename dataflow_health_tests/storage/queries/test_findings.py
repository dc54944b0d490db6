from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from dataflow_health.storage.queries import findings
from dataflow_health.storage.queries.findings import FindingFilter, read_page
from dataflow_health_tests.finding_factories import FIRST_AT, insert_findings
from dataflow_health_tests.storage.query_plans import plans

HOUR = timedelta(hours=1)
FILTERS = {
    "all": FindingFilter(),
    "tail": FindingFilter(tail="HB-Z1"),
    "algorithm": FindingFilter(algorithm="torque_2"),
    "severity": FindingFilter(severity="alert"),
    "time": FindingFilter(from_at=FIRST_AT + HOUR, to_at=FIRST_AT + 4 * HOUR),
    "recording": FindingFilter(recording=f"{3:064x}"),
}


def numbers(engine: Engine, chosen: FindingFilter) -> list[int]:
    return [int(row.recording, 16) for row in read_page(engine, chosen)[0]]


def test_filters_select_newest_first(engine: Engine) -> None:
    insert_findings(engine, 6)
    found = {name: numbers(engine, chosen) for name, chosen in FILTERS.items()}
    assert found == {
        "all": [5, 4, 3, 2, 1, 0], "tail": [5, 3, 1], "algorithm": [5, 2], "severity": [5, 2],
        "time": [3, 2, 1], "recording": [3],
    }  # fmt: skip


def test_pages_together_are_the_list(engine: Engine) -> None:
    insert_findings(engine, 7)
    pages = [numbers(engine, FindingFilter(limit=3, offset=offset)) for offset in (0, 3, 6)]
    assert pages == [[6, 5, 4], [3, 2, 1], [0]]
    assert read_page(engine, FindingFilter(limit=3))[1] == 7


def test_the_count_ends_at_its_limit(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    insert_findings(engine, 5)
    monkeypatch.setattr(findings, "MAX_COUNTED", 3)
    assert read_page(engine, FindingFilter())[1] == 3


def test_findings_without_a_known_time_are_listed_when_asked_for(engine: Engine) -> None:
    insert_findings(engine, 2, start_at=None)
    assert numbers(engine, FindingFilter()) == []
    assert numbers(engine, FindingFilter(undated=True)) == [0, 1]


@pytest.mark.parametrize("name", FILTERS)
def test_no_filter_reads_the_table_whole_or_sorts_it(engine: Engine, name: str) -> None:
    insert_findings(engine, 3)
    for chosen in (FILTERS[name], replace(FILTERS[name], state="new")):
        lines = plans(engine, lambda each=chosen: read_page(engine, each))
        assert not [line for line in lines if line == "SCAN finding"]
        assert not [line for line in lines if "B-TREE FOR ORDER BY" in line and name != "recording"]
        assert not [line for line in lines if "Seq Scan on finding" in line]
