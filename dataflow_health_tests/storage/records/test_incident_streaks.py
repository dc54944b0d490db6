from sqlalchemy import Engine

from dataflow_health.health.incident import Streak
from dataflow_health.storage.records import incident_streaks
from dataflow_health.storage.sql.database import reading, writing
from dataflow_health.storage.sql.statements import CHUNK
from dataflow_health_tests.factories import NOON

STREAK = Streak(process="parse", check="good", failing=2, flipped_at=(NOON,))


def test_streaks_are_saved_and_deleted(engine: Engine) -> None:
    with writing(engine) as connection:
        incident_streaks.save(connection, {"a": STREAK, "b": STREAK})
    longer = STREAK.model_copy(update={"failing": 3})
    with writing(engine) as connection:
        incident_streaks.save(connection, {"a": longer, "b": None})
    with reading(engine) as connection:
        assert incident_streaks.read(connection) == {"a": longer}


def test_nothing_to_save_changes_nothing(engine: Engine) -> None:
    with writing(engine) as connection:
        incident_streaks.save(connection, {"a": STREAK})
        incident_streaks.save(connection, {})
        assert incident_streaks.read(connection) == {"a": STREAK}


def test_more_streaks_than_fit_into_one_statement_are_deleted(engine: Engine) -> None:
    names = [f"{number}" for number in range(CHUNK + 1)]
    with writing(engine) as connection:
        incident_streaks.save(connection, dict.fromkeys(names, STREAK))
        incident_streaks.save(connection, dict.fromkeys(names, None))
        assert incident_streaks.read(connection) == {}
