import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient

from dataflow_health.diagram import mermaid
from dataflow_health.settings import Settings
from dataflow_health_tests import installation as scene


def test_the_diagram_is_mermaid_text_that_marks_the_failed_process(api: TestClient) -> None:
    response = api.get("/diagram")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert "flowchart TB" in response.text
    assert "class p_parse,c_parse__frames_in_sync" in response.text
    assert 'click p_parse href "http://localhost:3000/assets/parse/parameters"' in response.text


def test_the_direction_can_be_chosen(api: TestClient) -> None:
    assert "flowchart LR" in api.get("/diagram", params={"direction": "LR"}).text
    assert api.get("/diagram", params={"direction": "up"}).status_code == 422


def test_the_svg_is_well_formed_and_may_not_run_scripts(api: TestClient) -> None:
    response = api.get("/diagram/svg")
    assert response.headers["content-type"] == "image/svg+xml"
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert ElementTree.fromstring(response.text).tag.endswith("svg")
    assert "parse" in response.text


@pytest.mark.slow
def test_the_png_is_a_png_file(api: TestClient) -> None:
    assert api.get("/api/v1/diagram/png").content.startswith(b"\x89PNG\r\n")


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_without_the_renderer_the_error_names_the_extra_to_install(
    installation: Settings, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setitem(sys.modules, "mermaid_render", None)
    from dataflow_health.diagram import render

    render.svg.cache_clear()
    response = scene.client(installation).get(f"/api/v1/diagram/{kind}")
    assert response.status_code == 501
    assert "dataflow-health[svg]" in response.json()["error"]["message"]


def test_markup_in_the_operators_yaml_stays_text(tmp_path: Path) -> None:
    own = tmp_path / "own" / "processes"
    own.mkdir(parents=True)
    (own / "link.yaml").write_text(
        "describes: '</text><script>alert(1)</script>'\nexternal: true\n"
        "group: '\"]; click x call alert(1)'\n"
    )
    client = scene.client(scene.settings(tmp_path, config=str(tmp_path / "own")))
    picture = client.get("/diagram/svg").text
    assert "<script" not in picture


@pytest.mark.slow
def test_with_every_check_drawn_the_text_fits_a_viewer_and_is_rendered(api: TestClient) -> None:
    text = api.get("/diagram", params={"expand": True}).text
    assert 20_000 < len(text) <= mermaid.MAX_TEXT
    assert "click c_parse__work_moves href " in text
    assert api.get("/diagram/svg", params={"expand": True}).status_code == 200
