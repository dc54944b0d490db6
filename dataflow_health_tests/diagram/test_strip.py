import base64
import re
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.diagram.strip import draw_strip
from dataflow_health.health.report import HealthReport, ProcessHealth
from dataflow_health.health.status import Status, worst
from dataflow_health_tests.diagram import scenes
from dataflow_health_tests.health.factories import NOON

SVG = "{http://www.w3.org/2000/svg}"


def report_of(statuses: list[Status]) -> HealthReport:
    processes = tuple(ProcessHealth(name=f"p{i}", status=s) for i, s in enumerate(statuses))
    return HealthReport(at=NOON, status=worst(statuses), processes=processes)


def picture_in(markdown: str) -> ET.Element:
    found = re.fullmatch(r"!\[[\w ,]+\]\(data:image/svg\+xml;base64,([\w+/=]+)\).*", markdown)
    assert found
    return ET.fromstring(base64.b64decode(found[1]).decode())


def test_every_process_of_the_shipped_pipeline_fits_inline() -> None:
    markdown = draw_strip(scenes.database_down())
    assert len(markdown) < 1000
    assert markdown.startswith("![1 FAILED, 9 BLOCKED, 6 HEALTHY](")
    symbols = "".join(text.text or "" for text in picture_in(markdown).iter(f"{SVG}text"))
    assert sorted(symbols) == sorted("✓" * 6 + "×" + "‖" * 9)  # noqa: RUF001


def test_stages_are_drawn_left_of_external_processes() -> None:
    failed = picture_in(draw_strip(scenes.database_down())).find(f"{SVG}path[@fill='#cf222e']")
    blocked = picture_in(draw_strip(scenes.database_down())).find(f"{SVG}path[@fill='#57606a']")
    assert failed is not None
    assert blocked is not None
    places = [int(re.findall(r"M(\d+)", mark.get("d", ""))[0]) // 20 for mark in (blocked, failed)]
    assert places == [0, 13]


@given(st.lists(st.sampled_from(Status), min_size=1, max_size=90))
def test_a_long_strip_is_cut_and_counts_the_omitted_processes(statuses: list[Status]) -> None:
    markdown = draw_strip(report_of(statuses))
    assert len(markdown) <= 1000
    shown = sum(len(text.text or "") for text in picture_in(markdown).iter(f"{SVG}text"))
    omitted = re.search(r"\(\+(\d+) more\)", markdown)
    assert shown + (int(omitted[1]) if omitted else 0) == len(statuses)


def test_an_empty_report_is_a_word() -> None:
    assert draw_strip(report_of([])) == "? UNKNOWN"
