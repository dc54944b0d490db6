from typing import get_args

import pytest
from fastapi.testclient import TestClient

from dataflow_health.api.recordings import Column
from dataflow_health.storage.queries.algorithm_runs import AlgorithmRunRow
from dataflow_health_tests.installation import recording_id


def test_the_table_can_be_sorted_by_each_of_its_columns() -> None:
    assert get_args(Column) == tuple(AlgorithmRunRow._fields)


def test_the_table_is_filtered_sorted_and_paged(api: TestClient) -> None:
    asked = {"tail": "HB-Z01", "sort": "algorithm", "descending": False, "limit": 4, "offset": 2}
    page = api.get("/api/v1/recordings", params=asked).json()["data"]
    assert (page["total"], page["limit"], page["offset"]) == (15, 4, 2)
    assert {row["tail"] for row in page["rows"]} == {"HB-Z01"}
    algorithms = [row["algorithm"] for row in page["rows"]]
    assert algorithms == sorted(algorithms)


@pytest.mark.parametrize(
    "asked",
    [{"sort": "id; DROP TABLE recording"}, {"outcome": "lost"}, {"limit": 501}, {"day_from": "now"},
     {"tail": "\x00"}, {"offset": -1}],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(api: TestClient, asked: dict[str, object]) -> None:
    assert api.get("/api/v1/recordings", params=asked).status_code == 422


def test_one_recordings_way_is_told_to_its_end(api: TestClient) -> None:
    way = api.get(f"/api/v1/recordings/{recording_id(19)[:10]}").json()["data"]
    assert way["recording"] == recording_id(19)
    assert [each["stage"] for each in way["stages"]] == ["download", "extract", "parse"]
    assert way["stages"][-1]["reason"] == "no_sync"
    whole = api.get(f"/api/v1/recordings/{recording_id(0)}").json()["data"]
    assert whole["stages"][-1]["stage"] == "load"
    assert sum(whole["outcomes"].values()) == 3


def test_a_recording_that_is_none_is_not_found(api: TestClient) -> None:
    assert api.get(f"/api/v1/recordings/{'0' * 64}").status_code == 404


def test_the_ledger_balances_for_a_day_and_in_all(api: TestClient) -> None:
    whole = api.get("/api/v1/ledger").json()["data"]
    assert whole["is_balanced"]
    assert whole["stages"][0]["stage"] == "download"
    parse = next(each for each in whole["stages"] if each["stage"] == "parse")
    assert (parse["incoming"], parse["done"], parse["quarantined"]) == (40, 38, 2)
    day = api.get("/api/v1/ledger", params={"day": "2026-11-20"}).json()["data"]
    assert {each["arrival_day"] for each in day["stages"]} == {"2026-11-20"}
