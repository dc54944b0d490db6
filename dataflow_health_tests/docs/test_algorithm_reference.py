from pathlib import Path

from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config.catalogue import load
from dataflow_health_tests.flight.algorithms.flights import make_algorithm
from docs.generate import algorithm_reference

PAGE = Path(__file__).parents[2] / "docs" / "algorithms.md"


def test_the_page_says_what_the_files_say() -> None:
    text = PAGE.read_text(encoding="utf-8")
    table = algorithm_reference.with_table(text, load(BUILTIN_FOLDER).algorithms)
    assert text == table, "run `just docs`"


def test_the_hand_written_part_is_kept() -> None:
    page = algorithm_reference.with_table(f"# Mine\n\n{algorithm_reference.MARK}OUTDATED\n", {})
    assert page.startswith(f"# Mine\n\n{algorithm_reference.MARK}\n## Shipped: 0\n")
    assert "OUTDATED" not in page


def test_a_row_tells_the_meaning_in_one_line() -> None:
    algorithm = make_algorithm(
        when="a > 1", lasting="PT2.5S", during=["hover"], describes="One | two\nlines.",
        peak={"of": "b", "take": "max"},
    )  # fmt: skip
    page = algorithm_reference.with_table("", {"x": algorithm})
    assert page.splitlines()[-1] == (
        "| `x` | One \\| two lines. | exceedance; when `a > 1`; peak `of b, take max` "
        "| 2.5 s | hover | warning | None. |"
    )
