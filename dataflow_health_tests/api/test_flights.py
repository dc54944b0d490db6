from typing import Any

import pytest
from fastapi.testclient import TestClient

from dataflow_health_tests import installation
from dataflow_health_tests.api.token_factory import settings, token
from dataflow_health_tests.installation import recording_id
from dataflow_health_tests.plotted_recording import flown, write_parameters

ROTOR = "rotor_speed_pct"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    chosen = settings(tmp_path_factory.mktemp("flights"), token_tails_claim="tails")
    installation.filled(chosen).dispose()
    write_parameters(chosen, flown())
    return installation.client(chosen)


def get(api: TestClient, path: str, tails: str = "HB-Z00", **query: object) -> Any:
    headers = {"Authorization": f"Bearer {token(tails=tails)}"}
    return api.get(f"/api/v1{path}", headers=headers, params=query)


def data(api: TestClient, path: str, **query: object) -> Any:
    response = get(api, path, **query)
    assert response.status_code == 200, response.text
    return response.json()["data"]


def test_phases_and_limits_are_read(api: TestClient) -> None:
    path = f"/recordings/{recording_id(0)[:10]}"
    phases = data(api, f"{path}/phases")
    assert phases["takeoff_s"] == 120
    limits = data(api, f"{path}/limits")
    assert ("rotor_speed_low", 95) in {(each["algorithm"], each["value"]) for each in limits}


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_what_is_shown_is_a_file_to_download(api: TestClient, form: str) -> None:
    path = f"/recordings/{recording_id(0)}/export"
    query = {"parameter": [ROTOR, "radio_altitude_ft"], "from": 10, "to": 20, "format": form}
    response = get(api, path, **query)
    assert response.status_code == 200
    disposition = response.headers["content-disposition"]
    assert disposition == f'attachment; filename="recording_{recording_id(0)[:12]}.{form}"'
    if form == "csv":
        assert len(response.text.splitlines()) == 1 + 41 + 11
    assert get(api, path, parameter="rotor").status_code == 404
    assert get(api, path, format="xlsx").status_code == 422


def test_the_newest_values_are_those_of_the_persons_aircraft(api: TestClient) -> None:
    (found,) = data(api, "/current", tail="HB-Z00")
    assert found["tail"] == "HB-Z00"
    assert get(api, "/current").status_code == 403
    assert get(api, "/current", tail="HB-Z01").status_code == 403
    other = f"/recordings/{recording_id(0)}/export"
    assert get(api, other, tails="HB-Z01").status_code == 403
