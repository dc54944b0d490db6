from dataflow_health_tests.api.conftest import OperatorClient


def actions(entries: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    return [(each["action"], each["operator"], each["origin"]) for each in entries]


def test_every_action_is_in_the_audit_newest_first(operator_api: OperatorClient) -> None:
    operator_api.post("/incidents/1/ack", {"note": "mine"})
    operator_api.post("/incidents/1/resolve", {"how": "fixed"})
    acknowledged = ("acknowledge", "anna", "api@testclient")
    resolved = ("resolve", "anna", "api@testclient")
    entries = operator_api.get("/audit")
    assert actions(entries) == [resolved, acknowledged]
    assert actions(operator_api.get("/audit", action="acknowledge")) == [acknowledged]
    assert actions(operator_api.get("/audit", operator="bert")) == []
    assert actions(operator_api.get("/audit", before=entries[0]["id"])) == [acknowledged]
    assert actions(operator_api.get("/audit", limit=1)) == [resolved]
    assert actions(operator_api.get("/audit", subject="incident 1")) == [resolved, acknowledged]
    assert actions(operator_api.get("/audit", subject="incident 2")) == []
