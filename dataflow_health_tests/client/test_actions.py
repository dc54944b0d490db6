from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dataflow_health.client import Client
from dataflow_health.clock import utc_now
from dataflow_health.errors import ApiError
from dataflow_health.storage.records import incidents
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.api.conftest import KEYS
from dataflow_health_tests.finding_factories import insert_findings
from dataflow_health_tests.health.incident_factories import make_incident
from dataflow_health_tests.installation import app, filled, recording_id, served, settings

pytestmark = pytest.mark.server


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """An API over two recordings in quarantine and one open incident."""
    chosen = settings(tmp_path, api_keys=KEYS)
    engine = filled(chosen)
    with writing(engine) as connection:
        incidents.save(connection, make_incident(id=0))
    insert_findings(engine, 1)
    engine.dispose()
    with served(app(chosen)) as served_url:
        yield served_url


def test_an_incident_is_acknowledged_muted_unmuted_and_resolved_in_the_name_of_the_key(
    url: str,
) -> None:
    with Client(url, "anna") as client:
        assert client.acknowledge(1, note="mine").acknowledged_by == "anna"
        end = utc_now() + timedelta(hours=1)
        assert client.mute(1, until=end, ticket="https://tickets/1").state == "muted"
        assert client.unmute(1).state != "muted"
        assert client.resolve(1, how="fixed").resolution == "fixed"
        assert [entry.operator for entry in client.audit()] == ["anna"] * 4


def test_items_are_replayed_written_off_rerun_and_rebuilt(url: str) -> None:
    with Client(url, "anna") as client:
        assert client.replay(recording_id(19)[:12], reason="fixed") == 1
        assert client.write_off(recording_id(39)[:12], reason="no way") == 1
        assert client.replay_selection(stage="parse", reason="again") == 0
        assert client.write_off_selection(stage="parse", reason="all") == 0
        assert client.rerun(stage="parse", dry_run=True).dry_run
        assert client.rebuild(recording_id(0), stage="load", reason="test").stages == 1


def test_a_finding_is_judged_as_it_was_read(url: str) -> None:
    with Client(url, "anna") as client:
        finding = client.findings(limit=1).findings[0]
        assert client.judge(finding, state="dismissed", reason="bench run").state == "dismissed"
        assert client.findings(state="dismissed").findings[0].reason == "bench run"


def test_a_key_that_may_only_read_is_refused_in_the_words_of_the_api(url: str) -> None:
    with Client(url, "board") as client, pytest.raises(ApiError, match="operate"):
        client.acknowledge(1)
