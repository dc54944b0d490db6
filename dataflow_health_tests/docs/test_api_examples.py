import json
import re
from pathlib import Path

import pytest

from docs.generate.api_examples import answers, shape, shorten

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "api_examples.md"
SECTION = re.compile(r"^## (GET|POST|PUT|DELETE) (/\S+)$", re.MULTILINE)
JSON = re.compile(r"^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def sections() -> dict[tuple[str, str], str]:
    _, *parts = SECTION.split(PAGE.read_text(encoding="utf-8"))
    return {(parts[at], parts[at + 1]): parts[at + 2] for at in range(0, len(parts), 3)}


@pytest.mark.slow
def test_every_route_has_an_example_with_the_names_of_today() -> None:
    shown = sections()
    for answer in answers():
        text = shown.pop((answer.method, answer.route), None)
        assert text is not None, f"{answer.method} {answer.route}: run `just docs`"
        if answer.media_type == "application/json":
            (block,) = JSON.findall(text)
            assert shape(json.loads(block)) == shape(shorten(answer.content)), answer.route
    assert shown == {}, "run `just docs`"


def test_a_list_is_cut_after_its_first_item_and_a_long_text_too() -> None:
    assert shorten({"a": [{"b": 1}, {"b": 2}], "c": "x" * 300}) == {
        "a": [{"b": 1}, "..."],
        "c": "x" * 160 + "...",
    }
    assert shape({"a": [{"b": 1}, "..."], "c": "x"}) == {"a": [{"b": None}], "c": None}
