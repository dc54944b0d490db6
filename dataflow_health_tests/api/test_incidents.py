import pytest

from dataflow_health_tests.api.conftest import READER, OperatorClient

MUTE = {"until": "2099-01-01T00:00:00Z", "ticket": "https://tickets.example/7"}


def test_incidents_are_listed_and_shown(operator_api: OperatorClient) -> None:
    (listed,) = operator_api.get("/incidents")
    assert (listed["problem"]["process"], listed["state"]) == ("parse", "open")
    assert operator_api.get("/incidents/1") == listed
    assert operator_api.get("/incidents", state="ended") == []
    assert operator_api.get("/incidents", state="all") == [listed]
    assert operator_api.get("/incidents", process="load") == []
    assert operator_api.get("/incidents", before=1) == []


def test_ended_incidents_stay_in_the_list_of_their_time(operator_api: OperatorClient) -> None:
    operator_api.post("/incidents/1/resolve", {"how": "fixed", "note": "a new card"})
    assert operator_api.get("/incidents") == []
    (ended,) = operator_api.get("/incidents", state="ended", from_at="2026-11-20T00:00:00Z")
    assert (ended["resolved_by"], ended["note"]) == ("anna", "a new card")
    before = {"state": "all", "to_at": "2026-11-20T00:00:00Z"}
    assert operator_api.get("/incidents", **before) == []


def test_an_operator_acknowledges_and_resolves(operator_api: OperatorClient) -> None:
    changed = operator_api.post("/incidents/1/ack", {"note": "mine"}).json()["data"]
    assert (changed["state"], changed["acknowledged_by"]) == ("acknowledged", "anna")
    changed = operator_api.post("/incidents/1/resolve", {"how": "fixed"}).json()["data"]
    assert (changed["state"], changed["resolution"]) == ("resolved", "fixed")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/incidents/1/ack", {}),
        ("/incidents/1/mute", MUTE),
        ("/incidents/1/unmute", {}),
        ("/incidents/1/resolve", {"how": "fixed"}),
    ],
)
def test_acting_needs_a_key_with_scope_operate(
    operator_api: OperatorClient, path: str, body: dict[str, str]
) -> None:
    assert operator_api.post(path, body, READER).status_code == 403
    assert operator_api.post(path, body, {"X-Other": "none"}).status_code == 401


def test_a_mute_needs_an_end_within_90_days_and_a_ticket(operator_api: OperatorClient) -> None:
    assert operator_api.post("/incidents/1/mute", {"note": "noisy"}).status_code == 422
    refused = operator_api.post("/incidents/1/mute", MUTE)
    assert refused.status_code == 409
    assert "within 90 days" in refused.json()["error"]["message"]


def test_an_incident_that_is_not_muted_cannot_be_unmuted(operator_api: OperatorClient) -> None:
    assert operator_api.post("/incidents/1/unmute", {}).status_code == 409


def test_an_unknown_incident_is_not_found(operator_api: OperatorClient) -> None:
    assert operator_api.post("/incidents/99/ack", {}).status_code == 404
