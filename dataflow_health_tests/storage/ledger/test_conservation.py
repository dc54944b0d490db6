from datetime import date

from dataflow_health.health.observation import Counts, StageCounts
from dataflow_health.storage.ledger.conservation import total
from dataflow_health_tests.factories import NOON


def test_totals_add_the_days_of_a_stage_up() -> None:
    first = StageCounts(
        process="parse", at=NOON, arrival_day=date(2026, 11, 19),
        incoming=3, done=2, in_flight=1, running=1,
    )  # fmt: skip
    second = StageCounts(
        process="parse", at=NOON, arrival_day=date(2026, 11, 20),
        incoming=4, done=3, quarantined=1,
    )  # fmt: skip
    assert total([first, second]) == {
        "parse": Counts(incoming=7, done=5, quarantined=1, in_flight=1)
    }
