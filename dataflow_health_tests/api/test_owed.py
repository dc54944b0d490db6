from pathlib import Path

from dataflow_health_tests import installation
from dataflow_health_tests.analysed_recordings import declare
from dataflow_health_tests.factories import NOON


def test_owed_answers_are_listed_by_algorithm_and_day(tmp_path: Path) -> None:
    settings = installation.settings(tmp_path)
    engine = installation.filled(settings)
    client = installation.client(settings)
    assert client.get("/api/v1/owed").json()["data"]["algorithms"] == []
    declare(engine, {"brand_new": "1"}, NOON)
    [algorithm] = client.get("/api/v1/owed").json()["data"]["algorithms"]
    assert (algorithm["algorithm"], algorithm["answers"]) == ("brand_new", 38)
    assert len(algorithm["days"]) == 4
    path = "/api/v1/owed/recordings?algorithm=brand_new&limit=5"
    assert client.get(path.replace("brand", "bland")).status_code == 404
    page = client.get(path).json()["data"]
    assert [each["algorithms"] for each in page["recordings"]] == [["brand_new"]] * 5
    days = [each["arrival_day"] for each in page["recordings"]]
    assert days == sorted(days, reverse=True)
