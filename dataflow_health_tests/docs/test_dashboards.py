import json
from pathlib import Path

import pytest

from docs.generate import dashboards


@pytest.mark.parametrize("name", dashboards.DASHBOARDS)
def test_a_dashboard_is_what_its_panels_give(name: str, tmp_path: Path) -> None:
    dashboards.write(tmp_path)
    written = (tmp_path / f"{name}.json").read_text()
    hint = "python -m docs.generate.dashboards"
    assert (dashboards.FOLDER / f"{name}.json").read_text() == written, hint


@pytest.mark.parametrize("name", dashboards.DASHBOARDS)
def test_no_panel_lies_over_another_or_beside_the_page(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads((dashboards.FOLDER / f"{name}.json").read_text())["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells
