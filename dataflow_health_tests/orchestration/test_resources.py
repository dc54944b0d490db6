import pytest

from dataflow_health.orchestration import resources
from dataflow_health.orchestration.resources import PipelineResource
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
