import re

from fastapi.testclient import TestClient

from dataflow_health.api import metrics

LINE = re.compile(r'dataflow_health_\w+(\{\w+="[^"\n]*"(,\w+="[^"\n]*")*\})? -?[0-9.e+]+')


def test_every_line_is_of_the_text_format(api: TestClient) -> None:
    answer = api.get("/api/v1/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    for line in answer.text.splitlines():
        assert line.startswith("# ") or LINE.fullmatch(line), line


def test_every_metric_has_one_help_one_type_and_its_samples_together(api: TestClient) -> None:
    api.get("/status")
    names = [
        re.sub(r"_(bucket|sum|count)$", "", re.split(r"[ {]", line.removeprefix("# TYPE "))[0])
        for line in api.get("/api/v1/metrics").text.splitlines()
        if not line.startswith("# HELP")
    ]
    runs = [name for place, name in enumerate(names) if place == 0 or names[place - 1] != name]
    assert len(runs) == len(set(runs))


def test_a_process_has_one_status(api: TestClient) -> None:
    text = api.get("/api/v1/metrics").text
    assert 'process_status{process="parse",status="FAILED"} 1' in text
    assert 'process_status{process="parse",status="HEALTHY"} 0' in text
    assert 'recordings{stage="parse",state="quarantined"} 2' in text
    assert "dataflow_health_ledger_answers 1" in text


def test_labels_are_bounded(api: TestClient) -> None:
    text = api.get("/api/v1/metrics").text
    labels = {name for line in text.splitlines() for name in re.findall(r"(\w+)=\"", line)}
    assert labels <= {"process", "status", "stage", "state", "route", "le"}


def test_a_label_is_escaped() -> None:
    line = metrics._line("checks", {"process": 'a"b\\c\nd'}, 1.0)
    assert line == 'dataflow_health_checks{process="a\\"b\\\\c\\nd"} 1\n'
