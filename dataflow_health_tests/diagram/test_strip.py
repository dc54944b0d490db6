"""The strip that Dagster's UI shows inline."""

import base64
import re
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.diagram.strip import strip
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


def test_the_shipped_pipeline_fits_inline_with_every_process_on_it() -> None:
    markdown = strip(scenes.database_down())
    assert len(markdown) < 1000
    assert markdown.startswith("![1 FAILED, 9 BLOCKED, 5 HEALTHY](")
    symbols = "".join(text.text or "" for text in picture_in(markdown).iter(f"{SVG}text"))
    assert sorted(symbols) == sorted("✓" * 5 + "×" + "‖" * 9)  # noqa: RUF001


def test_stages_stand_left_and_external_processes_right() -> None:
    failed = picture_in(strip(scenes.database_down())).find(f"{SVG}path[@fill='#cf222e']")
    blocked = picture_in(strip(scenes.database_down())).find(f"{SVG}path[@fill='#57606a']")
    assert failed is not None
    assert blocked is not None
    places = [int(re.findall(r"M(\d+)", mark.get("d", ""))[0]) // 20 for mark in (blocked, failed)]
    assert places == [0, 12]


@given(st.lists(st.sampled_from(Status), min_size=1, max_size=90))
def test_it_never_passes_the_limit_and_counts_what_it_leaves_out(statuses: list[Status]) -> None:
    markdown = strip(report_of(statuses))
    assert len(markdown) <= 1000
    shown = sum(len(text.text or "") for text in picture_in(markdown).iter(f"{SVG}text"))
    left_out = re.search(r"\(\+(\d+) more\)", markdown)
    assert shown + (int(left_out[1]) if left_out else 0) == len(statuses)


def test_of_nothing_it_is_a_word() -> None:
    assert strip(report_of([])) == "? UNKNOWN"
