from fastapi.testclient import TestClient

from dataflow_health_tests.installation import recording_id

PATH = "/api/v1/lineage"


def test_a_node_has_its_neighbours(api: TestClient) -> None:
    query = {"node": "algorithm:rotor_droop", "direction": "downstream", "depth": 1}
    found = api.get(PATH, params=query).json()["data"]
    assert [each["kind"] for each in found["nodes"]] == ["algorithm", "version"]
    assert api.get(PATH, params={"node": "algorithm:rotor_drop"}).status_code == 404


def test_a_path_and_the_lineage_of_one_recording(api: TestClient) -> None:
    ends = {"first": "algorithm:rotor_droop", "last": "findings:rotor_droop"}
    way = api.get(f"{PATH}/path", params=ends).json()["data"]
    assert [each.partition(":")[0] for each in way["nodes"]] == ["algorithm", "version", "findings"]
    assert len(way["arrows"]) == 2
    found = api.get(PATH, params={"recording": recording_id(0)}).json()["data"]
    assert any(each["kind"] == "archive" for each in found["nodes"])
