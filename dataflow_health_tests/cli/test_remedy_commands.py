"""The commands of remedies, pasted into a shell of a real installation, turn the board green."""

import shlex
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dataflow_health import wiring
from dataflow_health.alerting.problem_detection import find_problems
from dataflow_health.health import remedy
from dataflow_health.health.report import ProcessHealth
from dataflow_health.health.status import Status
from dataflow_health.monitoring import health_service
from dataflow_health.stages import download, extract
from dataflow_health.stages.checks import registry
from dataflow_health.stages.checks.check import Thresholds
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import quarantine
from dataflow_health.storage.records import observations
from dataflow_health_tests.factories import (
    DAY,
    LIMITS,
    NOON,
    catalogue,
    dependencies,
    land,
    stage_request,
    zipped,
)
from dataflow_health_tests.stages.hostile_archives import CORPUS

SOUND = zipped({"HB-ZAB_20261120T090000Z.rdf": b"sound"})
FAULTY: Mapping[str, bytes] = {
    "truncated": SOUND[:-20],
    "html_page": b"<html><body>Bad gateway</body></html>",
    "empty_archive": zipped({}),
    "path_escape": zipped({"../HB-ZAB_20261120T090000Z.rdf": b"x"}),
    **{name: build() for name, (build, _, _) in CORPUS.items()},
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dependencies]:
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path))
    deps = dependencies(tmp_path)
    yield deps
    wiring.dependencies.cache_clear()
    deps.engine.dispose()


def receive(deps: Dependencies, landing: Path, archives: Mapping[str, bytes]) -> None:
    """Lands archives, downloads and extracts them, and saves the results of extract's checks."""
    for name, content in archives.items():
        land(landing, f"{name}.zip", content, NOON)
    download.run(deps, stage_request(), url=str(landing), settle_s=0)
    extract.run(deps, stage_request(), limits=LIMITS)
    thresholds = Thresholds(str(landing), timedelta(hours=1), 0.0001)
    found = registry.evaluate(catalogue(), deps.engine, deps.lake, thresholds, "extract", DAY, NOON)
    observations.save(deps.engine, found)


def extract_health(engine: Engine) -> ProcessHealth:
    found = health_service.from_ledger(engine, catalogue(), NOON).find("extract")
    assert found is not None
    return found


def paste(run, command: str) -> None:
    result = run(*shlex.split(command)[1:])
    assert result.exit_code == 0, f"{command}\n{result.output}"


@pytest.mark.slow
def test_the_command_of_every_message_turns_the_check_green(
    run, home: Dependencies, tmp_path: Path
) -> None:
    receive(home, tmp_path / "landing", FAULTY)
    assert extract_health(home.engine).status is Status.FAILED
    report = health_service.from_ledger(home.engine, catalogue(), NOON)
    problems = find_problems(report, quarantine.counts(home.engine))
    assert {each.cause for each in problems} <= set(remedy.DAMAGED)
    for problem in problems:
        paste(run, remedy.of_problem(problem).command)
    assert quarantine.counts(home.engine) == ()
    health = extract_health(home.engine)
    assert [each for each in health.checks if each.status is Status.FAILED] == []
    assert health.status is not Status.FAILED
    after = health_service.from_ledger(home.engine, catalogue(), NOON)
    assert find_problems(after, quarantine.counts(home.engine)) == ()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["truncated", "html_page"])
def test_the_command_of_the_evidence_turns_the_check_green(
    run, home: Dependencies, tmp_path: Path, name: str
) -> None:
    receive(home, tmp_path / "landing", {name: FAULTY[name], "sound": SOUND})
    (command,) = {item.command for item in extract_health(home.engine).evidence}
    paste(run, command)
    assert extract_health(home.engine).status is not Status.FAILED
