from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.monitoring import error_budgets
from dataflow_health_tests import factories
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.storage.ledger.factories import recordings, refuse

OBJECTIVES = factories.catalogue().slos


def descriptions(engine: Engine) -> dict[str, str]:
    budgets = error_budgets.budgets(engine, OBJECTIVES, NOON + timedelta(minutes=1))
    return {each.name: error_budgets.describe(each) for each in budgets}


def test_without_events_no_share_is_known(engine: Engine) -> None:
    lines = descriptions(engine)
    assert set(lines) == set(OBJECTIVES)
    assert all("nothing yet of" in line for line in lines.values())


def test_a_refused_recording_counts_against_its_objective(engine: Engine) -> None:
    refuse(engine, recordings(engine, 40))
    line = descriptions(engine)["recordings_decoded"]
    assert "0.00 % of 99 %, 40 of 40 late or refused" in line
    assert "burning" in line
