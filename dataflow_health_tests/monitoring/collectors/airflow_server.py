"""A real Airflow 3 on loopback: API server, scheduler and DAG processor, each a process.

It is not among the dependencies of this project, with many of which its own would clash. Where
``TEST_AIRFLOW`` names an environment that has it, the tests run (docs/howto/outside_systems.md).
"""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from dataflow_health_tests.storage.serving import ended, free_port
from dataflow_health_tests.waiting import wait_until

VARIABLE = "TEST_AIRFLOW"
READER, WRITER, PASSWORD = "reader", "writer", "right-horse-battery"
SLOW_S = 600.0
"""Airflow starts in a minute on a quiet machine."""

DAGS = """
from datetime import datetime
from pathlib import Path

from airflow.sdk import DAG, Asset, task

flights = Asset("file:///lake/flights")
table = Asset("postgres://db.example:5432/fleet/public/finding")
given = {"schedule": None, "start_date": datetime(2026, 1, 1)}
owned = {"owner": "team-data", "retries": 0}

with DAG("lake_export", default_args=owned, description="Exports the lake", tags=["lake"], **given):

    @task(inlets=[table])
    def read():
        return 1

    @task(outlets=[flights])
    def write(rows):
        return rows

    write(read())

with DAG("nightly_copy", default_args=owned, **given):

    @task
    def copy():
        if Path("FLAG").exists():
            raise OSError("no space left on the volume")

    @task
    def report(copied):
        return copied

    report(copy())

with DAG("on_flights", default_args=owned, schedule=[flights], start_date=datetime(2026, 1, 1)):

    @task
    def use():
        return 1

    use()

with DAG("never_run", default_args=owned, **given):

    @task
    def idle():
        return 1

    idle()
"""
UNPARSABLE = "# airflow dag\nimport nothing_of_this_name\n"


class Airflow:
    """A running Airflow; each part is a process that can be killed."""

    def __init__(self, folder: Path) -> None:
        """Nothing runs yet."""
        self.url = f"http://127.0.0.1:{free_port()}"
        self.flag = folder / "volume_is_full"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._folder = folder
        self._program = Path(os.environ[VARIABLE]) / "bin" / "airflow"
        self._token = ""

    def start(self) -> None:
        """Starts all parts and waits until the DAGs are known."""
        (self._folder / "dags").mkdir()
        (self._folder / "dags" / "fleet.py").write_text(DAGS.replace("FLAG", str(self.flag)))
        (self._folder / "dags" / "unparsable.py").write_text(UNPARSABLE)
        passwords = {READER: PASSWORD, WRITER: PASSWORD}
        (self._folder / "passwords.json").write_text(json.dumps(passwords))
        subprocess.run(
            [self._program, "db", "migrate"],
            env=self._environment(),
            check=True,
            capture_output=True,
        )
        for part in ("api-server", "scheduler", "dag-processor"):
            with (self._folder / f"{part}.log").open("wb") as log:
                self.processes[part] = subprocess.Popen(
                    [self._program, part], env=self._environment(), stdout=log, stderr=log
                )
        wait_until(self._answers, limit_s=SLOW_S, poll_s=1, details=self.logs)
        self._token = httpx.post(
            f"{self.url}/auth/token",
            json={"username": WRITER, "password": PASSWORD},
            timeout=SLOW_S,
        ).json()["access_token"]
        wait_until(self._is_parsed, limit_s=SLOW_S, poll_s=1, details=self.logs)

    def kill(self, part: str) -> None:
        """Kills a part as a power cut would."""
        process = self.processes.pop(part)
        process.kill()
        process.wait()

    def stop(self) -> None:
        """Ends all parts."""
        for process in self.processes.values():
            ended(process)

    def ask(self, method: str, path: str, **body: Any) -> Any:
        """An answer of the API to a user that may write."""
        headers = {"Authorization": f"Bearer {self._token}"}
        given = httpx.request(
            method, f"{self.url}/api/v2{path}", headers=headers, json=body or None, timeout=SLOW_S
        )
        given.raise_for_status()
        return given.json()

    def run(self, dag: str) -> str:
        """Switches a DAG on, runs it, and gives the state at its end."""
        self.ask("PATCH", f"/dags/{dag}", is_paused=False)
        self.ask("POST", f"/dags/{dag}/dagRuns", logical_date=None)
        return self.end_of(dag)

    def run_again(self, dag: str) -> str:
        """Clears the newest run of a DAG, and gives the state at its end."""
        [newest] = self.ask("GET", f"/dags/{dag}/dagRuns?order_by=-run_after&limit=1")["dag_runs"]
        run, path = newest["dag_run_id"], f"/dags/{dag}/clearTaskInstances"
        self.ask("POST", path, dry_run=False, dag_run_id=run, only_failed=False)
        return self.end_of(dag)

    def end_of(self, dag: str) -> str:
        """State of the newest run of a DAG once it has ended."""

        def state() -> str:
            runs = self.ask("GET", f"/dags/{dag}/dagRuns?order_by=-run_after&limit=1")["dag_runs"]
            return runs[0]["state"] if runs and runs[0]["state"] in ("success", "failed") else ""

        return wait_until(state, limit_s=SLOW_S, poll_s=1, details=self.logs)

    def logs(self) -> str:
        """The ends of all logs."""
        return "\n".join(
            f"{path.name}: {path.read_text(errors='replace')[-1500:]}"
            for path in sorted(self._folder.glob("*.log"))
        )

    def _answers(self) -> bool:
        try:
            found = httpx.get(f"{self.url}/api/v2/monitor/health", timeout=SLOW_S)
        except httpx.HTTPError:
            return False
        return found.is_success and found.json()["scheduler"]["status"] == "healthy"

    def _is_parsed(self) -> bool:
        return (
            self.ask("GET", "/dags")["total_entries"] == 4
            and self.ask("GET", "/importErrors")["total_entries"] == 1
        )

    def _environment(self) -> dict[str, str]:
        own = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
        return own | {
            "PATH": f"{self._program.parent}:{os.environ['PATH']}",
            "AIRFLOW_HOME": str(self._folder),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(self._folder / "dags"),
            "AIRFLOW__CORE__PARALLELISM": "2",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{READER}:viewer,{WRITER}:admin",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(
                self._folder / "passwords.json"
            ),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": self.url.rpartition(":")[2],
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API__SECRET_KEY": "of-this-test",
            "AIRFLOW__API_AUTH__JWT_SECRET": "of-this-test, long enough for " * 3,
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "3600",
            "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": str(SLOW_S),
        }


@contextmanager
def airflow(folder: Path) -> Iterator[Airflow]:
    """A running Airflow; skips the test where it is not installed."""
    if VARIABLE not in os.environ:
        pytest.skip(f"{VARIABLE} names no environment with Airflow: docs/howto/outside_systems.md")
    running = Airflow(folder)
    try:
        running.start()
        yield running
    finally:
        running.stop()
