import os
from pathlib import Path

import pytest

from dataflow_health.errors import NotAllowed, NotFound
from dataflow_health.operations import home_claim, service_control
from dataflow_health.operations.service_control import ControlFolder, Request
from dataflow_health_tests.operations.running_services import running_services

pytestmark = pytest.mark.server
LIMIT_S = 60


def test_a_program_is_stopped_started_and_restarted_and_the_others_are_left_alone(
    tmp_path: Path,
) -> None:
    with running_services(tmp_path):
        before = service_control.read(tmp_path)
        assert before is not None
        stopped = service_control.ask(tmp_path, Request("daemon", "stop"), LIMIT_S)
        assert (stopped.state, stopped.pid, stopped.failures) == ("stopped", None, 0)
        started = service_control.ask(tmp_path, Request("daemon", "start"), LIMIT_S)
        assert (started.state, started.failures) == ("running", 0)
        again = service_control.ask(tmp_path, Request("daemon", "start"), LIMIT_S)
        assert again.pid == started.pid
        other = service_control.ask(tmp_path, Request("daemon", "restart"), LIMIT_S)
        assert other.pid != started.pid
        after = service_control.read(tmp_path)
        assert after is not None
        assert after.find("api") == before.find("api")
        with pytest.raises(NotFound, match="runs no ui"):
            service_control.ask(tmp_path, Request("ui", "stop"), LIMIT_S)


def test_without_an_up_there_is_no_state_and_nothing_to_ask(tmp_path: Path) -> None:
    assert service_control.read(tmp_path) is None
    with home_claim.claim(tmp_path):
        ControlFolder(tmp_path, {}).publish([])
    assert service_control.read(tmp_path) is None, "a dead up leaves its files behind"
    with pytest.raises(NotFound, match="service start"):
        service_control.ask(tmp_path, Request("api", "stop"), LIMIT_S)
    service_control.wait_until_ended(tmp_path, 0)


def test_an_up_that_has_only_begun_has_no_services_yet(tmp_path: Path) -> None:
    with home_claim.claim(tmp_path):
        state = service_control.read(tmp_path)
        assert state is not None
        assert (state.pid, state.services) == (os.getpid(), ())
        with pytest.raises(NotAllowed, match="did not end within 0 s"):
            service_control.wait_until_ended(tmp_path, 0)


def test_a_request_to_an_earlier_up_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "service_requests").mkdir()
    (tmp_path / "service_requests" / "api").write_text("stop")
    assert list(ControlFolder(tmp_path, {}).requests()) == []
