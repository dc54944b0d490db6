import dagster as dg

from dataflow_health import wiring
from dataflow_health.orchestration.assets import overview
from dataflow_health.orchestration.metadata.overview import OVERVIEW_CHECK
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.settings import Settings


def test_a_person_who_materialises_the_overview_gets_page_and_check(
    chosen: Settings, instance: dg.DagsterInstance
) -> None:
    asset = overview.asset(wiring.catalogue(chosen))
    ran = dg.materialize([asset], instance=instance, resources={"pipeline": PipelineResource()})
    [materialised] = ran.asset_materializations_for_node("overview")
    assert "health" in materialised.metadata
    [check] = ran.get_asset_check_evaluations()
    assert (check.check_name, check.passed) == (OVERVIEW_CHECK, True)
