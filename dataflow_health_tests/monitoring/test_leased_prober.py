from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from dataflow_health.errors import DatabaseError
from dataflow_health.health.graph import Pipeline
from dataflow_health.monitoring import prober_lease
from dataflow_health.monitoring.leased_prober import LeasedProber
from dataflow_health.monitoring.prober_lease import ProberLease
from dataflow_health.monitoring.probes.runner import ProbeDependencies
from dataflow_health.monitoring.probes.scheduler import ProbeScheduler
from dataflow_health.storage.records import observations
from dataflow_health_tests.health.factories import make_process

PATIENCE_S = 60.0


def scheduler_of(path: Path) -> ProbeScheduler:
    check = {"kind": "file_exists", "path": str(path), "within": "PT60S", "ttl": "PT0.001S"}
    pipeline = Pipeline.of({"folder": make_process(external=True, checks=[check])})
    return ProbeScheduler(pipeline, ProbeDependencies(lambda: datetime.now(UTC), {}))


def prober_of(path: Path, engine: Engine, lease: ProberLease | None = None) -> LeasedProber:
    return LeasedProber(scheduler_of(path), lease or prober_lease.of_daemon(), lambda: engine)


def test_the_holder_probes_and_saves_its_results(tmp_path: Path, engine: Engine) -> None:
    [result] = prober_of(tmp_path, engine).results(PATIENCE_S)
    assert result.outcome == "passed"
    assert [each.outcome for each in observations.read(engine)] == ["passed"]


def test_another_process_reads_the_results_and_takes_over_when_the_lease_is_free(
    tmp_path: Path, engine: Engine
) -> None:
    lease = prober_lease.of_api()
    holder = prober_of(tmp_path / "gone", engine, lease)
    other = prober_of(tmp_path, engine)  # it would pass, if it probed
    assert [each.outcome for each in holder.results(PATIENCE_S)] == ["failed"]
    assert [each.outcome for each in other.results(PATIENCE_S)] == ["failed"]
    lease.release(engine)
    assert [each.outcome for each in other.results(PATIENCE_S)] == ["passed"]


def test_while_the_ledger_is_away_every_process_probes_for_itself(tmp_path: Path) -> None:
    def connect() -> Engine:
        raise DatabaseError("away")

    prober = LeasedProber(scheduler_of(tmp_path), prober_lease.of_daemon(), connect)
    assert [each.outcome for each in prober.results(PATIENCE_S)] == ["passed"]
