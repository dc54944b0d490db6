"""The newest runs of Airflow's DAGs, by answers that a real Airflow gave (test_real_airflow)."""

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from dataflow_health.monitoring.collectors.airflow_api import PATH
from dataflow_health_tests.monitoring.collectors import recorded
from dataflow_health_tests.monitoring.collectors.asking import assessed, described

HEALTH = f"GET {PATH}/monitor/health"


def check(url: str, **given: Any) -> dict[str, Any]:
    """A check of Airflow that needs no user; import errors count only when asked for."""
    return {"kind": "airflow_runs", "url": url, "import_errors": False} | given


def test_failed_runs_are_named_with_their_tasks_and_files_with_their_error() -> None:
    at, answers = recorded.read("airflow")
    with recorded.repeating(answers) as url:
        found = assessed(check(url, import_errors=True), now=at)
        assert found.outcome == "failed"
        assert found.detail.startswith(
            "DAG files not importable (1: unparsable.py ModuleNotFoundError: No module named"
        )
        assert "; nightly_copy failed at 20" in found.detail
        assert found.detail.endswith(": tasks (1: copy)")


def test_named_dags_are_there_switched_on_and_recent() -> None:
    at, answers = recorded.read("airflow")
    with recorded.repeating(answers) as url:
        well = assessed(check(url, dags=["lake_export"], at_most="PT1H"), now=at)
        assert (well.outcome, well.detail) == ("passed", "newest runs of 1 DAGs succeeded")
        late = assessed(
            check(url, dags=["lake_export"], at_most="PT1H", heartbeat_at_most="P9D"),
            now=at + timedelta(days=1),
        )
        assert late.detail.startswith("age of the newest success of lake_export (1 d")
        gone = assessed(check(url, dags=["lake_export", "never_run", "renamed"]), now=at)
        assert gone.detail == "no DAG (1: renamed); switched off (1: never_run)"


def test_before_any_run_it_is_unknown() -> None:
    at, answers = recorded.read("airflow_before_any_run")
    with recorded.repeating(answers) as url:
        assert assessed(check(url), now=at).outcome == "unknown"


def test_an_old_heartbeat_or_a_part_that_is_down_is_red_and_never_green() -> None:
    at, answers = recorded.read("airflow")
    with recorded.repeating(answers) as url:
        old = assessed(check(url, dags=["lake_export"]), now=at + timedelta(minutes=5))
        assert old.outcome == "failed"
        assert "scheduler: age of its heartbeat (5 min" in old.detail
    answers = deepcopy(answers)
    answers[HEALTH][1]["dag_processor"]["status"] = "unhealthy"
    with recorded.repeating(answers) as url:
        down = assessed(check(url, dags=["lake_export"]), now=at)
        assert down.detail == "dag_processor: unhealthy"
    answers[HEALTH][1]["metadatabase"]["status"] = "unhealthy"
    with recorded.repeating({HEALTH: answers[HEALTH]}) as url:
        assert assessed(check(url), now=at).detail == (
            "metadatabase: unhealthy; dag_processor: unhealthy"
        )


def test_a_run_that_takes_too_long_is_named_and_the_finished_one_before_it_is_judged() -> None:
    at, answers = recorded.read("airflow")
    answers = deepcopy(answers)
    [key] = [k for k in answers if "nightly_copy/dagRuns?" in k and "limit=20" in k]
    [failed] = answers[key][1]["dag_runs"]
    began = {"state": "running", "start_date": (at - timedelta(hours=3)).isoformat()}
    running = failed | began | {"dag_run_id": "again"}
    answers[key][1].update(dag_runs=[running, failed | {"state": "success"}], total_entries=2)
    with recorded.repeating(answers) as url:
        given = check(url, dags=["nightly_copy"])
        assert assessed(given, now=at).outcome == "passed"
        long = assessed(given | {"running_at_most": "PT2H"}, now=at)
        assert long.detail == "nightly_copy runs since 3 h, at most 2 h"


