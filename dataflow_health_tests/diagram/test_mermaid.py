import os
import random
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.diagram import mermaid
from dataflow_health.diagram.mermaid import draw
from dataflow_health.health.evaluate import evaluate
from dataflow_health.health.report import HealthReport
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health_tests.diagram import scenes
from dataflow_health_tests.health.factories import NOON, make_observation

GOLDEN = Path(__file__).parents[1] / "golden"
UI = "http://localhost:3000"
SCENES: dict[str, Callable[[], HealthReport]] = {
    "healthy": scenes.healthy_except,
    "one_bad_recording": scenes.one_bad_recording,
    "database_down": scenes.database_down,
    "stale_and_warning": scenes.stale_and_warning,
    "never_run": scenes.never_run,
}


def agrees_with(golden: Path, text: str) -> bool:
    """Whether a golden file has this text; WRITE_GOLDEN writes it first."""
    if os.environ.get("WRITE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    return golden.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_matches_its_golden_file(scene: str) -> None:
    assert agrees_with(GOLDEN / f"{scene}.mmd", draw(SCENES[scene](), base_url=UI))


def test_an_algorithm_links_to_its_own_asset() -> None:
    text = draw(scenes.healthy_except(), expand=True, base_url="http://localhost:3000")
    assert 'href "http://localhost:3000/assets/analyse/hard_landing"' in text


def test_the_links_of_healthy_algorithms_are_left_out_when_the_text_would_be_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed = make_observation("analyse", "finding_rate_in_band", "failed", part="torque_split")
    report = scenes.healthy_except(failed)
    whole = draw(report, expand=True, base_url=UI)
    monkeypatch.setattr(mermaid, "MAX_TEXT", len(whole) - 1)
    without_tooltips = draw(report, expand=True, base_url=UI)
    assert without_tooltips.count("  click ") == whole.count("  click ")
    monkeypatch.setattr(mermaid, "MAX_TEXT", len(without_tooltips) - 100)
    shortened = draw(report, expand=True, base_url=UI)
    assert len(without_tooltips) - 300 < len(shortened) <= len(without_tooltips) - 100
    assert "  click a_analyse__torque_split href" in shortened
    assert "  click a_analyse__rotor_droop href" not in shortened
    assert "  click c_load__ledger href" in shortened


def test_an_expanded_diagram_draws_everything_separately() -> None:
    text = draw(scenes.database_down(), expand=True, direction="LR")
    assert agrees_with(GOLDEN / "expanded.mmd", text)


def test_the_same_observations_in_any_order_give_the_same_text() -> None:
    observations = scenes.healthy_observations()
    texts = set()
    for seed in range(5):
        random.Random(seed).shuffle(observations)
        texts.add(draw(evaluate(scenes.pipeline(), observations, NOON)))
    assert len(texts) == 1


def test_only_the_cause_is_drawn_as_failed() -> None:
    text = draw(scenes.database_down())
    [failed] = re.findall(r"^  class (.*) failed$", text, re.MULTILINE)
    [blocked] = re.findall(r"^  class (.*) blocked$", text, re.MULTILINE)
    assert set(failed.split(",")) == {
        "p_results_database", "c_results_database__database_answers",
    }  # fmt: skip
    waiting = {"c_load__step", "p_overview", *(f"p_{stage}" for stage in STAGES)}
    assert set(blocked.split(",")) == waiting
    assert "waits for results_database#59; 5 recordings held up" in text
    assert "p_results_database --x p_download" in text


def test_a_check_is_drawn_between_a_stage_and_the_next() -> None:
    text = draw(scenes.one_bad_recording())
    assert "  p_parse -.-> c_parse__frames_in_sync\n" in text
    assert "  c_parse__frames_in_sync -.-> p_compress\n" in text
    assert "  p_parse --> p_compress\n" in text


def test_passing_checks_are_folded_into_a_count() -> None:
    text = draw(scenes.one_bad_recording())
    assert '{{"<b>#10003; 9 of 11 checks pass</b>"}}' in text
    assert "parameters_live" not in text
    assert "parameters_live" in draw(scenes.one_bad_recording(), expand=True)


def test_many_parts_are_folded_into_one_node() -> None:
    report = scenes.healthy_except()
    assert '(["<b>5 parts</b><br/>5 HEALTHY"])' in draw(report, fold_above=4)
    assert '(["<b>#10003; rotor_droop</b><br/>HEALTHY"])' in draw(report, fold_above=5)


def test_an_external_process_points_to_its_first_dependants_unless_expanded() -> None:
    report = scenes.healthy_except()
    assert draw(report).count("  p_lake_disk --> ") == 1
    assert draw(report, expand=True).count("  p_lake_disk --> ") == 6


def test_a_stale_node_has_a_dashed_border() -> None:
    text = draw(scenes.stale_and_warning())
    assert re.search(r"classDef stale .*stroke-dasharray", text)
    assert re.search(r"^  class .*p_store.* stale$", text, re.MULTILINE)


def test_nodes_link_to_the_asset_and_the_check_in_the_ui() -> None:
    text = draw(
        scenes.one_bad_recording(), base_url=f"{UI}/", asset_keys={"parse": "parse/parameters"}
    )
    page = f"{UI}/assets/parse/parameters"
    assert f'click p_parse href "{page}" "Decodes' in text
    assert f'"{page}?view=checks&checkDetail=frames_in_sync"' in text
    assert "checkDetail=ledger" not in text
    assert "click" not in draw(scenes.one_bad_recording())


def test_the_title_states_the_age_of_an_old_report() -> None:
    text = draw(scenes.healthy_except(), title="Fleet", now=NOON + timedelta(minutes=7, seconds=5))
    assert 'title: "Fleet at 2026-11-20 12:00:00Z (7 min old): HEALTHY"' in text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "localhost:3000", "", "http://"])
