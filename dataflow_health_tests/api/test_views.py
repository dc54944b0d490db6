from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from dataflow_health.storage.records import audit_log
from dataflow_health.storage.sql import database
from dataflow_health_tests import installation
from dataflow_health_tests.api.conftest import KEYS, OPERATOR, READER

PATH = "/api/v1/views/night"
NIGHT = {"describes": "Night shift", "processes": ["parse"], "aircraft": ["HB-Z*"]}
YAML = {"Content-Type": "application/yaml"}


@pytest.fixture
def api(tmp_path: Path) -> TestClient:
    (tmp_path / "config").mkdir()
    chosen = installation.settings(tmp_path, api_keys=KEYS, config=tmp_path / "config")
    installation.filled(chosen).dispose()
    made = installation.client(chosen)
    made.headers.update(OPERATOR)
    return made


def data(response: Any) -> Any:
    assert response.status_code == 200, response.text
    return response.json()["data"]


def test_a_view_is_saved_listed_and_shown_with_an_audit_entry(
    api: TestClient, tmp_path: Path
) -> None:
    saved = data(api.put(PATH, json={"view": NIGHT}))
    assert (saved["file"], saved["comments_lost"]) == ("views/night.yaml", 0)
    shown = data(api.get(PATH, headers=READER))
    assert shown["view"] | NIGHT == shown["view"]
    assert shown["version"] == saved["version"]
    assert [each["name"] for each in data(api.get("/api/v1/views", headers=READER))] == ["night"]
    engine = database.connect(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    (entry,) = audit_log.read(engine, action="view_save")
    assert (entry.operator, entry.subject) == ("anna", "view night")
    engine.dispose()


def test_export_gives_the_file_that_import_takes(api: TestClient, tmp_path: Path) -> None:
    raw = b"# by hand\ndescribes: Night\n"
    data(api.put(f"{PATH}/file", content=raw, headers=YAML))
    found = api.get(f"{PATH}/file", headers=READER)
    assert (found.content, found.headers["content-type"]) == (raw, "application/yaml")
    assert found.headers["content-disposition"] == 'attachment; filename="night.yaml"'
    assert (tmp_path / "config" / "views" / "night.yaml").read_bytes() == raw
    refused = api.put(f"{PATH}/file", params={"version": ""}, content=raw, headers=YAML)
    assert refused.status_code == 409


def test_every_mistake_of_a_view_is_named(api: TestClient) -> None:
    text = "processes: [pars]\nlayout: [clock]\n"
    refused = api.put(f"{PATH}/file", content=text, headers=YAML)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_view")
    message = refused.json()["error"]["message"]
    assert "missing key describes" in message
    assert "layout" in message
    refused = api.put(PATH, json={"view": NIGHT | {"processes": ["pars"]}})
    assert "no process matches pars" in refused.json()["error"]["message"]
    assert api.put(PATH, json={"view": NIGHT | {"colour": "red"}}).status_code == 422
    assert data(api.get("/api/v1/views")) == []


def test_a_reader_changes_no_view_and_a_page_of_another_site_neither(api: TestClient) -> None:
    assert api.put(PATH, json={"view": NIGHT}, headers=READER).status_code == 403
    assert api.put(f"{PATH}/file", content=b"", headers=YAML | READER).status_code == 403
    assert api.delete(PATH, headers=READER).status_code == 403
    foreign = {"Origin": "https://elsewhere.example"}
    assert api.put(PATH, json={"view": NIGHT}, headers=foreign).status_code == 403
    plain = {"Content-Type": "text/plain"}
    assert api.put(f"{PATH}/file", content=b"describes: x", headers=plain).status_code == 415
    assert data(api.get("/api/v1/views")) == []


def test_a_view_is_deleted_and_an_unknown_one_is_not_found(api: TestClient) -> None:
    data(api.put(PATH, json={"view": NIGHT}))
    assert data(api.delete(PATH)) == {"changed": 1}
    for response in (api.get(PATH), api.get(f"{PATH}/file"), api.delete(PATH)):
        assert response.status_code == 404
    assert api.get("/api/v1/views/..%2Fsecret").status_code in {404, 422}


def test_a_file_that_is_edited_by_hand_shows_at_once_and_one_that_is_invalid_says_so(
    api: TestClient, tmp_path: Path
) -> None:
    data(api.put(PATH, json={"view": NIGHT}))
    file = tmp_path / "config" / "views" / "night.yaml"
    file.write_text("describes: Changed\n")
    assert data(api.get(PATH))["view"]["describes"] == "Changed"
    file.write_text("colour: red\n")
    refused = api.get(PATH)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "invalid_config")
    assert "unknown key colour" in data(api.get("/api/v1/views"))[0]["problem"]
