import pytest

from dataflow_health.health.outside_check import SYSTEM_CHECKS
from dataflow_health.monitoring.collectors import collector
from dataflow_health.monitoring.probes import airflow_runs, database_tables, spark_jobs

PROBES = {
    "airflow_runs": airflow_runs,
    "spark_jobs": spark_jobs,
    "database_tables": database_tables,
}


@pytest.mark.parametrize("model", SYSTEM_CHECKS)
def test_every_kind_has_an_adapter_that_its_probe_runs(model: type) -> None:
    kind = model.model_fields["kind"].annotation.__args__[0]
    given = {"kind": kind, "name": kind, "url": "http://h"}
    adapter = collector.of(model.model_validate(given))
    assert callable(adapter.describe)
    assert PROBES[kind].probe is adapter.assess
