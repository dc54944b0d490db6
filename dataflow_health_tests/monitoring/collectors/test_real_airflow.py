"""The collector of Airflow at a real Airflow 3, whose answers the other tests repeat."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dataflow_health_tests.monitoring.collectors import recorded
from dataflow_health_tests.monitoring.collectors.airflow_server import PASSWORD, READER, airflow
from dataflow_health_tests.monitoring.collectors.asking import assessed, described
from dataflow_health_tests.waiting import wait_until

pytestmark = [pytest.mark.soak, pytest.mark.server]

ENVIRONMENT = {"FLEET_AIRFLOW_PASSWORD": PASSWORD}


def test_what_a_real_airflow_runs_is_judged_and_described(tmp_path: Path) -> None:
    kept: dict[str, recorded.Answer] = {}
    with airflow(tmp_path) as running, recorded.passing(running.url, kept) as url:
        check = {
            "kind": "airflow_runs",
            "url": url,
            "user": READER,
            "password_from": "FLEET_AIRFLOW_PASSWORD",
            "within": "PT10M",
        }
        quiet = check | {"import_errors": False}

        def asked(given: dict[str, object]) -> tuple[str, str]:
            found = assessed(given, ENVIRONMENT, datetime.now(UTC))
            assert PASSWORD not in found.detail
            return found.outcome, found.detail

        assert asked(quiet)[0] == "unknown"
        kept_first = dict(kept)

        running.ask("PATCH", "/dags/on_flights", is_paused=False)
        assert running.run("lake_export") == "success"
        assert running.end_of("on_flights") == "success"
        assert asked(quiet)[0] == "passed"
        running.flag.touch()
        assert running.run("nightly_copy") == "failed"
        outcome, detail = asked(check)
        assert outcome == "failed"
        assert "unparsable.py ModuleNotFoundError" in detail
        assert "nightly_copy failed at" in detail
        assert "tasks (1: copy)" in detail
        named = quiet | {"dags": ["lake_export"], "at_most": "PT1H"}
        assert asked(named)[0] == "passed"
        assert asked(named | {"at_most": "PT1S"})[1].startswith("age of the newest success")
        gone = asked(quiet | {"dags": ["lake_export", "never_run", "renamed"]})
        assert gone == ("failed", "no DAG (1: renamed); switched off (1: never_run)")
        found = described(check, ENVIRONMENT, datetime.now(UTC))
        assert {each.name for each in found.workflows} == {
            "lake_export", "nightly_copy", "on_flights", "never_run",
        }  # fmt: skip
        assert ("dataset:file/lake/flights", "dag:process/on_flights") in found.arrows
        recorded.write("airflow", kept, tmp_path)
        recorded.write("airflow_before_any_run", kept_first, tmp_path)

        running.flag.unlink()
        assert running.run_again("nightly_copy") == "success"
        assert asked(quiet)[0] == "passed"
        refused = assessed(check, {"FLEET_AIRFLOW_PASSWORD": "wrong-horse"}, datetime.now(UTC))
        assert "refused with status 401" in refused.detail
        running.kill("scheduler")
        wait_until(lambda: asked(quiet | {"heartbeat_at_most": "PT10S"})[0] == "failed", poll_s=1)
        assert "scheduler: age of its heartbeat" in asked(quiet | {"heartbeat_at_most": "PT10S"})[1]
    assert asked(quiet)[0] == "failed"
