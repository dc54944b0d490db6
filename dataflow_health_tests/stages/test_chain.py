import random
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import copytree

import pytest
from pyspark.sql import SparkSession

from benchmarks.kill_steps import Rows, files, rows
from dataflow_health.operations import kept_files, scrub
from dataflow_health.simulator.events import PlannedEvent
from dataflow_health.stages.chain import CHAIN
from dataflow_health.stages.stage import StageOptions, StageRequest
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health_tests.factories import DAY, LIMITS, NOON, dependencies, land, zipped
from dataflow_health_tests.ledgers import open_ledger
from dataflow_health_tests.stages import killed_chain, processed_day


def test_the_chain_holds_every_stage_once_in_order() -> None:
    assert [stage.name for stage in CHAIN] == list(STAGES)


def test_every_stage_says_what_it_makes_and_with_which_technology() -> None:
    for stage in CHAIN:
        assert stage.description.endswith(".")
        assert 0 < len(stage.kinds) <= 3  # as many as Dagster shows
        assert stage.code_version


SEED = 20261128


@dataclass(frozen=True)
class Undisturbed:
    """What the chain comes to when nothing happens.

    Attributes:
        landing: The landing folder.
        steps: Number of steps of each stage.
        rows: Rows of the ledger and the results, without times.
        files: Files of the lake.
    """

    landing: Path
    steps: dict[str, int]
    rows: Rows
    files: list[str]


def run_chain(url: str, folder: Path, deaths: Mapping[str, int] | None = None) -> str:
    """Runs the chain in a process, after others that die at a step of a stage each."""
    killed = [f"{stage}:{step}" for stage, step in (deaths or {}).items()]
    words = [sys.executable, "-m", killed_chain.__name__, url, str(folder), *killed]
    done = subprocess.run(words, capture_output=True, text=True, timeout=1200, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """Two flights of two aircraft, one with an event, and an archive that is none."""
    folder = tmp_path_factory.mktemp("undisturbed")
    events = ([PlannedEvent("engine_1_oil_pressure_low", lasting_s=8)], [])
    flights = [
        processed_day.make_flight(f"HB-ZA{number}", 6, number, *each, duration_s=600)
        for number, each in enumerate(events)
    ]
    archives = {f"{name}.zip": {f"{name}.rdf": raw} for name, _, raw in flights}
    processed_day.land_archives(folder / "landing", archives)
    url = f"sqlite:///{folder / 'ledger.sqlite'}"
    printed = run_chain(url, folder)
    steps = {name: int(count) for name, count in map(str.split, printed.splitlines())}
    deps = dependencies(folder)
    found = Undisturbed(folder / "landing", steps, rows(deps.engine), files(deps))
    deps.engine.dispose()
    assert found.rows["finding"]
    return found


@pytest.mark.spark
def test_killed_at_any_step_of_every_stage_the_chain_comes_to_the_same_end(
    undisturbed: Undisturbed, database_url: str, tmp_path: Path
) -> None:
    copytree(undisturbed.landing, tmp_path / "landing")
    moments = random.Random(f"{SEED} {database_url.partition(':')[0]}")
    deaths = {stage: moments.randrange(undisturbed.steps[stage]) for stage in STAGES}
    run_chain(database_url, tmp_path, deaths)
    deps = dependencies(tmp_path, open_ledger(database_url))
    assert rows(deps.engine) == undisturbed.rows
    assert files(deps) == undisturbed.files
    assert list(scrub.find_damaged(deps.engine, deps.lake, kept_files.find(deps.engine))) == []
    assert all(each.balances for each in stage_counts(deps.engine, NOON))
    deps.engine.dispose()


@pytest.mark.spark
@pytest.mark.slow
def test_two_days_in_one_spark_job_come_to_what_each_comes_to_alone(
    tmp_path: Path, spark: SparkSession
) -> None:
    deps = dependencies(tmp_path)
    options = StageOptions(str(tmp_path / "landing"), 0, LIMITS, "zst", lambda: spark)
    days = (DAY, "2026-11-19")
    for day, number in zip(days, (1, 2), strict=True):
        name, _, raw = processed_day.make_flight(f"HB-ZA{number}", 6, number, duration_s=600)
        at = datetime.fromisoformat(f"{day}T06:00:00+00:00")
        land(tmp_path / "landing", f"{name}.zip", zipped({f"{name}.rdf": raw}), at)
        processed_day.run_stages(deps, tmp_path / "landing", lambda: spark, day=day)
    alone, found = files(deps), rows(deps.engine)
    jobs: list[str] = []
    for stage in CHAIN[STAGES.index("ingest") :]:
        requests = [StageRequest(day, "run-2", force=True) for day in days]
        before = spark.sparkContext.statusTracker().getJobIdsForGroup()
        summaries = stage.run_days(deps, requests, options)
        jobs += [stage.name] * len(
            set(spark.sparkContext.statusTracker().getJobIdsForGroup()) - set(before)
        )
        assert [(each.day, each.worked, each.done) for each in summaries] == [
            (day, 1, 1) for day in days
        ]
    assert jobs == ["ingest", "analyse"]
    assert files(deps) == alone
    assert rows(deps.engine) == found
