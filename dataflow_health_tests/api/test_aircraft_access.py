import pytest
from fastapi.testclient import TestClient

from dataflow_health.api.app import PREFIX, UNPREFIXED_PATHS
from dataflow_health_tests import installation
from dataflow_health_tests.api.token_factory import settings, token

OWN, OTHER = "HB-Z00", "HB-Z01"
PUBLIC = {f"{PREFIX}/health"}


def headers(**more: object) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(**{'tails': OWN, **more})}"}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    chosen = settings(tmp_path_factory.mktemp("access"), token_tails_claim="tails")
    installation.filled(chosen).dispose()
    return installation.client(chosen)


def recording_of(api: TestClient, tail: str) -> str:
    everything = headers(tails="*")
    rows = api.get(f"{PREFIX}/recordings", params={"tail": tail}, headers=everything).json()
    return str(rows["data"]["rows"][0]["recording"])


def test_a_person_sees_the_own_aircraft_and_no_other(api: TestClient) -> None:
    for tail, status in ((OWN, 200), (OTHER, 403)):
        recording = recording_of(api, tail)
        for path in (
            f"/fleet/{tail}/ready",
            f"/recordings?tail={tail}",
            f"/findings?tail={tail}",
            f"/recordings/{recording}",
        ):
            assert api.get(f"{PREFIX}{path}", headers=headers()).status_code == status, path


@pytest.mark.parametrize(
    "path",
    [
        f"/recordings?tail={OWN}&tail={OTHER}", f"/recordings?tail={OTHER}&tail={OWN}",
        "/recordings?tail=", "/recordings", f"/owed/recordings?tail={OWN}", f"/fleet?tail={OWN}",
    ],
)  # fmt: skip
def test_a_list_needs_one_aircraft_that_the_person_sees(api: TestClient, path: str) -> None:
    response = api.get(f"{PREFIX}{path}", headers=headers())
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "aircraft_not_allowed"


def test_every_route_that_names_no_aircraft_refuses_the_person(api: TestClient) -> None:
    document = api.get(f"{PREFIX}/openapi.json").json()
    paths = {path for path, methods in document["paths"].items() if "get" in methods}
    plain = {path for path in paths if "{" not in path} | set(UNPREFIXED_PATHS)
    shown = {
        path for path in plain - PUBLIC
        if api.get(path, headers=headers()).status_code not in (403, 422)
    }  # fmt: skip
    assert shown == {"/health", f"{PREFIX}/session"}
    assert api.get(f"{PREFIX}/vocabulary?text=oil", headers=headers()).status_code == 200


def test_an_administrator_sees_all_aircraft(api: TestClient) -> None:
    assert api.get(f"{PREFIX}/fleet", headers=headers(roles=["admin"])).status_code == 200
