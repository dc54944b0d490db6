from pathlib import Path

import pytest

from dataflow_health.client import ApiError, Client, NotFound
from dataflow_health.storage.records import incidents
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.api.conftest import KEYS
from dataflow_health_tests.health.incident_factories import make_incident
from dataflow_health_tests.installation import app, filled, recording_id, served, settings

pytestmark = pytest.mark.server


def test_annotations_are_written_and_read_over_http(tmp_path: Path) -> None:
    chosen = settings(tmp_path, api_keys=KEYS)
    engine = filled(chosen)
    with writing(engine) as connection:
        incidents.save(connection, make_incident(id=0))
    engine.dispose()
    with served(app(chosen)) as url, Client(url, "anna") as client:
        added = client.annotate_recording(recording_id(0), "gust", start_s=3, end_s=4)
        assert (added.author, added.tail) == ("anna", "HB-Z00")
        assert client.annotate_process("parse", "new disk").process == "parse"
        assert client.annotate_incident(1, "seen").incident == 1
        assert client.edit_annotation(added.id, "a gust").text == "a gust"
        assert [each.id for each in client.annotations(recording=recording_id(0))] == [added.id]
        assert client.delete_annotation(added.id).text == "a gust"
        with pytest.raises(NotFound):
            client.delete_annotation(added.id)
        with Client(url, "board") as reader, pytest.raises(ApiError, match="operate"):
            reader.annotate_process("parse", "x")
        assert len(client.annotations()) == 2
