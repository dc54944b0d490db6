from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.storage.queries import missing_algorithms
from dataflow_health.storage.queries.missing_algorithms import MissingAlgorithms
from dataflow_health.storage.sql.database import reading
from dataflow_health_tests.analysed_recordings import analyse, declare
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.storage.ledger.factories import recordings


def test_every_code_version_that_lacks_an_algorithm_is_listed_with_what_it_lacks(
    engine: Engine,
) -> None:
    first, second, third = recordings(engine, 3)
    analyse(engine, [first], {"peak": "1", "low": "1"})
    analyse(engine, [second], {"peak": "1"})
    analyse(engine, [third], {"peak": "0"})
    declare(engine, {"peak": "1", "low": "1"}, NOON + timedelta(hours=1))
    with reading(engine) as connection:
        found = missing_algorithms.read(connection)
    assert {code: set(names) for code, names in found.by_code_version.items()} == {
        "1-peak1": {"low"},
        "1-peak0": {"peak", "low"},
    }
    assert found.declared["low"] == ("1", NOON + timedelta(hours=1))


def test_one_algorithm_is_missing_in_the_code_versions_that_lack_it() -> None:
    missing = MissingAlgorithms({}, {"a": ["low"], "b": ["peak", "low"], "c": ["peak"]})
    assert missing.only("low").by_code_version == {"a": ["low"], "b": ["low"]}
