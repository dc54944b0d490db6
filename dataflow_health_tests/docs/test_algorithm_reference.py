from pathlib import Path

from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config.catalogue import load
from dataflow_health_tests.flight.algorithms.flights import make_algorithm
from docs.generate import algorithm_reference

PAGE = Path(__file__).parents[2] / "docs" / "algorithms.md"


def test_the_page_is_up_to_date() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == algorithm_reference.update(text, load(BUILTIN_FOLDER).algorithms), (
        "run `just docs`"
    )


def test_a_row_shows_kind_and_settings_on_one_line() -> None:
    algorithm = make_algorithm(
        when="a > 1", lasting="PT2.5S", during=["hover"], describes="One | two\nlines.",
        peak={"of": "b", "take": "max"},
    )  # fmt: skip
    page = algorithm_reference.update("", {"x": algorithm})
    assert "## Shipped: 1" in page
    assert page.splitlines()[-1] == (
        "| `x` | One \\| two lines. | exceedance; when `a > 1`; peak `of b, take max` "
        "| 2.5 s | hover | warning | None. |"
    )
