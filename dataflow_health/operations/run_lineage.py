"""OpenLineage events of stage runs: what a run reads and writes, columns included.

Events are those of the package ``openlineage-python``, whose classes check them. Columns come from
the lineage of the YAML files (``operations/lineage``), so they are exact.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from openlineage.client import event_v2
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    DatasetFacet,
    JobFacet,
    RunFacet,
    error_message_run,
    job_type_job,
    nominal_time_run,
    parent_run,
    processing_engine_run,
)
from openlineage.client.facet_v2 import column_lineage_dataset as column_lineage
from openlineage.client.facet_v2 import schema_dataset as schema
from openlineage.client.serde import Serde
from sqlalchemy import make_url

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.flight.algorithms.algorithm import read_parameters
from dataflow_health.operations.lineage import kind_of
from dataflow_health.operations.lineage_arrows import declared_arrows
from dataflow_health.settings import Settings
from dataflow_health.storage.files.lineage_outbox import EventState
from dataflow_health.storage.ledger.stage_order import OUTPUTS, STAGES

Name = tuple[str, str]
"""Namespace and name of a dataset, by OpenLineage's naming."""

RUNS = UUID("6c1c3c53-9d0c-5a3b-8f3f-3a1a3a0d9d55")
"""Namespace of the ids of runs; any fixed one."""
PRODUCER = "https://pypi.org/project/dataflow-health/"
PARENT_JOB = "arrival_day"
"""Job of a Dagster run, which runs stages of one arrival day."""
FINDINGS = "finding"


@dataclass(frozen=True, slots=True)
class StageRun:
    """One run of a stage.

    Attributes:
        stage: Name of the stage.
        day: Arrival day.
        run_id: Dagster run that it is a step of.
        begun_at: Begin of this try, UTC: a step that is tried again is another run.
    """

    stage: str
    day: str
    run_id: str
    begun_at: datetime


def event(
    chosen: Settings,
    catalogue: Catalogue,
    run: StageRun,
    state: EventState,
    at: datetime,
    error: str = "",
) -> str:
    """One event as JSON.

    Args:
        chosen: Settings: places of the datasets.
        catalogue: Declarations: columns of the datasets.
        run: The run.
        state: Its state.
        at: Time of the state, UTC.
        error: Why it failed, without secrets.
    """
    inputs, outputs = datasets(chosen, catalogue, run.stage)
    event_v2.set_producer(PRODUCER)
    made = RunEvent(
        eventTime=at.isoformat(),
        eventType=RunState[state],
        run=Run(runId=str(step_id(run)), facets=_run_facets(chosen, run, error)),
        job=Job(namespace=chosen.openlineage_namespace, name=run.stage, facets=_job_facets()),
        inputs=inputs,
        outputs=outputs,
        producer=PRODUCER,
    )
    return Serde.to_json(made)


def step_id(run: StageRun) -> UUID:
    """Id of a step: the same one in each event of it."""
    return uuid5(RUNS, f"{run.run_id}/{run.stage}/{run.day}/{run.begun_at.isoformat()}")


def parent_id(run_id: str) -> UUID:
    """Id of a Dagster run, which is a UUID itself where Dagster made it."""
    try:
        return UUID(run_id)
    except ValueError:
        return uuid5(RUNS, run_id)


def _run_facets(chosen: Settings, run: StageRun, error: str) -> dict[str, RunFacet]:
    parent = parent_run.ParentRunFacet(
        run=parent_run.Run(runId=str(parent_id(run.run_id))),
        job=parent_run.Job(namespace=chosen.openlineage_namespace, name=PARENT_JOB),
    )
    facets: dict[str, RunFacet] = {
        "parent": parent,
        "nominalTime": nominal_time_run.NominalTimeRunFacet(
            nominalStartTime=f"{run.day}T00:00:00+00:00"
        ),
        "processing_engine": processing_engine_run.ProcessingEngineRunFacet(
            version=version("dagster"), name="Dagster"
        ),
    }
    if error:
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(
            message=error, programmingLanguage="PYTHON"
        )
    return facets


def _job_facets() -> dict[str, JobFacet]:
    kind = job_type_job.JobTypeJobFacet(
        processingType="BATCH", integration="DATAFLOW_HEALTH", jobType="STAGE"
    )
    return {"jobType": kind}


def datasets(
    chosen: Settings, catalogue: Catalogue, stage: str
) -> tuple[list[InputDataset], list[OutputDataset]]:
    """What a stage reads and writes."""
    place = STAGES.index(stage)
    before = place_of(chosen, STAGES[place - 1]) if place else file_name(chosen.source_url)
    after = place_of(chosen, stage)
    columns = _columns(catalogue, stage)
    facets: dict[str, DatasetFacet] = {}
    if columns:
        facets["schema"] = schema.SchemaDatasetFacet(
            fields=[schema.SchemaDatasetFacetFields(name=name) for name in columns]
        )
        facets["columnLineage"] = column_lineage.ColumnLineageDatasetFacet(
            fields={
                name: column_lineage.Fields(
                    inputFields=[
                        column_lineage.InputField(*before, field=field) for field in sorted(fields)
                    ]
                )
                for name, fields in columns.items()
            }
        )
    return [InputDataset(*before)], [OutputDataset(*after, facets=facets)]


def place_of(chosen: Settings, stage: str) -> Name:
    """Name of the dataset that a stage writes."""
    if stage != STAGES[-1]:
        return file_name(f"{chosen.lake_url.rstrip('/')}/{stage}/{OUTPUTS[stage]}")
    url = make_url(chosen.database_url.get_secret_value())
    if url.get_backend_name() == "postgresql":
        where = f"postgres://{url.host or 'localhost'}:{url.port or 5432}"
        return where, f"{url.database}.public.{FINDINGS}"
    return "file", f"{url.database}/{FINDINGS}"


def file_name(url: str) -> Name:
    """Name of a folder or bucket: never a user or a password."""
    parts = urlsplit(url)
    if parts.scheme in ("", "file"):
        return "file", parts.path or url
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}", parts.path.lstrip("/") or "/"


def _columns(catalogue: Catalogue, stage: str) -> Mapping[str, frozenset[str]]:
    """Columns that a stage writes, each with the columns that it is made from."""
    if stage == "ingest":
        return _table_columns(catalogue)
    if stage == "analyse":
        return {
            name: read
            for name, each in sorted(catalogue.algorithms.items())
            if (read := read_parameters(each))
        }
    if stage == "load":
        return {name: frozenset({name}) for name in sorted(catalogue.algorithms)}
    return {}


def _table_columns(catalogue: Catalogue) -> Mapping[str, frozenset[str]]:
    """Columns of the analytics table, each with the recorders' parameters that it is made from."""
    found: dict[str, set[str]] = {}
    for first, last in declared_arrows(catalogue):
        if kind_of(first) == "parameter":
            name = last.partition(":")[2]
            found.setdefault(name, set()).add(first.partition("/")[2])
    return {name: frozenset(found[name]) for name in sorted(found)}
