import pytest

from dataflow_health_tests.api.conftest import READER, OperatorClient


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
    assert len(operator_api.get("/quarantine")) == 2


def test_an_unknown_id_is_not_found(operator_api: OperatorClient) -> None:
    response = operator_api.client.get("/api/v1/quarantine/abcdef", headers=READER)
    assert response.status_code == 404
