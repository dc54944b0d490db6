import pytest

from benchmarks import alert_storm
from benchmarks.alert_storm import StormSize
from dataflow_health_tests.conftest import cleared

pytestmark = pytest.mark.slow

SMALL = StormSize(aircraft=12, recordings=128, minutes=128, in_batch=12)


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def simulated(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("night")
    if request.param == "sqlite":
        return alert_storm.simulate(folder, SMALL)
    url = request.getfixturevalue("postgres_url")
    cleared(url)
    return alert_storm.simulate(folder, SMALL, url)


def test_every_fault_is_one_incident_and_its_cause_is_named(simulated):
    storm, incidents = simulated
    for result in alert_storm.evaluate_faults(storm, incidents, SMALL):
        assert len(result.incidents) == 1, result.fault.description
        assert result.messages, result.fault.description
        assert result.correct, result.fault.description


def test_there_are_no_other_incidents_and_all_have_recovered(simulated):
    _storm, incidents = simulated
    assert len(incidents) == len(alert_storm.storm_faults(SMALL))
    assert {each.resolution for each in incidents} == {"recovered"}


def test_each_incident_has_one_opening_and_one_recovery_message(simulated):
    storm, incidents = simulated
    assert len(storm.sent) <= 2 * len(incidents) + 1
    assert storm.failed_checks > 10 * len(storm.sent)


def test_the_table_shows_both_databases_side_by_side(simulated):
    table = alert_storm.to_markdown({"SQLite": simulated, "PostgreSQL": simulated}, SMALL)
    assert "figures on SQLite / PostgreSQL" in table
    assert table.count("| 1 / 1 |") == len(alert_storm.storm_faults(SMALL))
    assert "wrong" not in table
    assert "- PostgreSQL: **" in table
