from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.storage.queries import present_declarations
from dataflow_health.storage.records import declared_algorithms, declared_versions
from dataflow_health_tests.factories import NOON

LATER = NOON + timedelta(hours=1)
PARSE = ("parse", "rdf", "twin")


def test_given_versions_take_the_place_of_saved_ones_and_none_is_saved(engine: Engine) -> None:
    declared_algorithms.replace(engine, {"peak": "1", "low": "1"}, NOON)
    declared_versions.replace(engine, {PARSE: "1"}, NOON)
    for _ in range(2):
        found = present_declarations.compare(engine, {"peak": "2", "new": "1"}, {}, LATER)
        assert found.algorithms == {
            "peak": ("2", LATER), "low": ("1", NOON), "new": ("1", LATER),
        }  # fmt: skip
        assert found.stages == {PARSE: ("1", NOON)}
