import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from loguru import logger

from dataflow_health import logs
from dataflow_health.operations import dagster_home
from dataflow_health_tests import installation


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before, level = list(logging.root.handlers), logging.root.level
    yield
    logger.remove()
    logs._setup.clear()
    logging.root.handlers[:] = before
    logging.root.setLevel(level)


def test_lines_below_the_level_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("WARNING")
    logger.info("quiet")
    logger.warning("loud")
    lines = capsys.readouterr().err
    assert "loud" in lines
    assert "quiet" not in lines


def test_lines_of_the_standard_library_are_written_too(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO", as_json=True)
    logging.getLogger("somewhere").warning("from %s", "logging")
    line = capsys.readouterr().err
    assert '"message": "from logging"' in line


@pytest.mark.parametrize("as_json", [False, True])
def test_no_secret_reaches_the_log(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    monkeypatch.setenv("STATION_TOKEN", "tok3n-value")
    logs.configure("INFO", as_json=as_json)
    logger.bind(url="https://h/?password=s3cret").info('["sftp://u:s3@cret@h","tok3n-value"]')
    logger.opt(exception=ValueError("postgresql://u:s3cret@h/x")).error("failed")
    lines = capsys.readouterr().err
    assert "failed" in lines
    assert not [secret for secret in ("s3cret", "s3@", "cret@", "tok3n") if secret in lines]
    if as_json:
        assert len([json.loads(line) for line in lines.splitlines()]) == 2


def test_workers_log_as_the_process_that_sent_them_and_name_the_work(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def double(number: int) -> Iterator[int]:
        logger.info("doubles {}", number)
        yield 2 * number

    logs.configure("INFO", as_json=True)
    process = logs.WorkerFunction(double, {"stage": "analyse", "run": "r1"})
    logs.configure("ERROR")  # as a worker begins: otherwise set up
    assert list(process(4)) == [8]
    record = json.loads(capsys.readouterr().err)["record"]
    assert record["message"] == "doubles 4"
    assert record["extra"] == {"stage": "analyse", "run": "r1"}


@pytest.mark.server
@pytest.mark.slow
def test_what_dagster_loads_writes_json_if_the_settings_say_so(tmp_path: Path) -> None:
    program = (
        "from dataflow_health.definitions import pipeline; pipeline();"
        "import logging; logging.getLogger('x').warning('from logging')"
    )
    given = {"DATAFLOW_HEALTH_HOME": str(tmp_path), "DATAFLOW_HEALTH_LOG_FORMAT": "json"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], env=os.environ | given,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    records = [json.loads(line)["record"]["message"] for line in done.stderr.splitlines()]
    assert records[-1] == "from logging"


@pytest.mark.server
@pytest.mark.slow
def test_a_run_in_a_process_of_its_own_writes_json_with_its_id(tmp_path: Path) -> None:
    chosen = installation.settings(tmp_path)
    dagster_home.prepare(chosen)
    given = {
        "DATAFLOW_HEALTH_HOME": str(tmp_path), "DATAFLOW_HEALTH_LOG_FORMAT": "json",
        "DATAFLOW_HEALTH_LOG_LEVEL": "DEBUG", "DAGSTER_HOME": str(chosen.dagster_home),
    }  # fmt: skip
    words = ["job", "execute", "-m", "dataflow_health.definitions", "-j", "recount"]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "dagster", *words], env=os.environ | given,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    records = [json.loads(line)["record"] for line in done.stderr.splitlines()]
    runs = {record["extra"]["run"] for record in records if "RUN_SUCCESS" in record["message"]}
    assert len(runs) == 1
    steps = {record["extra"].get("step") for record in records if "STEP_" in record["message"]}
    assert len(steps) == 1
