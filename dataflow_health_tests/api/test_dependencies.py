from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import Request
from fastapi.testclient import TestClient

from dataflow_health.api import dependencies
from dataflow_health.errors import ConfigError
from dataflow_health.health.status import Status
from dataflow_health_tests import installation
from dataflow_health_tests.installation import NOW


def request_to(api: TestClient) -> Request:
    return Request({"type": "http", "app": api.app})


def test_the_report_is_the_newest_one_or_that_of_a_time_in_the_past(api: TestClient) -> None:
    request = request_to(api)
    assert dependencies.get_report(request, None).status is Status.FAILED
    past = dependencies.get_report(request, NOW - timedelta(days=1))
    assert (past.at, past.status) == (NOW - timedelta(days=1), Status.UNKNOWN)


@pytest.mark.parametrize("at", ["1969-12-31T00:00:00Z", "2200-01-02T00:00:00Z", "yesterday"])
def test_a_time_out_of_range_is_refused(api: TestClient, at: str) -> None:
    assert api.get("/status", params={"at": at}).status_code == 422


def test_the_catalogue_is_read_again_when_the_configuration_changes(tmp_path: Path) -> None:
    own = tmp_path / "own" / "slos"
    own.mkdir(parents=True)
    request = request_to(
        installation.client(installation.settings(tmp_path, config=str(own.parent)))
    )
    before = dependencies.get_dependencies(request).catalogue
    assert dependencies.get_dependencies(request).catalogue is before
    text = "describes: Stored.\nkind: accepted\nstage: store\nobjective_pct: 99\n"
    (own / "stored.yaml").write_text(text)
    dependencies.get_monitor(request).config.reload_if_changed()
    after = dependencies.get_dependencies(request).catalogue
    assert set(after.slos) - set(before.slos) == {"stored"}


def test_a_configuration_that_became_invalid_is_an_error(tmp_path: Path) -> None:
    own = tmp_path / "own" / "slos"
    own.mkdir(parents=True)
    request = request_to(
        installation.client(installation.settings(tmp_path, config=str(own.parent)))
    )
    (own / "late.yaml").write_text("describes: x\nwithin: soon\n")
    with pytest.raises(ConfigError, match=r"late\.yaml"):
        dependencies.get_dependencies(request)
