import itertools
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from openlineage.client.event_v2 import RunEvent

from dataflow_health.flight.algorithms.algorithm import read_parameters
from dataflow_health.health.lineage import Lineage
from dataflow_health.operations import run_lineage
from dataflow_health.operations.lineage_arrows import declared_arrows
from dataflow_health.operations.run_lineage import StageRun
from dataflow_health.settings import Settings
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health_tests import factories, installation

AT = datetime(2026, 11, 29, 6, 0, tzinfo=UTC)
RUN_ID = "3f0f2d1e-0d5e-4d5d-9d56-1d2f3f4a5b6c"


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    return installation.settings(tmp_path)


def event(chosen: Settings, stage: str, state: Any = "COMPLETE", error: str = "") -> Any:
    run = StageRun(stage, "2026-11-28", RUN_ID, AT)
    return json.loads(run_lineage.event(chosen, factories.catalogue(), run, state, AT, error))


def test_each_stage_reads_what_the_one_before_wrote(chosen: Settings) -> None:
    events = [event(chosen, stage) for stage in STAGES]
    for before, after in itertools.pairwise(events):
        (written,), (read,) = before["outputs"], after["inputs"]
        assert (written["namespace"], written["name"]) == (read["namespace"], read["name"])
    assert events[0]["inputs"][0]["name"] == str(chosen.home / "landing")
    assert events[-1]["outputs"][0]["name"].endswith("ledger.sqlite/finding")


def test_the_columns_of_an_algorithm_are_those_of_its_conditions_and_of_its_phases(
    chosen: Settings,
) -> None:
    (output,) = event(chosen, "analyse")["outputs"]
    catalogue = factories.catalogue()
    fields = output["facets"]["columnLineage"]["fields"]
    assert {
        name: {each["field"] for each in made["inputFields"]} for name, made in fields.items()
    } == {
        name: set(read_parameters(algorithm))
        for name, algorithm in catalogue.algorithms.items()
        if read_parameters(algorithm)
    }
    assert [each["name"] for each in output["facets"]["schema"]["fields"]] == sorted(fields)
    (source,) = {each["name"] for made in fields.values() for each in made["inputFields"]}
    assert source == event(chosen, "analyse")["inputs"][0]["name"]


def test_the_columns_of_the_table_are_those_of_the_lineage(chosen: Settings) -> None:
    fields = event(chosen, "ingest")["outputs"][0]["facets"]["columnLineage"]["fields"]
    graph = Lineage.of(declared_arrows(factories.catalogue()))
    for name, made in fields.items():
        expected = {
            node.partition("/")[2]
            for node in graph.upstream(f"column:{name}", 1)
            if node.startswith("parameter:")
        }
        assert {each["field"] for each in made["inputFields"]} == expected


def test_the_events_of_a_step_are_one_run_below_that_of_dagster(chosen: Settings) -> None:
    started, failed = event(chosen, "parse", "START"), event(chosen, "parse", "FAIL", "no disk")
    assert started["run"]["runId"] == failed["run"]["runId"]
    assert UUID(started["run"]["runId"]) != UUID(event(chosen, "store")["run"]["runId"])
    assert (started["eventType"], failed["eventType"]) == ("START", "FAIL")
    assert failed["run"]["facets"]["errorMessage"]["message"] == "no disk"
    parent = started["run"]["facets"]["parent"]
    assert (parent["run"]["runId"], parent["job"]["name"]) == (RUN_ID, "arrival_day")
    nominal = started["run"]["facets"]["nominalTime"]["nominalStartTime"]
    assert nominal.startswith("2026-11-28")
    assert "errorMessage" not in started["run"]["facets"]


def test_an_event_has_all_that_the_specification_asks_for(chosen: Settings) -> None:
    made = event(chosen, "load")
    for required in ("eventTime", "producer", "schemaURL", "run", "job"):
        assert made[required]
    assert made["schemaURL"] == RunEvent._get_schema()
    facets = [*made["run"]["facets"].values(), *made["job"]["facets"].values()]
    assert all(each["_producer"] and each["_schemaURL"] for each in facets)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("s3://bucket/a/b", ("s3://bucket", "a/b")),
        ("sftp://user:secret@host:22/in", ("sftp://host:22", "in")),
        ("file:///lake", ("file", "/lake")),
        ("/lake", ("file", "/lake")),
    ],
)
def test_names_of_places_have_no_passwords(url: str, name: tuple[str, str]) -> None:
    assert run_lineage.file_name(url) == name


def test_a_table_in_postgresql_has_its_server(tmp_path: Path) -> None:
    url = "postgresql://user:secret@db:5433/flights"
    chosen = installation.settings(tmp_path, database_url=url)
    assert run_lineage.place_of(chosen, "load") == ("postgres://db:5433", "flights.public.finding")


def test_a_run_that_has_no_uuid_gets_one() -> None:
    assert run_lineage.parent_id(RUN_ID) == UUID(RUN_ID)
    assert run_lineage.parent_id("demo") == run_lineage.parent_id("demo")
