from http import HTTPStatus
from pathlib import Path

from dataflow_health_tests import installation


def test_a_change_names_its_recordings_and_days(tmp_path: Path) -> None:
    settings = installation.settings(tmp_path)
    installation.filled(settings)
    client = installation.client(settings)
    found = client.get("/api/v1/impact/rotor_droop").json()["data"]
    assert (found["kind"], found["recordings"], len(found["days"])) == ("algorithm", 38, 4)
    unknown = client.get("/api/v1/impact/rotor_drop?kind=layout")
    assert unknown.status_code == HTTPStatus.NOT_FOUND
