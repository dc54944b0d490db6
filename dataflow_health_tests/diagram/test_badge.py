from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.diagram.badge import draw_badge
from dataflow_health.diagram.palette import PALETTE
from dataflow_health.health.status import Status


@pytest.mark.parametrize("status", Status)
def test_a_badge_shows_name_symbol_and_status(status: Status) -> None:
    root = ET.fromstring(draw_badge("parse", status))
    words = "".join(root.itertext())
    assert "parse" in words
    assert f"{status.symbol} {status}" in words
    assert root.get("aria-label") == f"parse: {status}"
    assert PALETTE[status].fill in draw_badge("parse", status)


@given(st.text(max_size=200))
def test_no_name_becomes_markup(name: str) -> None:
    root = ET.fromstring(draw_badge(name, Status.FAILED))
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags == {"svg", "title", "path", "g", "text"}
    assert int(root.get("width", "0")) < 500
