"""What ends Spark's jobs, and the retry after it; a session of its own, because some end it."""

import os
import subprocess
import sys

import pytest
from pyspark.sql import SparkSession

from dataflow_health.errors import SparkError
from dataflow_health.stages.spark_faults import java_ended, reason, translate_errors
from dataflow_health_tests.stages import ending_spark

TEXTS = {
    "\nTraceback (most recent call last):\n  File 'x.py', line 1\n    f()\n"
    "dataflow_health.errors.StorageError: file:///lake: No space left\n\tat Java.java": (
        "dataflow_health.errors.StorageError: file:///lake: No space left"
    ),
    "[UNSUPPORTED] no such feature\n at line 1": "[UNSUPPORTED] no such feature",
    "": "EOFError",
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.items())
def test_the_reason_is_the_line_that_names_the_error(text: str, expected: str) -> None:
    assert reason(EOFError(text)) == expected


def test_an_error_of_the_connection_to_java_names_the_job() -> None:
    with (
        pytest.raises(SparkError, match="ingest of today: ConnectionResetError"),
        translate_errors("ingest of today"),
    ):
        raise ConnectionResetError


@pytest.mark.spark
def test_a_fault_of_java_is_its_root_cause(spark: SparkSession) -> None:
    with (
        pytest.raises(SparkError, match=r'reading: .*No FileSystem for scheme "nowhere"'),
        translate_errors("reading"),
    ):
        spark.range(1).write.parquet("nowhere://bucket/table")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (52, "exit code 52: it had too little memory: raise DATAFLOW_HEALTH_SPARK_DRIVER_MEMORY"),
        (53, "exit code 53: Spark's own folder cannot be made: free space"),
        (-9, "ended by SIGKILL, as the system does to what takes too much memory"),
        (-15, "ended by SIGTERM"),
        (1, "exit code 1: its log is spark.log in the home folder"),
    ],
)
def test_the_end_of_java_is_named_by_its_exit_code(code: int, text: str) -> None:
    assert text in java_ended(code)


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Reasons of jobs that ended in some way, each followed by a job that succeeded."""
    home = tmp_path_factory.mktemp("ends")
    full = home / "full"
    full.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", full], capture_output=True, check=False
    )
    disk = str(full) if mounted.returncode == 0 else ""
    try:
        done = subprocess.run(
            [sys.executable, "-m", ending_spark.__name__, home, disk],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | ({"SPARK_LOCAL_DIRS": disk} if disk else {}),
        )
    finally:
        if disk:
            subprocess.run(["umount", "-l", disk], check=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(line.split("\t") for line in done.stdout.splitlines() if "\t" in line)


@pytest.mark.soak
@pytest.mark.spark
@pytest.mark.parametrize(
    ("way", "text"),
    [
        ("worker killed", "Python worker exited unexpectedly"),
        ("worker killed", "was killed, as the system does to what takes too much memory"),
        ("worker without memory", "MemoryError; a Python worker had too little memory"),
        ("Java killed", "Java was ended by SIGKILL, as the system does"),
        ("Java without memory", "too little memory: raise DATAFLOW_HEALTH_SPARK_DRIVER_MEMORY"),
        ("disk full", "No space left on device; free space on the disk"),
        ("disk of the lake full", "StorageError: file:///"),
        ("disk of the lake full", "No space left on device; free space on the disk"),
    ],
)
def test_what_ends_a_job_is_its_reason_and_the_next_job_succeeds(
    ends: dict[str, str], way: str, text: str
) -> None:
    if way not in ends and "disk" in way:
        pytest.skip("this user cannot mount a small disk")
    assert ends[way].startswith("job: ")
    assert text in ends[way]
