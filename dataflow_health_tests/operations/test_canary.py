"""The canary is right, its known answers are the truth, and one wrong bit anywhere is caught where
it is."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from sqlalchemy import select

from dataflow_health.monitoring import canary_result
from dataflow_health.monitoring.canary_result import CanaryResult
from dataflow_health.operations import canary, canary_digests
from dataflow_health.settings import Settings
from dataflow_health.simulator import canary as sample
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.sql import database, tables
from dataflow_health.storage.sql.statements import fetch
from dataflow_health_tests import factories
from dataflow_health_tests.conftest import cleared
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.ledgers import open_ledger
from dataflow_health_tests.stages.conftest import spark  # noqa: F401

pytestmark = pytest.mark.spark


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Dependencies]:
    made = factories.dependencies(tmp_path)
    yield made
    made.engine.dispose()


def fly(real: Dependencies, tmp_path: Path, session: SparkSession) -> CanaryResult:
    return canary.fly(real, Settings(home=tmp_path), lambda: session)


def test_the_known_answers_are_those_of_today(real, tmp_path, spark):  # noqa: F811
    if os.environ.get("WRITE_GOLDEN"):
        canary_digests.ARCHIVE_FILE.write_bytes(sample.build_archive(sample.simulate()))
        deps = canary._dependencies(real)
        landing = tmp_path / "landing"
        landing.mkdir()
        canary.land(landing)
        found = canary.compute_digests(deps, Settings(home=tmp_path), landing, lambda: spark)
        canary.write_known(found)
        canary_digests.known_digests.cache_clear()
        deps.engine.dispose()
    found = fly(real, tmp_path, spark)
    assert (found.stage, found.fault) == ("", ""), "meant? then write the golden files again"


def test_the_last_result_stays_until_the_next_one(real, tmp_path, spark):  # noqa: F811
    earlier = CanaryResult(at=NOON, took_s=30.0)
    canary_result.write(real.lake, earlier)
    seen = []

    def session() -> SparkSession:
        seen.append(canary_result.read(real.lake))
        return spark

    found = canary.fly(real, Settings(home=tmp_path), session)
    assert seen[0] == earlier, "under way, the canary says nothing of the flight before"
    assert canary_result.read(real.lake) == found != earlier


def test_its_findings_are_the_events_that_were_put_in(real, tmp_path, spark):  # noqa: F811
    fly(real, tmp_path, spark)
    events = sample.simulate().events
    wanted = {(e.name, e.start_s, e.end_s) for e in events if e.name != sample.TOO_SHORT_EVENT}
    rows = canary_rows(real)
    found = {(r.algorithm, int(r.start_s), int(r.end_s)) for r in rows}
    assert len(wanted) == len(events) - 1
    assert wanted <= found
    assert sample.TOO_SHORT_EVENT not in {name for name, _, _ in found}


@pytest.mark.postgres
def test_on_postgresql_its_answers_are_the_same_and_it_stays_beside_the_fleet(
    postgres_url,
    tmp_path,
    spark,  # noqa: F811
):
    cleared(postgres_url)
    engine = open_ledger(postgres_url)
    real = factories.dependencies(tmp_path, engine)
    found = fly(real, tmp_path, spark)
    assert (found.stage, found.fault) == ("", "")
    assert stage_counts(engine, NOON) == []
    engine.dispose()


def canary_rows(real):
    path = Path(str(real.engine.url.database)).with_name("canary.sqlite")
    engine = database.connect(f"sqlite:///{path}")
    rows = fetch(engine, select(tables.finding))
    engine.dispose()
    return rows


def test_the_fleet_never_sees_it(real, tmp_path, spark):  # noqa: F811
    fly(real, tmp_path, spark)
    assert stage_counts(real.engine, NOON) == []


DURATION = "duration_s >= lasting.total_seconds() - ROUNDING_TOLERANCE_S"

MUTANTS = {
    "a bit of every count in decoding": (
        "parse", "flight/parameter.py", "        count = field\n", "        count = field & ~1\n",
    ),
    "an exceedance must last a sample too long": (
        "analyse", "flight/algorithms/kinds/kind.py",
        DURATION, DURATION.replace(">=", "- 1 / rate_hz >="),
    ),
    "an exceedance may last a sample too short": (
        "analyse", "flight/algorithms/kinds/kind.py",
        DURATION, DURATION.replace(">=", "+ 1 / rate_hz >="),
    ),
    "two columns of a finding in load": (
        "load", "stages/load.py",
        'start_s=finding["start_s"],\n        end_s=finding["end_s"],\n',
        'start_s=finding["end_s"],\n        end_s=finding["start_s"],\n',
    ),
    "half the digits of a number in ingest": (
        "ingest", "stages/table_writer.py", "is_string_view(t) else t",
        "is_string_view(t) else pa.float32() if pa.types.is_floating(t) else t",
    ),
    "the aircraft in extract": (
        "extract", "stages/extract.py", '"tail": recording.tail or', '"tail": UNKNOWN_TAIL or',
    ),
    "the last digits of a number in store": (
        "store", "flight/parameter.py", "_multiply_exactly(counts, conversion.scale) +",
        "np.float32(counts * conversion.scale) +",
    ),
}  # fmt: skip


THE_SAME_LIMIT = "an exceedance may last a sample too short"
"""The other side of a limit whose first side every run of the tests tries."""


@pytest.mark.parametrize(
    "what",
    [
        pytest.param(what, marks=[pytest.mark.soak] if what == THE_SAME_LIMIT else [])
        for what in MUTANTS
    ],
)
def test_one_wrong_line_is_caught_at_the_stage_that_it_breaks(what, tmp_path):
    stage, where, right, wrong = MUTANTS[what]
    package = tmp_path / "mutant" / "dataflow_health"
    # With what is compiled: Python compiles the changed file again, since its time is another.
    shutil.copytree(Path(canary_digests.__file__).parents[1], package)
    text = (package / where).read_text()
    assert text.count(right) == 1
    (package / where).write_text(text.replace(right, wrong))
    environ = os.environ | {
        "PYTHONPATH": str(package.parent), "DATAFLOW_HEALTH_HOME": str(tmp_path / "home"),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "dataflow_health.cli", "canary", "--json"],
        cwd=package.parent, env=environ, capture_output=True, text=True, check=False, timeout=1200,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["stage"] == stage, done.stdout
