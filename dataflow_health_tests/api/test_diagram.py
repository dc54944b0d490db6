import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient

from dataflow_health.settings import Settings
from dataflow_health_tests import installation as scene


def test_the_diagram_is_text_that_is_red_where_the_report_is(api: TestClient) -> None:
    answer = api.get("/diagram")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "flowchart TB" in answer.text
    assert "class p_parse,c_parse__frames_in_sync" in answer.text
    assert 'click p_parse href "http://localhost:3000/assets/parse/parameters"' in answer.text


def test_the_diagram_goes_the_way_it_is_asked_to(api: TestClient) -> None:
    assert "flowchart LR" in api.get("/diagram", params={"direction": "LR"}).text
    assert api.get("/diagram", params={"direction": "up"}).status_code == 422


def test_the_svg_is_whole_and_may_run_nothing(api: TestClient) -> None:
    answer = api.get("/diagram/svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert ElementTree.fromstring(answer.text).tag.endswith("svg")
    assert "parse" in answer.text


def test_the_png_is_one(api: TestClient) -> None:
    assert api.get("/api/v1/diagram/png").content.startswith(b"\x89PNG\r\n")


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_without_the_renderer_it_says_what_to_install(
    installation: Settings, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setitem(sys.modules, "mermaid_render", None)
    from dataflow_health.diagram import render

    render.svg.cache_clear()
    answer = scene.client(installation).get(f"/api/v1/diagram/{kind}")
    assert answer.status_code == 501
    assert "dataflow-health[svg]" in answer.json()["error"]["message"]


def test_a_hostile_name_of_the_operators_own_stays_text(tmp_path: Path) -> None:
    own = tmp_path / "own" / "processes"
    own.mkdir(parents=True)
    (own / "link.yaml").write_text(
        "describes: '</text><script>alert(1)</script>'\nexternal: true\n"
        "group: '\"]; click x call alert(1)'\n"
    )
    client = scene.client(scene.settings(tmp_path, config=str(tmp_path / "own")))
    drawn = client.get("/diagram/svg").text
    assert "<script" not in drawn
