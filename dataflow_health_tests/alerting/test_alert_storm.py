"""The scripted night of the documentation, smaller: every cause named, none unsaid."""

import pytest

from benchmarks import alert_storm
from benchmarks.alert_storm import Size
from dataflow_health_tests.conftest import cleared

pytestmark = pytest.mark.slow

SMALL = Size(aircraft=12, recordings=160, minutes=160, in_batch=12)


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def played(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("night")
    if request.param == "sqlite":
        return alert_storm.play(folder, SMALL)
    url = request.getfixturevalue("postgres_url")
    cleared(url)
    return alert_storm.play(folder, SMALL, url)


def test_every_fault_is_one_incident_and_its_cause_is_named(played):
    night, seen = played
    for fault, mine, told, right in alert_storm.judged(night, seen, SMALL):
        assert len(mine) == 1, fault.what
        assert told, fault.what
        assert right, fault.what


def test_nothing_else_is_told_and_everything_has_ended(played):
    _night, seen = played
    assert len(seen) == len(alert_storm.faults(SMALL))
    assert {each.resolution for each in seen} == {"recovered"}


def test_a_beginning_and_an_end_are_all_that_is_heard(played):
    night, seen = played
    assert len(night.sent) <= 2 * len(seen) + 1
    assert night.failed_checks > 10 * len(night.sent)


def test_the_page_sets_the_databases_beside_each_other(played):
    told = alert_storm.table({"SQLite": played, "PostgreSQL": played}, SMALL)
    assert "figures on SQLite / PostgreSQL" in told
    assert told.count("| 1 / 1 |") == len(alert_storm.faults(SMALL))
    assert "wrong" not in told
    assert "- PostgreSQL: **" in told
