"""``dataflow-health up`` with default settings, from an empty home to a green board and its end."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dataflow_health.cli.up import _programs, child_environment
from dataflow_health.client import Client
from dataflow_health.errors import ApiError
from dataflow_health.operations import dagster_home, home_claim
from dataflow_health.settings import Settings
from dataflow_health.simulator.fleet import write_fleet
from dataflow_health.simulator.fleet_plan import FleetPlan
from dataflow_health_tests.alerting.alert_servers import free_port
from dataflow_health_tests.waiting import wait_until

GREEN_LIMIT_S = 400.0
GONE_LIMIT_S = 60.0


@pytest.fixture
def up(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """It, in the background of a shell, over a clean fleet; and the API's URL."""
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    write_fleet(tmp_path / "home" / "landing", FleetPlan(yesterday, 1, 1, 2, (600, 620)))
    environ = {n: v for n, v in os.environ.items() if not n.startswith("DATAFLOW_HEALTH_")}
    environ["DATAFLOW_HEALTH_LOG_FORMAT"] = "json"
    deps = free_port(), free_port()
    words = f"-m dataflow_health.cli up --port {deps[0]} --api-port {deps[1]}"
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            ["sh", "-c", f"trap '' INT; exec {sys.executable} {words} --home home"],
            cwd=tmp_path, env=environ, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        yield process, f"http://127.0.0.1:{deps[1]}"
        process.kill()
        process.wait()
        home_claim.end_leftovers((tmp_path / "home").resolve())


@pytest.mark.soak
def test_a_good_fleet_makes_the_whole_board_green_and_an_end_leaves_nothing_behind(up, tmp_path):
    process, url = up

    def is_green() -> bool:
        assert process.poll() is None
        return set(statuses(url).values()) == {"HEALTHY"}

    wait_until(is_green, limit_s=GREEN_LIMIT_S, poll_s=2, details=lambda: statuses(url))
    process.terminate()
    process.wait(GONE_LIMIT_S)
    assert home_claim.end_leftovers((tmp_path / "home").resolve()) == 0
    check_logs(tmp_path)


def check_logs(folder: Path) -> None:
    """Every process writes JSON, with the ids of its work; two lines of ``up`` are for a person."""
    written = (folder / "log").read_text().splitlines()
    assert [line.split(":")[0] for line in written if line[:1] != "{"] == ["Open", "Landing"]
    records = [json.loads(line).get("record", {}) for line in written if line[:1] == "{"]
    assert any("run" in each.get("extra", {}) for each in records)
    assert any("request" in each.get("extra", {}) for each in records)
    for output in (folder / "home" / "dagster" / "storage").glob("*/compute_logs/*.err"):
        for line in output.read_text().splitlines():
            assert json.loads(line)["record"]["extra"]["run"]
    in_spark = [line for line in (folder / "home" / "spark.log").read_text().splitlines()]
    found = [json.loads(line) for line in in_spark if "algorithms have run" in line]
    assert found
    assert {"stage", "run", "recording"} == found[0]["record"]["extra"].keys()


def statuses(url: str) -> dict[str, str]:
    """Of every process and of all together; none while the API is not there yet."""
    try:
        with Client(url) as api:
            report = api.status()
    except ApiError:
        return {}
    return {each.name: each.status for each in report.processes} | {"all": report.status}


def test_links_lead_to_the_chosen_ports_unless_the_operator_set_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = Settings.model_validate({"home": str(tmp_path)})
    monkeypatch.delenv("DATAFLOW_HEALTH_PUBLIC_URL", raising=False)
    monkeypatch.delenv("DATAFLOW_HEALTH_API_URL", raising=False)
    made = child_environment(chosen, "127.0.0.1", 3917, 8917)
    assert made["DATAFLOW_HEALTH_PUBLIC_URL"] == "http://127.0.0.1:3917"
    assert made["DATAFLOW_HEALTH_API_URL"] == "http://127.0.0.1:8917"
    monkeypatch.setenv("DATAFLOW_HEALTH_PUBLIC_URL", "https://health.example")
    made = child_environment(chosen, "127.0.0.1", 3917, 0)
    assert made["DATAFLOW_HEALTH_PUBLIC_URL"] == "https://health.example"
    assert "DATAFLOW_HEALTH_API_URL" not in made


@pytest.mark.parametrize(
    ("host", "public_url"),
    [("127.0.0.1", "http://127.0.0.1:3917"), ("0.0.0.0", "http://localhost:3917"),
     ("::1", "http://[::1]:3917")],
)  # fmt: skip
def test_links_name_an_address_that_a_browser_here_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, public_url: str
) -> None:
    monkeypatch.delenv("DATAFLOW_HEALTH_PUBLIC_URL", raising=False)
    chosen = Settings.model_validate({"home": str(tmp_path)})
    made = child_environment(chosen, host, 3917, 8917)
    assert made["DATAFLOW_HEALTH_PUBLIC_URL"] == public_url


@pytest.mark.server
def test_the_children_of_up_print_no_warning_of_dagster_about_its_own_plans(tmp_path: Path) -> None:
    chosen = Settings.model_validate({"home": str(tmp_path)})
    dagster_home.prepare(chosen)
    environ = os.environ | child_environment(chosen, "127.0.0.1", 3917, 0)
    program = (
        "import dagster; from dataflow_health.definitions import build;"
        "build().get_repository_def(); dagster.DagsterInstance.get()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert "warning" not in done.stderr.lower()
    assert "dagster.yaml" not in done.stderr


@pytest.mark.parametrize(("log_format", "written"), [("text", 0), ("json", 1)])
def test_the_daemon_of_dagster_writes_the_log_in_the_format_of_the_settings(
    tmp_path: Path, log_format: str, written: int
) -> None:
    programs = _programs(tmp_path, "127.0.0.1", 3917, 8917, log_format)
    ends = [list(program.command[-2:]) for program in programs]
    assert ends.count(["--log-format", "json"]) == written
