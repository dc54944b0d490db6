from sqlalchemy import Engine

from dataflow_health.health.outside_system import SystemDescription
from dataflow_health.monitoring.collectors import dataset_name
from dataflow_health.operations import lineage, outside_lineage
from dataflow_health.storage.records import outside_systems
from dataflow_health_tests import factories
from dataflow_health_tests.factories import NOON

CATALOGUE = factories.catalogue()
LAKE = "file:///data/lake"
TABLE = "dataset:file/data/lake/ingest/samples"


def save(engine: Engine, process: str, *arrows: tuple[str, str]) -> None:
    """A system whose lineage is these arrows."""
    text = SystemDescription(arrows=arrows).model_dump_json()
    outside_systems.save_description(engine, (process, "x"), "spark_jobs", text, NOON)


def test_without_other_programs_the_lineage_is_that_of_the_pipeline(engine: Engine) -> None:
    whole = lineage.read(engine, CATALOGUE, lake_url=LAKE)
    assert not any(node.startswith("dataset:") for node in whole.nodes)


def test_a_program_that_reads_the_lake_is_downstream_of_its_columns(engine: Engine) -> None:
    job = "spark_job:exports/lake_export/copy"
    other = "dataset:s3://warehouse/flights"
    save(engine, "exports", (f"{TABLE}/tail=HB-ZAA/day=2026-11-20", job), (job, other))
    save(engine, "airflow", (other, "dag:airflow/report"))
    whole = lineage.read(engine, CATALOGUE, lake_url=LAKE)
    column = "column:rotor_speed_pct"
    assert whole.path(column, "dag:airflow/report") == (
        column, TABLE, job, other, "dag:airflow/report",
    )  # fmt: skip
    assert "dataset:file/data/lake/store/tsv" not in whole.nodes
    assert not any("tail=" in node for node in whole.nodes)


def test_a_program_that_reads_the_findings_is_downstream_of_every_algorithm(
    engine: Engine,
) -> None:
    schema = "" if engine.dialect.name == "sqlite" else "public."
    table = dataset_name.node(dataset_name.of_table(engine.url, f"{schema}finding"))
    save(engine, "airflow", (table, "task:airflow/copy/read"))
    whole = lineage.read(engine, CATALOGUE, lake_url=LAKE)
    assert whole.path("findings:rotor_droop", "task:airflow/copy/read") == (
        "findings:rotor_droop", table, "task:airflow/copy/read",
    )  # fmt: skip


def test_data_of_the_same_folder_is_one_node_and_no_arrow_leads_to_itself() -> None:
    own = {TABLE: "column"}
    arrows = [(f"{TABLE}/a", f"{TABLE}/b"), (f"{TABLE}s/a", "dag:x/y")]
    assert outside_lineage.joined(arrows, own, [("column:a", "b:c")]) == (
        ("column:a", TABLE),
        (f"{TABLE}s/a", "dag:x/y"),
    )
