from collections.abc import Iterator
from datetime import timedelta

import pytest

from dataflow_health.client import Client
from dataflow_health.errors import ApiError, NotFound
from dataflow_health.health.status import Status
from dataflow_health.settings import Settings
from dataflow_health_tests.installation import NOW, app, monitor, recording_id, served

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def client(installation: Settings) -> Iterator[Client]:
    with served(app(installation)) as url, Client(url) as made:
        yield made


def test_every_response_is_read_as_the_model_that_was_sent(
    client: Client, installation: Settings
) -> None:
    local = monitor(installation).snapshot().report
    status = client.status()
    assert [each.name for each in status.causes] == ["parse"]
    assert status.find("parse") == local.find("parse")
    assert client.process("parse") == local.find("parse")
    assert client.explain_process("parse").evidence == local.find("parse").evidence
    assert client.explain_pipeline().causes == (client.explain_process("parse"),)
    assert client.fleet_health(30).aircraft[0].status is Status.FAILED
    assert not client.aircraft_readiness("HB-Z03").ready
    assert client.algorithm_runs(tail="HB-Z01", limit=2).total == 15
    assert client.recording_history(recording_id(19)[:8]).stages[-1].reason == "no_sync"
    assert client.ledger_balance().is_balanced
    assert "flowchart" in client.diagram(expand=True)
    assert client.diagram_svg().startswith("<svg")
    assert client.status_diff(NOW - timedelta(days=1), NOW - timedelta(hours=23)).changes == ()
    assert client.status(NOW - timedelta(days=1)).status is Status.UNKNOWN


@pytest.mark.parametrize("name", ["nothing", "../health", "a/b", "?", ""])
def test_an_unknown_name_is_not_found_or_refused(client: Client, name: str) -> None:
    with pytest.raises((NotFound, ApiError)):
        client.explain_process(name) if name else client.recording_history("0" * 64)
