"""The commands a new user types, run as processes: the demo, killed, a second time, and `up`.

With servers that run (``just server-test``) the same tests use PostgreSQL, a Spark cluster and
object storage instead of the local files of a home.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from dataflow_health import wiring
from dataflow_health.errors import DatabaseError
from dataflow_health.monitoring import health_service
from dataflow_health.settings import Settings, load
from dataflow_health.simulator.encoder import encode
from dataflow_health.simulator.events import PlannedEvent
from dataflow_health.simulator.layouts import generic_layout
from dataflow_health.simulator.simulated_flight import FlightPlan, simulate_flight
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.sql import database
from dataflow_health_tests import servers
from dataflow_health_tests.factories import NOON, zipped
from dataflow_health_tests.ui_client import signed_in
from dataflow_health_tests.waiting import wait_until

pytestmark = pytest.mark.spark

COMMAND = [sys.executable, "-m", "dataflow_health.cli"]
KILLED_IN = (("parse", 0.0), ("analyse", 2.0))
"""Stages, and seconds after the first recording of each, at which the demo is killed."""
LANDING_TO_SQL_S = 60.0


def run(command: str, home: Path, timeout_s: float = 1200) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, command, "--home", str(home)],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        env=os.environ | servers.environment(home),
    )


def settings(home: Path) -> Settings:
    """Settings of the home, with the servers if they run."""
    return load(servers.environment(home) | {"DATAFLOW_HEALTH_HOME": str(home)})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose demo was killed in two of its stages, and then ran to its end."""
    folder = tmp_path_factory.mktemp("demo")
    for stage, after_s in KILLED_IN:
        started = subprocess.Popen(
            [*COMMAND, "demo", "--home", str(folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=os.environ | servers.environment(folder),
        )
        wait_until(lambda stage=stage: is_reached(folder, stage), limit_s=600)
        time.sleep(after_s)
        os.killpg(started.pid, signal.SIGKILL)
        assert started.wait() == -signal.SIGKILL
    done = run("demo", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def is_reached(home: Path, stage: str) -> bool:
    """Whether a stage works on a recording or did."""
    statement = (
        f"SELECT 1 FROM recording_stage WHERE stage = '{stage}' AND state IN ('running', 'done')"
    )
    url = settings(home).database_url.get_secret_value()
    is_there = not url.startswith("sqlite") or (home / "ledger.sqlite").exists()
    return is_there and bool(unless_away(lambda: select(home, statement)))  # it would be created


def select(home: Path, statement: str) -> list[tuple[Any, ...]]:
    engine = database.connect(settings(home).database_url.get_secret_value())
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]
    finally:
        engine.dispose()


FINDINGS = (
    "SELECT recording_id, algorithm, start_s, end_s, peak FROM finding "
    "WHERE severity != 'info' ORDER BY recording_id, algorithm, start_s"
)


def test_every_injected_event_is_found_at_its_second_and_nothing_else_is(home: Path) -> None:
    truth = json.loads((home / "truth.json").read_text())
    wanted = {}
    explained = set()
    for event in truth["events"]:
        wanted[event["recording"], event["algorithm"]] = (event["start_s"], event["end_s"])
        explained |= {(event["recording"], also) for also in event["also_found_by"]}
    rows = select(home, FINDINGS)
    found = {(row[0], row[1]): (int(row[2]), int(row[3])) for row in rows}
    assert {key: found.get(key) for key in wanted} == wanted
    assert set(found) - set(wanted) <= explained
    assert len(rows) == len(found)


def test_the_board_is_red_for_exactly_the_injected_faults(home: Path) -> None:
    truth = json.loads((home / "truth.json").read_text())
    faults = [f for each in truth["archives"] for f in each["faults"]]
    failed = {f["stage"] for f in faults if f["outcome"] == "quarantined"}
    deps = wiring.dependencies(settings(home))
    report = health_service.from_ledger(deps.engine, deps.catalogue, deps.clock())
    stages = {each.name: each for each in report.processes if not each.external}
    assert {name for name, each in stages.items() if each.status.value == "FAILED"} == failed
    reasons = {item.reason for name in failed for item in stages[name].evidence}
    assert {f["reason"] for f in faults if f["outcome"] == "quarantined"} <= reasons


def test_the_ledger_balances(home: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "ledger", "--json"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | servers.environment(home) | {"DATAFLOW_HEALTH_HOME": str(home)},
    )
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)
    assert counts["is_balanced"] is True
    assert {row["stage"]: row["in_flight"] for row in counts["stages"]}["load"] == 0


def test_a_second_run_does_nothing_new_and_says_so(home: Path) -> None:
    before = select(home, "SELECT * FROM recording_stage ORDER BY recording_id, stage")
    done = run("demo", home)
    assert done.returncode == 0
    assert "Nothing new" in done.stdout
    assert select(home, "SELECT * FROM recording_stage ORDER BY recording_id, stage") == before


def test_the_instance_keeps_real_events(home: Path) -> None:
    assert any((home / "dagster").rglob("*.db"))
    assert (home / "dagster" / "dagster.yaml").exists()


def state(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All that must not depend on how often the machine died."""
    return {
        "findings": select(home, FINDINGS),
        "runs": select(
            home, "SELECT recording_id, algorithm, version, outcome, findings FROM algorithm_run "
            "ORDER BY recording_id, algorithm"
        ),
        "stages": select(
            home, "SELECT recording_id, stage, state, reason, rows_out FROM recording_stage "
            "ORDER BY recording_id, stage"
        ),
        "members": select(
            home, "SELECT archive_id, path, outcome FROM member ORDER BY archive_id, path"
        ),
        "arrivals": select(home, "SELECT name, archive_id, outcome FROM arrival ORDER BY name"),
    }  # fmt: skip


@pytest.mark.soak
def test_killed_or_not_it_comes_to_the_same_end(home: Path, tmp_path: Path) -> None:
    done = run("demo", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert state(tmp_path) == state(home)


def test_no_recording_and_no_half_file_is_left_where_it_was_killed(home: Path) -> None:
    deps = wiring.dependencies(settings(home))
    assert all(counts.balances for counts in stage_counts(deps.engine, NOON))
    halves = [path for stage in STAGES for path in deps.lake.unfinished_files(stage)]
    done = [path for stage in STAGES for path in deps.lake.files(stage, ".parquet")]
    assert done
    assert not {Path(half).name for half in halves} & {Path(whole).name for whole in done}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """`up` on a free port, with an empty landing folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (tmp_path / "up.log").open("wb") as log:
        process = subprocess.Popen(
            [*COMMAND, "up", "--home", str(tmp_path), "--port", str(port), "--api-port", "0"],
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=os.environ | servers.environment(tmp_path),
        )
    try:
        wait_until(lambda: unless_away(lambda: asked(f"http://127.0.0.1:{port}/server_info")))
        yield tmp_path, port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def asked(url: str) -> Any:
    """The JSON a server answers."""
    with urllib.request.urlopen(url, timeout=30) as response:
        return json.load(response)


def unless_away(request: Callable[[], Any]) -> Any:
    """What a request returns; nothing while the server or the database is not there yet."""
    try:
        return request()
    except (OSError, SQLAlchemyError, DatabaseError):
        return None


def test_a_zip_dropped_into_the_landing_folder_goes_through_to_sql_by_itself(
    served: tuple[Path, int],
) -> None:
    home, port = served
    begun = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    plan = FlightPlan("HB-ZAA", begun, 900, 1, 1, (PlannedEvent("rotor_droop"),))
    made = simulate_flight(plan, generic_layout())
    name = f"HB-ZAA_{begun:%Y%m%dT%H%M%S}Z"
    raw = zipped({f"{name}.rdf": encode(generic_layout(), made.counts)})
    part = home / "landing" / f"{name}.zip.part"
    part.write_bytes(raw)
    part.rename(home / "landing" / f"{name}.zip")
    landed = time.monotonic()
    found = wait_until(lambda: unless_away(lambda: select(home, FINDINGS)), limit_s=600, poll_s=0.5)
    age_s = time.monotonic() - landed
    assert [(row[1], int(row[2])) for row in found] == [("rotor_droop", made.events[0].start_s)]
    query = "{assetNodes{assetKey{path} assetMaterializations(limit:1){partition}}}"
    with signed_in(home, f"http://127.0.0.1:{port}") as ui:
        nodes = ui.post("/graphql", json={"query": query}).json()["data"]["assetNodes"]
    shown = {"/".join(n["assetKey"]["path"]): n["assetMaterializations"] for n in nodes}
    assert shown["ingest/samples"][0]["partition"] == datetime.now(UTC).date().isoformat()
    sys.stderr.write(f"landing to SQL {age_s:.1f} s; promised {LANDING_TO_SQL_S:.0f} s on a laptop")
