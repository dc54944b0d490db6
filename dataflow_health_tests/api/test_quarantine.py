import pytest

from dataflow_health_tests.api.conftest import READER, OperatorClient

SELECTION = {"reason": "x", "stage": "parse"}


def test_quarantine_is_listed_oldest_first_with_its_age(operator_api: OperatorClient) -> None:
    listed = operator_api.get("/quarantine")
    assert len(listed) == 2
    assert all(each["age_s"] > 0 for each in listed)
    assert [each["arrived_at"] for each in listed] == sorted(each["arrived_at"] for each in listed)
    assert operator_api.get("/quarantine", stage="load") == []
    assert len(operator_api.get("/quarantine", tail=listed[0]["tail"])) == 1


def test_an_item_whose_bytes_are_missing_says_so(operator_api: OperatorClient) -> None:
    first = operator_api.get("/quarantine")[0]
    shown = operator_api.get(f"/quarantine/{first['id']}")
    assert {name: shown[name] for name in ("id", "reason", "stage")} == {
        name: first[name] for name in ("id", "reason", "stage")
    }
    assert (shown["hex"], bool(shown["note"])) == ("", True)


def test_an_item_is_written_off_with_a_reason_and_replayed(operator_api: OperatorClient) -> None:
    first, second = (each["id"] for each in operator_api.get("/quarantine"))
    refused = operator_api.post(f"/quarantine/{first}/write-off", {"reason": " "})
    assert refused.status_code == 422
    done = operator_api.post(f"/quarantine/{first}/write-off", {"reason": "card was wet"})
    assert done.json()["data"] == {"changed": 1}
    replayed = operator_api.post(f"/quarantine/{second}/replay", {"reason": "new code"})
    assert replayed.json()["data"] == {"changed": 1}
    assert operator_api.get("/quarantine") == []
    written_off = operator_api.get("/quarantine", written_off=True)
    assert [each["id"] for each in written_off] == [first]


def test_an_unknown_layout_is_refused_with_the_nearest_one(operator_api: OperatorClient) -> None:
    first = operator_api.get("/quarantine")[0]["id"]
    body = {"reason": "x", "layout": "generic_twin_257"}
    refused = operator_api.post(f"/quarantine/{first}/replay", body)
    assert "did you mean generic_twin_256" in refused.json()["error"]["message"]


@pytest.mark.parametrize("action", ["replay", "write-off"])
def test_acting_needs_a_key_with_scope_operate(operator_api: OperatorClient, action: str) -> None:
    path = f"/quarantine/{operator_api.get('/quarantine')[0]['id']}/{action}"
    assert operator_api.post(path, {"reason": "x"}, READER).status_code == 403
    assert operator_api.post(f"/quarantine/{action}", SELECTION, READER).status_code == 403
    assert len(operator_api.get("/quarantine")) == 2


def test_an_unknown_id_is_not_found(operator_api: OperatorClient) -> None:
    response = operator_api.client.get("/api/v1/quarantine/abcdef", headers=READER)
    assert response.status_code == 404


def test_all_items_that_match_are_acted_on_at_once(operator_api: OperatorClient) -> None:
    nothing = operator_api.post("/quarantine/write-off", {"reason": "x"})
    assert nothing.status_code == 422
    other = {"reason": "x", "reason_code": "crc_error"}
    assert operator_api.post("/quarantine/write-off", other).json()["data"] == {"changed": 0}
    listed = operator_api.get("/quarantine")
    code = {"reason": "new code", "reason_code": listed[0]["reason"]}
    assert len(operator_api.get("/quarantine", reason_code=code["reason_code"])) == 2
    assert operator_api.post("/quarantine/replay", code).json()["data"] == {"changed": 2}
    assert operator_api.get("/quarantine") == []


def test_a_day_that_is_none_is_refused_and_not_read_as_nothing_found(operator_api) -> None:
    body = {"reason": "r", "day": "yesterday"}
    answer = operator_api.post("/quarantine/write-off", body)
    assert answer.status_code == 422
    assert "day" in answer.text