def test_a_base_url_that_is_not_http_is_rejected(url: str) -> None:
    with pytest.raises(ValueError, match="is not an http or https URL"):
        draw(scenes.healthy_except(), base_url=url)


def test_an_unknown_direction_is_rejected() -> None:
    with pytest.raises(ValueError, match="allowed: TB, LR"):
        draw(scenes.healthy_except(), direction="%%{init}%%")


ID = r"[pcan]x?_\w+"
LABEL = r'[^"<>`{}\\]*'
PLAIN = r'[^"<>`#;{}\\]*'
URL = r"http://localhost:3000/assets/[\w%/.?=&~+-]*"
SHAPES = r"\[\[ \]\]|\{\{ \}\}|\(\[ \]\)|\[ \]"
BOXES = "|".join(
    f'{opening}"<b>{LABEL}</b>(<br/>{LABEL})*"{closing}'
    for opening, closing in (shape.split(" ") for shape in SHAPES.split("|"))
)
LINE = re.compile(
    "|".join(
        (
            rf'---|title: "{PLAIN}"|flowchart (TB|LR)|  acc(Title|Descr): {PLAIN}',
            rf'  subgraph gx?_\w+\["{LABEL}"\]|  end',
            rf" {{2,4}}{ID}({BOXES})",
            rf"  {ID} (-->|--x|-\.->|---) {ID}",
            r"  classDef \w+ [\w:#, -]+|  class [\w,]+ \w+",
            rf'  click {ID} href "{URL}" "{PLAIN}" _blank',
        )
    )
)
"""Every valid line of a diagram."""


def is_well_formed(text: str) -> bool:
    """Whether every line is valid and every # starts a number entity or a colour."""
    invalid_lines = [line for line in text.splitlines() if not LINE.fullmatch(line)]
    entities = re.sub(r"#\d+;|#[0-9a-f]{6}", "", text)
    return not invalid_lines and "#" not in entities and "%%" not in text and "$$" not in text


def test_a_hostile_name_is_not_taken_for_syntax() -> None:
    text = draw(scenes.hostile(), title=scenes.HOSTILE, base_url=UI)
    assert is_well_formed(text)


@given(st.text(max_size=80), st.booleans())
def test_no_text_is_taken_for_syntax(given_text: str, expand: bool) -> None:
    text = draw(scenes.hostile(given_text), title=given_text, base_url=UI, expand=expand)
    assert is_well_formed(text)


@given(st.lists(st.text(max_size=6), min_size=2, max_size=2, unique=True))
def test_two_names_never_share_a_node(names: list[str]) -> None:
    first, second = (draw(scenes.hostile(name)) for name in names)
    ids = [re.search(r"(px?_\w+) --x", text) for text in (first, second)]
    assert ids[0]
    assert ids[1]
    assert ids[0][1] != ids[1][1]
