from pathlib import Path

from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config.catalogue import load
from dataflow_health.flight.vocabulary import Vocabulary
from docs.generate.vocabulary_reference import update

PAGE = Path(__file__).parents[2] / "docs" / "vocabulary.md"


def test_the_page_is_up_to_date():
    text = PAGE.read_text(encoding="utf-8")
    assert text == update(text, load(BUILTIN_FOLDER).vocabulary), "run `just docs`"


def test_a_row_shows_numbers_range_states_and_synonyms():
    term = {"describes": "Chip.", "numbers": [1, 2], "plausible_range": [0, 1],
            "states": {0: "clear", 1: "chip"}, "synonyms": ["CHIP{n}", "metal"]}  # fmt: skip
    page = update("", {"a": Vocabulary(describes="Chips.", terms={"chip_{n}": term})})
    assert "## `vocabulary/a.yaml`\n\nChips.\n" in page
    assert page.splitlines()[-1] == (
        "| `chip_{n}` ({n}: 1, 2) | Chip. |  | 0 to 1 | 0 clear, 1 chip | CHIP{n}, metal |"
    )
