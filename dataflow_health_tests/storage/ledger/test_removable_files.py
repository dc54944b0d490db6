from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.storage.ledger import ledger, removable_files
from dataflow_health.storage.ledger.stage_order import RECORDING_STAGES
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import recordings, result

AFTER = NOON + timedelta(seconds=1)


def test_a_file_is_removable_when_all_stages_are_done_and_once_only(engine: Engine) -> None:
    [one] = recordings(engine, 1)
    for stage in RECORDING_STAGES:
        assert removable_files.find(engine, "parse", DAY, AFTER) == []
        ledger.finish(engine, stage, DAY, "run", [result(one, digest=f"{stage}/file")])
    assert removable_files.find(engine, "parse", DAY, NOON) == []
    [file] = found = removable_files.find(engine, "parse", DAY, AFTER)
    assert (file.path, file.items) == ("parse/file", 1)
    assert removable_files.days(engine, "parse", AFTER) == [DAY]
    assert removable_files.days(engine, "parse", NOON - timedelta(days=1)) == []
    removable_files.mark_removed(engine, "parse", DAY, found, AFTER)
    assert removable_files.find(engine, "parse", DAY, AFTER) == []
