import dagster as dg
import pytest

from dataflow_health import wiring
from dataflow_health.orchestration import resources
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.settings import Settings
from dataflow_health.storage.sql import locks
from dataflow_health_tests.factories import DAY


def test_a_request_reports_progress_to_the_listener_of_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resources, "_progress", [])
    calls: list[tuple[str, int, int]] = []
    request = PipelineResource().request(DAY, "run-1", force=True, only=("a",))
    request.progress("parse", 1, 2)
    resources.set_progress(lambda *call: calls.append(call))
    request.progress("parse", 2, 2)
    assert calls == [("parse", 2, 2)]
    assert (request.day, request.run_id, request.force, request.only) == (
        DAY,
        "run-1",
        True,
        ("a",),
    )


def test_the_lock_of_a_run_is_free_when_its_work_has_ended(
    chosen: Settings, instance: dg.DagsterInstance
) -> None:
    """Its connection to a server is back in the pool, and not left to the garbage collector."""
    engine = wiring.dependencies(chosen).engine
    held: list[bool] = []
    kept: list[PipelineResource] = []

    @dg.asset
    def worked(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> None:
        held.append(locks.is_locked(engine, locks.run_lock(context.run.run_id)))
        kept.append(pipeline)

    done = dg.materialize([worked], instance=instance, resources={"pipeline": PipelineResource()})
    assert held == [True]
    assert not locks.is_locked(engine, locks.run_lock(done.run_id))
