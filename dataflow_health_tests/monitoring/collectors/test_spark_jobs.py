"""Spark's jobs, stages, executors and workers: at a real Spark, and by answers of then."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dataflow_health.monitoring.collectors import spark_jobs
from dataflow_health.monitoring.collectors.spark_api import Job
from dataflow_health.operations import java_runtime
from dataflow_health_tests.monitoring.collectors import recorded
from dataflow_health_tests.monitoring.collectors.asking import assessed, described
from dataflow_health_tests.monitoring.probes.probing import closed_port
from dataflow_health_tests.storage.serving import ended, free_port
from dataflow_health_tests.waiting import wait_until

PROGRAM = Path(__file__).parent / "spark_application.py"


@contextmanager
def application(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The program on a real Spark, once a job of it has failed; gives the address of its page."""
    port = free_port()
    java = java_runtime.find(os.environ, folder)
    own = {
        "JAVA_HOME": str(java.home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
    }
    out = folder / "out.log"
    with out.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(folder), str(port)],
            env=os.environ | own, cwd=folder, stdin=subprocess.PIPE, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        wait_until(lambda: b"FAILED\n" in out.read_bytes(), limit_s=300, details=out.read_text)
        yield f"http://127.0.0.1:{port}", process
    finally:
        if process.stdin:
            process.stdin.close()
        ended(process)


@pytest.mark.spark
def test_a_real_application_names_its_failed_job_and_its_folders(tmp_path: Path) -> None:
    kept: dict[str, recorded.Answer] = {}
    with application(tmp_path) as (own, process), recorded.passing(own, kept) as url:
        check = {"kind": "spark_jobs", "url": url, "applications": ["lake_export"]}
        found = assessed(check, now=datetime.now(UTC))
        assert found.outcome == "failed"
        assert "failed (copy of the night), stages (1: " in found.detail
        assert "no space left" in found.detail
        later = assessed(check, now=datetime.now(UTC) + timedelta(days=2))
        assert later.outcome == "passed"
        assert "never ended" in assessed(check | {"at_most": "PT1H"}, now=datetime.now(UTC)).detail
        shown = described(check, now=datetime.now(UTC))
        assert shown.components == {"lake_export executor driver": "active"}
        assert shown.workflows[0].tasks[0].kind == "FAILED"
        flights, counts = (f"dataset:file{tmp_path}/{name}" for name in ("flights", "counts"))
        [reader] = [last for first, last in shown.arrows if first == flights and "csv" in last]
        assert (reader, counts) in shown.arrows
        recorded.write("spark", kept, tmp_path)

        assert process.stdin
        process.stdin.write(b"\n")
        process.stdin.flush()
        wait_until(lambda: assessed(check, now=datetime.now(UTC)).outcome == "passed")


def test_an_application_that_never_ran_is_unknown_and_a_closed_page_fails() -> None:
    with recorded.repeating({"GET /api/v1/applications?limit=500": (200, [])}) as url:
        found = assessed({"kind": "spark_jobs", "url": url})
        assert (found.outcome, found.detail) == ("unknown", "no application has run yet")
    gone = assessed({"kind": "spark_jobs", "url": f"http://{closed_port()}"})
    assert gone.outcome == "failed"
    assert gone.detail.startswith("Spark: /api/v1/applications: ConnectError")
    with recorded.repeating({}) as url:
        other = assessed({"kind": "spark_jobs", "url": url})
        assert "an application or history server is needed" in other.detail


def test_a_lost_executor_of_a_running_application_is_named_with_its_reason() -> None:
    at, answers = recorded.read("spark")
    [path] = [key for key in answers if key.endswith("/executors")]
    jobs = path.replace("/executors", "/jobs")
    lost = {
        "id": "3",
        "isActive": False,
        "removeTime": f"{at:%Y-%m-%dT%H:%M:%S.000}GMT",
        "removeReason": "Command exited with code 137",
    }
    given_back = lost | {"id": "4", "removeReason": "Executor killed by driver."}
    answers |= {
        jobs: (200, []),
        path.replace("/executors", "/allexecutors"): (200, [lost, given_back]),
    }
    with recorded.repeating(answers) as url:
        check = {"kind": "spark_jobs", "url": url}
        found = assessed(check, now=at)
        assert found.detail == (
            "lake_export: lost executors (1: 3 Command exited with code 137) <= 0"
        )
        assert assessed(check | {"lost_executors_at_most": 1}, now=at).outcome == "passed"
        assert assessed(check, now=at + timedelta(days=2)).outcome == "passed"


WORKER = {"id": "worker-1", "host": "10.0.0.1", "state": "ALIVE"}
MASTER = {"status": "ALIVE", "workers": [WORKER], "activeapps": [], "completedapps": []}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ""),
        ({"status": "STANDBY"}, "master: STANDBY"),
        (
            {"workers": [WORKER | {"state": "DEAD"}]},
            "living workers (0) >= 1; gone (1: worker-1 DEAD)",
        ),
        (
            {"activeapps": [{"name": "export", "state": "WAITING", "starttime": 0}]},
            "export waits for cores (1 h) <= 10 min",
        ),
        (
            {"completedapps": [{"name": "export", "state": "FAILED", "starttime": 0}]},
            "export: failed",
        ),
        (
            {
                "completedapps": [
                    {"name": "export", "state": "FAILED", "starttime": 0},
                    {"name": "export", "state": "FINISHED", "starttime": 9},
                ]
            },
            "",
        ),
    ],
)  # fmt: skip
def test_a_master_is_alive_with_workers_and_nothing_waits_long(
    change: dict[str, object], reason: str
) -> None:
    with recorded.repeating({"GET /json/": (200, MASTER | change)}) as url:
        check = {"kind": "spark_jobs", "master_url": url}
        found = assessed(check, now=datetime.fromtimestamp(3600, UTC))
        assert found.outcome == ("failed" if reason else "passed")
        assert found.detail == (reason or "living workers (1) >= 1")
        assert described(check).components["master"] == (MASTER | change)["status"]


def test_a_later_job_of_the_same_purpose_makes_a_failed_one_good() -> None:
    def job(number: int, status: str, **named: str) -> Job:
        name = {"name": "count at Export.scala:3"} | named
        return Job.model_validate({"jobId": number, "status": status, **name})

    failed, good = job(1, "FAILED"), job(2, "SUCCEEDED")
    assert spark_jobs.still_failed([failed, good]) == ()
    assert spark_jobs.still_failed([good, job(3, "FAILED"), job(4, "RUNNING")]) == (
        job(3, "FAILED"),
    )
    python = {"name": "parquet at NativeMethodAccessorImpl.java:0"}
    alike = [job(1, "FAILED", **python), job(2, "SUCCEEDED", **python)]
    assert spark_jobs.still_failed(alike) == (alike[0],)
    described_jobs = [
        job(1, "FAILED", **python, description="night"),
        job(2, "SUCCEEDED", **python, description="night"),
    ]
    assert spark_jobs.still_failed(described_jobs) == ()
