"""The archive of Spark's classes, made and used by a real Java, each time in a new process."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from dataflow_health.operations import class_archive_maker
from dataflow_health.settings import PREFIX, Settings

pytestmark = [pytest.mark.spark, pytest.mark.slow]

START = """
from pathlib import Path
from pyspark import SparkContext
from dataflow_health import settings
from dataflow_health.operations import spark_session
from dataflow_health.stages import spark_tasks

session = spark_session.start(settings.load())
spark_tasks.warm_up(session)
mapped = Path(f"/proc/{SparkContext._gateway.proc.pid}/maps").read_text()
print(".jsa" in mapped.replace("classes.jsa", "").replace("classes_nocoops.jsa", ""))
spark_session.end(session)
"""


def _run(home: Path, words: Sequence[str]) -> str:
    environ = os.environ | {f"{PREFIX}HOME": str(home)}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=home,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As the program makes it; its home has a blank in its name."""
    home = tmp_path_factory.mktemp("my home")
    assert class_archive_maker.is_wanted(Settings(home=home))
    assert _run(home, ["-m", "dataflow_health.cli.class_archive"]) == ""
    assert not class_archive_maker.is_wanted(Settings(home=home))
    assert _run(home, ["-m", "dataflow_health.cli.class_archive"]) == ""  # has nothing to do
    [made] = (home / "java").glob("spark-classes-*")
    if made.stat().st_size == 0:
        pytest.skip("this Java can write no archive")
    return made


def _home_with(archive: Path, home: Path, name: str = "") -> Path:
    (home / "java").mkdir(parents=True)
    return Path(shutil.copyfile(archive, home / "java" / (name or archive.name)))


def test_java_starts_from_the_archive_and_prints_nothing_of_it(archive: Path) -> None:
    assert _run(archive.parents[1], ["-c", START]) == "True\n"


def test_java_does_without_an_archive_that_is_damaged(archive: Path, tmp_path: Path) -> None:
    damaged = _home_with(archive, tmp_path / "home")
    with damaged.open("r+b") as file:
        for place in range(1 << 20, archive.stat().st_size, 1 << 20):
            file.seek(place)
            file.write(b"damage")
    assert _run(tmp_path / "home", ["-c", START]) == "False\n"


def test_an_archive_with_which_java_does_not_start_is_given_up(
    archive: Path, tmp_path: Path
) -> None:
    half = archive.stat().st_size // 2
    named = archive.name.replace(f"-{archive.stat().st_size}.", f"-{half}.")
    os.truncate(_home_with(archive, tmp_path / "home", named), half)
    printed = _run(tmp_path / "home", ["-c", START])
    assert "False\n" in printed
    assert "it is no longer used" in printed
    assert list((tmp_path / "home" / "java").glob("java-crash-*.log"))
    [left] = (tmp_path / "home" / "java").glob("spark-classes-*")
    assert left.stat().st_size == 0
    assert not class_archive_maker.is_wanted(Settings(home=tmp_path / "home"))
    assert _run(tmp_path / "home", ["-c", START]) == "False\n"


def test_with_a_cluster_no_archive_is_wanted(tmp_path: Path) -> None:
    assert not class_archive_maker.is_wanted(Settings(home=tmp_path, spark_master="spark://a:1"))
