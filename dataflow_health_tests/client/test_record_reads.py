from collections.abc import Iterator

import pytest

from dataflow_health.client import Client
from dataflow_health.errors import NotFound
from dataflow_health.settings import Settings
from dataflow_health_tests.installation import NOW, app, recording_id, served

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def client(installation: Settings) -> Iterator[Client]:
    with served(app(installation)) as url, Client(url) as made:
        yield made


def test_rows_of_the_ledger_are_read_as_models(client: Client) -> None:
    assert client.algorithm_runs(tail="HB-Z01", limit=2).total == 15
    assert client.recording_history(recording_id(19)[:8]).stages[-1].reason == "no_sync"
    assert client.ledger_balance().is_balanced
    assert [item.reason for item in client.quarantine(stage="parse")] == ["no_sync"] * 2
    assert client.quarantine(written_off=True) == ()
    assert client.owed_work().at is not None
    assert client.owed_recordings(limit=3).limit == 3
    assert client.audit(action="rerun") == ()
    assert client.incidents(state="all") == ()


def test_findings_are_selected_by_time_and_by_the_other_filters(client: Client) -> None:
    found = client.findings(limit=2)
    assert len(found.findings) == min(found.total, 2)
    assert client.findings(from_at=NOW, tail="HB-Z01").total == 0


def test_what_is_declared_is_searched_and_followed(client: Client) -> None:
    assert client.vocabulary("rotor speed", limit=1)[0].name.startswith("rotor_speed")
    assert client.impact("rotor_speed_low").kind == "algorithm"
    assert client.lineage("algorithm:rotor_speed_low", depth=1).nodes
    way = client.lineage_path("algorithm:rotor_speed_low", "column:rotor_speed_pct")
    assert way.nodes == ("column:rotor_speed_pct", "algorithm:rotor_speed_low")


def test_an_unknown_row_is_not_found(client: Client) -> None:
    for read in (
        lambda: client.incident(7),
        lambda: client.quarantined("0" * 64),
        lambda: client.impact("nothing"),
        lambda: client.parameters("0" * 64),
        lambda: client.series("0" * 64, "x"),
    ):
        with pytest.raises(NotFound):
            read()
