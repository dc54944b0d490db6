import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from dataflow_health.settings import ApiKey
from dataflow_health.storage.records import incidents
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests import installation as scene
from dataflow_health_tests.health.incidents import make_incident

KEYS = tuple(
    ApiKey(name=name, scope=scope, sha256=hashlib.sha256(name.encode()).hexdigest())
    for name, scope in (("board", "read"), ("anna", "operate"))
)
BOARD, ANNA = {"X-API-Key": "board"}, {"X-API-Key": "anna"}
MUTE = {"until": "2099-01-01T00:00:00Z", "ticket": "https://tickets.example/7"}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[TestClient]:
    """An installation of its own, with one open incident: these tests write."""
    chosen = scene.settings(tmp_path, api_keys=KEYS)
    engine = scene.filled(chosen)
    with writing(engine) as connection:
        incidents.keep(connection, make_incident(id=0))
    engine.dispose()
    return scene.client(chosen)


def get(api, path, **params):
    answer = api.get(f"/api/v1{path}", headers=BOARD, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def post(api, path, body, headers=ANNA):
    return api.post(f"/api/v1{path}", headers=headers, json=body)


def test_incidents_are_listed_and_shown(api):
    (listed,) = get(api, "/incidents")
    assert (listed["process"], listed["state"]) == ("parse", "open")
    assert get(api, "/incidents/1") == listed
    assert get(api, "/incidents", state="ended") == []
    assert get(api, "/incidents", process="load") == []


def test_an_operator_acknowledges_and_resolves_and_the_audit_knows(api):
    done = post(api, "/incidents/1/ack", {"note": "mine"}).json()["data"]
    assert (done["state"], done["acknowledged_by"]) == ("acknowledged", "anna")
    done = post(api, "/incidents/1/resolve", {"how": "fixed"}).json()["data"]
    assert (done["state"], done["resolution"]) == ("resolved", "fixed")
    told = [(row["action"], row["who"], row["origin"]) for row in get(api, "/audit")]
    assert told == [(a, "anna", "api@testclient") for a in ("resolve", "acknowledge")]


def test_a_reader_may_not_act(api):
    for path, body in (
        ("/incidents/1/ack", {}),
        ("/incidents/1/mute", MUTE),
        ("/incidents/1/resolve", {"how": "fixed"}),
        ("/rerun", {}),
    ):
        assert post(api, path, body, BOARD).status_code == 403
        assert post(api, path, body, {}).status_code == 401


def test_a_mute_wants_an_end_and_a_ticket(api):
    assert post(api, "/incidents/1/mute", {"note": "noisy"}).status_code == 422
    refused = post(api, "/incidents/1/mute", MUTE)
    assert refused.status_code == 409
    assert "within 90 days" in refused.json()["error"]["message"]


def test_what_is_not_there_is_not_found(api):
    assert post(api, "/incidents/99/ack", {}).status_code == 404
    assert api.get("/api/v1/quarantine/abcdef", headers=BOARD).status_code == 404


def test_quarantine_is_listed_with_age_and_shown_with_its_bytes(api):
    listed = get(api, "/quarantine")
    assert len(listed) == 2
    assert all(each["age_s"] > 0 for each in listed)
    shown = get(api, f"/quarantine/{listed[0]['id']}")
    assert shown["note"], "the scene has no bytes, and that is said"


def test_it_is_replayed_or_written_off_with_a_reason(api):
    first, second = (each["id"] for each in get(api, "/quarantine"))
    assert post(api, f"/quarantine/{first}/write-off", {"reason": " "}).status_code == 422
    done = post(api, f"/quarantine/{first}/write-off", {"reason": "card was wet"})
    assert done.json()["data"] == {"changed": 1}
    assert post(api, f"/quarantine/{second}/replay", {"reason": "new code"}).status_code == 200
    assert get(api, "/quarantine") == []
    assert [each["id"] for each in get(api, "/quarantine", written_off=True)] == [first]
    wrong = post(api, f"/quarantine/{first}/replay", {"reason": "x", "layout": "generic_twin_257"})
    assert "did you mean generic_twin_256" in wrong.json()["error"]["message"]


def test_a_rerun_counts_before_it_acts(api):
    counted = post(api, "/rerun", {"dry_run": True}).json()["data"]
    assert counted["things"] == 2
    assert len(get(api, "/quarantine")) == 2
    assert post(api, "/rerun", {}).json()["data"] == counted | {"dry_run": False}
    assert get(api, "/quarantine") == []


def test_promises_are_told_with_their_budgets(api):
    told = {each["name"]: each for each in get(api, "/slo")}
    assert set(told) == {"answers_in_time", "recordings_decoded"}
    assert all(len(each["burns"]) == 3 for each in told.values())


def test_a_promise_that_is_added_is_told_without_a_restart(tmp_path):
    chosen = scene.settings(tmp_path, api_keys=KEYS, config=str(tmp_path / "own"))
    (tmp_path / "own" / "slos").mkdir(parents=True)
    scene.filled(chosen).dispose()
    api = scene.client(chosen)
    before = {each["name"] for each in get(api, "/slo")}
    text = "describes: Stored.\nkind: accepted\nstage: store\nobjective_pct: 99\n"
    (tmp_path / "own" / "slos" / "stored.yaml").write_text(text)
    api.app.state.watch.config.look()
    assert {each["name"] for each in get(api, "/slo")} - before == {"stored"}
