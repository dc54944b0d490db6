from sqlalchemy import Engine

from dataflow_health.storage.signals import progress
from dataflow_health.storage.sql.database import writing


def test_each_kind_of_work_has_its_newest_time(signals: Engine) -> None:
    with writing(signals) as connection:
        assert progress.read(connection, progress.COMPARED) is None
        for at_us in (1, 2):
            progress.write(connection, progress.COMPARED, at_us)
        assert progress.read(connection, progress.COMPARED) == 2
        assert progress.read(connection, progress.POINTS_FROM) is None
