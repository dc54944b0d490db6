import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from dataflow_health.errors import NotAllowed
from dataflow_health.operations import home_claim

SLEEP = [sys.executable, "-c", "print(flush=True); import time; time.sleep(600)"]


def test_a_second_up_of_one_home_is_refused_with_the_process_of_the_first(tmp_path: Path) -> None:
    with home_claim.claim(tmp_path):
        with pytest.raises(NotAllowed, match=f"process {os.getpid()}"), home_claim.claim(tmp_path):
            pass
        other = tmp_path / "other"
        other.mkdir()
        with home_claim.claim(other):
            pass
    with home_claim.claim(tmp_path):
        pass


@contextmanager
def process_of(home: Path) -> Iterator[psutil.Process]:
    environ = {**os.environ, home_claim.MARK: str(home)}
    with subprocess.Popen(SLEEP, env=environ, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield psutil.Process(process.pid)
        finally:
            process.kill()


@pytest.mark.server
def test_what_a_dead_up_left_behind_in_this_home_is_ended(tmp_path: Path) -> None:
    with process_of(tmp_path) as left, process_of(tmp_path / "other") as other:
        assert home_claim.end_leftovers(tmp_path) == 1
        assert not left.is_running()
        assert other.is_running()


def test_a_free_port_of_an_address_of_version_6_is_accepted() -> None:
    home_claim.check_port("::1", 0, "--port")
    with pytest.raises(NotAllowed, match=r"cannot listen on no\.such\.name\.invalid"):
        home_claim.check_port("no.such.name.invalid", 0, "--port")


def test_a_port_in_use_is_refused_with_the_option_that_changes_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(NotAllowed, match=rf"127\.0\.0\.1:{port}.*--api-port"):
            home_claim.check_port("127.0.0.1", port, "--api-port")
    home_claim.check_port("127.0.0.1", port, "--api-port")
