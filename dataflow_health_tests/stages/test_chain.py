import random
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

import pytest

from benchmarks.kill_steps import Rows, files, rows
from dataflow_health.operations import kept_files, scrub
from dataflow_health.simulator.events import PlannedEvent
from dataflow_health.stages.chain import CHAIN
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health_tests.factories import NOON, dependencies
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
