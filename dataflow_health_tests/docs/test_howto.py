"""The commands of the how-to pages that need no root and no other machine, run as written."""

import contextlib
import io
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import Engine

from benchmarks.waiting import free_port, responds, wait_until
from dataflow_health.storage.sql import database
from dataflow_health_tests.analysed_recordings import analyse, declare
from dataflow_health_tests.storage.ledger.factories import recordings
from dataflow_health_tests.storage.serving import ended
from dataflow_health_tests.written_pages import check_page, environ, make_clone

HOWTO = Path(__file__).parents[2] / "docs/howto"

pytestmark = pytest.mark.server


def check(name: str, folder: Path, variables: Mapping[str, str], moved: Mapping[str, str]) -> str:
    """Runs the commands of a page, whose addresses and folders are moved; returns its text."""
    text = (HOWTO / name).read_text()
    for there, here in moved.items():
        assert there in text
        text = text.replace(there, here)
    (folder / name).write_text(text)
    check_page(folder / name, ["bash", "-c"], folder, environ(80) | dict(variables))
    return text


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    return make_clone(tmp_path)


def test_the_commands_of_write_a_probe(clone: Path) -> None:
    check("write_a_probe.md", clone, {}, {})


def test_the_commands_of_write_an_algorithm(clone: Path) -> None:
    check("write_an_algorithm.md", clone, {}, {})


def new_ledger(clone: Path) -> Engine:
    """The ledger of a home, with no recording."""
    (clone / "home").mkdir()
    engine = database.connect(f"sqlite:///{clone / 'home/ledger.sqlite'}")
    database.upgrade(engine)
    return engine


def test_the_commands_of_upgrade(clone: Path) -> None:
    new_ledger(clone).dispose()
    (clone / "config").mkdir()
    home = {"DATAFLOW_HEALTH_HOME": str(clone / "home")}
    check("upgrade.md", clone, home, {"/etc/dataflow-health/config": "config"})


@pytest.fixture
def served(clone: Path) -> Iterator[tuple[str, str]]:
    """Address of an API with a fleet of one aircraft, and a key that may read."""
    engine = new_ledger(clone)
    analyse(engine, recordings(engine, 1), {"peak": "1"})
    declare(engine, {"peak": "1"})
    engine.dispose()
    variables = environ(80) | {"DATAFLOW_HEALTH_HOME": str(clone / "home")}
    program = [str(Path(sys.executable).with_name("dataflow-health")), "api"]
    words = [*program, "--new-key", "dispatch:read"]
    made = subprocess.run(words, env=variables, capture_output=True, text=True, check=True).stdout
    key, value = (line.rpartition(": ")[2] for line in made.splitlines())
    port = free_port()
    with (clone / "api.log").open("w") as log:
        process = subprocess.Popen(
            [*program, "--port", str(port)],
            env=variables | {"DATAFLOW_HEALTH_API_KEYS": value},
            stdout=log,
            stderr=log,
        )
    url = f"http://localhost:{port}"
    try:
        wait_until(lambda: responds(f"{url}/api/v1/health"), 120)
        yield url, key
    finally:
        ended(process)


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl on this machine")
def test_the_commands_of_connect(
    clone: Path, served: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, key = served
    monkeypatch.setenv("KEY", key)
    variables = {"KEY": key, "DATAFLOW_HEALTH_HOME": str(clone / "home")}
    text = check("connect.md", clone, variables, {"http://localhost:8000": url})
    (code,) = re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    assert printed.getvalue().startswith("False 0.rdf is waiting at load")
