from pathlib import Path
from typing import get_args

import pytest
from fastapi.testclient import TestClient

from dataflow_health.api.recordings import Column
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.queries.algorithm_runs import AlgorithmRunRow
from dataflow_health_tests import installation as scene
from dataflow_health_tests.api.conftest import READER, OperatorClient
from dataflow_health_tests.installation import recording_id
from dataflow_health_tests.plotted_recording import write_parameters


def test_the_table_can_be_sorted_by_every_column() -> None:
    assert get_args(Column) == tuple(AlgorithmRunRow._fields)


def test_the_table_is_filtered_sorted_and_paged(api: TestClient) -> None:
    query = {"tail": "HB-Z01", "sort": "algorithm", "descending": False, "limit": 4, "offset": 2}
    page = api.get("/api/v1/recordings", params=query).json()["data"]
    assert (page["total"], page["limit"], page["offset"]) == (15, 4, 2)
    assert {row["tail"] for row in page["rows"]} == {"HB-Z01"}
    algorithms = [row["algorithm"] for row in page["rows"]]
    assert algorithms == sorted(algorithms)


@pytest.mark.parametrize(
    "query",
    [{"sort": "id; DROP TABLE recording"}, {"outcome": "lost"}, {"limit": 501}, {"day_from": "now"},
     {"tail": "\x00"}, {"offset": -1}],
)  # fmt: skip
def test_an_invalid_query_is_refused(api: TestClient, query: dict[str, object]) -> None:
    assert api.get("/api/v1/recordings", params=query).status_code == 422


def test_the_history_of_a_recording_ends_where_it_stopped(api: TestClient) -> None:
    history = api.get(f"/api/v1/recordings/{recording_id(19)[:10]}").json()["data"]
    assert history["recording"] == recording_id(19)
    assert [each["stage"] for each in history["stages"]] == ["download", "extract", "parse"]
    assert history["stages"][-1]["reason"] == "no_sync"
    complete = api.get(f"/api/v1/recordings/{recording_id(0)}").json()["data"]
    assert complete["stages"][-1]["stage"] == "load"
    assert sum(complete["outcomes"].values()) == 3


def test_an_unknown_recording_is_not_found(api: TestClient) -> None:
    assert api.get(f"/api/v1/recordings/{'0' * 64}").status_code == 404


def test_a_recording_is_made_again_from_a_stage_on(operator_api: OperatorClient) -> None:
    path = f"/recordings/{recording_id(0)[:10]}"
    made = operator_api.post(f"{path}/rebuild", {"stage": "ingest", "reason": "bad disk"})
    assert made.json()["data"]["stages"] == 3
    waiting = [e["stage"] for e in operator_api.get(path)["stages"] if e["state"] == "waiting"]
    assert waiting == list(STAGES[5:])
    assert operator_api.post(f"{path}/rebuild", {}, READER).status_code == 403
    assert operator_api.post(f"{path}/rebuild", {"stage": "download"}).status_code == 422
    unreached = operator_api.post(f"/recordings/{recording_id(19)}/rebuild", {"stage": "load"})
    assert unreached.status_code == 409


def test_the_series_of_a_recording_is_thinned_out_to_the_width(tmp_path: Path) -> None:
    chosen = scene.settings(tmp_path)
    scene.filled(chosen).dispose()
    write_parameters(chosen)
    client = scene.client(chosen)
    path = f"/api/v1/recordings/{scene.recording_id(0)}"
    query = {"parameter": "pressure_altitude_ft", "from": 0, "to": 599, "px": 10}
    found = client.get(f"{path}/series", params=query).json()["data"]
    assert found["samples"] == 600
    assert 10 < len(found["values"]) <= 40
    assert client.get(f"{path}/series", params={**query, "px": 0}).status_code == 422
    assert client.get(f"{path}/series", params={**query, "parameter": "x"}).status_code == 404
    (parameter,) = client.get(f"{path}/parameters").json()["data"]
    assert parameter["unit"] == "ft"
