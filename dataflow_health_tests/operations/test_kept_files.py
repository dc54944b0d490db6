from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dataflow_health.operations import kept_files
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.stages import rotten_lake
from dataflow_health_tests.storage.ledger.factories import recordings, refuse, result


def test_a_table_that_recordings_share_is_one_file_with_its_own_digest(engine: Engine) -> None:
    ids = recordings(engine, 3)
    shared = [replace(result(each), output_path="table", file_digest="d2") for each in ids[:2]]
    ledger.finish(engine, "ingest", DAY, "run", shared)
    refuse(engine, ids[2:], "ingest")
    [file] = kept_files.find(engine, "ingest")
    assert (file.path, file.digest, file.item, file.items) == ("table", "d2", ids[0], 2)
    assert kept_files.find(engine, day="2026-11-21") == kept_files.find(engine, "store") == []


@pytest.mark.slow
def test_every_file_of_the_lake_is_known_with_its_digest(tmp_path: Path) -> None:
    deps = rotten_lake.make(tmp_path)
    found = kept_files.find(deps.engine)
    present = [each for each in deps.lake.files("download") if each.endswith(".zip")]
    present += [path for stage in STAGES[1:] for path in deps.lake.files(stage)]
    assert sorted({each.path for each in found}) == sorted(present)
    assert {each.stage for each in kept_files.find(deps.engine, "extract", DAY)} == {"extract"}