def test_a_user_signs_in_once_and_again_when_the_token_is_refused() -> None:
    at, answers = recorded.read("airflow")
    given = {"user": "reader", "password_from": "FLEET_AIRFLOW_PASSWORD"}
    environment = {"FLEET_AIRFLOW_PASSWORD": "right-horse"}
    tokens = ["first"]
    signed_in: list[bytes] = []

    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> recorded.Answer:
        if path == "/auth/token":
            signed_in.append(body)
            return 201, {"access_token": tokens[-1]}
        if headers.get("authorization") != f"Bearer {tokens[-1]}":
            return 401, {}
        return answers.get(f"{method} {path}", (404, {}))

    with recorded.serving(answer) as url:
        asked = check(url, dags=["lake_export"]) | given
        assert assessed(asked, environment, at).outcome == "passed"
        assert assessed(asked, environment, at).outcome == "passed"
        assert signed_in == [b'{"username":"reader","password":"right-horse"}']
        tokens.append("second")
        assert assessed(asked | {"retries": 1}, environment, at).outcome == "passed"
        assert len(signed_in) == 2
        assert assessed(asked, {}, at).outcome == "unknown"
        by_token = check(url, dags=["lake_export"], token_from="FLEET_TOKEN")
        refused = assessed(by_token, {"FLEET_TOKEN": "hunter2222"}, at)
        assert refused.outcome == "failed"
        assert "refused with status 401" in refused.detail
        assert "hunter2222" not in refused.detail
        assert assessed(by_token, {"FLEET_TOKEN": "second"}, at).outcome == "passed"


def test_an_airflow_of_another_version_and_a_strange_answer_say_so() -> None:
    with recorded.repeating({}) as url:
        assert "an address of Airflow 3 is needed" in assessed(check(url)).detail
    at, answers = recorded.read("airflow")
    [key] = [k for k in answers if k.startswith(f"GET {PATH}/dags?limit=100&offset=0&exclude")]
    for strange in ({"dags": [{"id": 1}]}, {"dags": "none"}, []):
        with recorded.repeating(answers | {key: (200, strange)}) as url:
            found = assessed(check(url), now=at)
            assert found.outcome == "failed"
            assert "answer" in found.detail


@pytest.mark.parametrize("name", ["a/../b", "a?b#c"])
def test_names_of_an_airflow_cannot_lead_to_other_paths(name: str) -> None:
    at, answers = recorded.read("airflow")
    answers = deepcopy(answers)
    asked: list[str] = []
    for key, (_, body) in answers.items():
        if "last_dag_run_state=failed" in key or "/dags?limit" in key:
            body["dags"] = [dag | {"dag_id": name} for dag in body["dags"][:1]]
            body["total_entries"] = len(body["dags"])

    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> recorded.Answer:
        asked.append(path)
        return answers.get(f"{method} {path}", (404, {}))

    with recorded.serving(answer) as url:
        assessed(check(url, dags=[name]), now=at)
    assert all("/../" not in path and "#" not in path for path in asked)


def test_dags_tasks_and_assets_are_described() -> None:
    at, answers = recorded.read("airflow")
    with recorded.repeating(answers) as url:
        found = described(check(url), now=at)
    assert found.version.startswith("3.")
    assert found.components["scheduler"] == "healthy"
    dags = {each.name: each for each in found.workflows}
    export = dags["lake_export"]
    assert (export.owners, export.tags, export.describes) == (
        ("team-data",), ("lake",), "Exports the lake",
    )  # fmt: skip
    assert [(each.name, each.after) for each in export.tasks] == [
        ("read", ()),
        ("write", ("read",)),
    ]
    assert dags["nightly_copy"].last_state == "failed"
    assert dags["never_run"].is_paused
    assert {
        ("dag:process/lake_export", "task:process/lake_export/read"),
        ("task:process/lake_export/read", "task:process/lake_export/write"),
        ("task:process/lake_export/write", "dataset:file/lake/flights"),
        ("dataset:file/lake/flights", "dag:process/on_flights"),
        (
            "dataset:postgres://db.example:5432/fleet.public.finding",
            "task:process/lake_export/read",
        ),
    } <= set(found.arrows)
