import dagster as dg
import pytest

from dataflow_health.orchestration.assets import retention
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.settings import Settings


@pytest.mark.slow
def test_materialising_it_applies_the_policy_and_shows_what_was_removed(chosen: Settings) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [retention.retention], resources={"pipeline": PipelineResource()}, instance=instance
        )
    assert result.success
    (materialised,) = result.asset_materializations_for_node("lake__retention")
    assert materialised.metadata["files"].value == 0
    assert retention.SCHEDULE.job_name == "retention"
