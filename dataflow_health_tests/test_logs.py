import json
import logging
from collections.abc import Iterator

import pytest
from loguru import logger

from dataflow_health import logs


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before, level = list(logging.root.handlers), logging.root.level
    yield
    logger.remove()
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
