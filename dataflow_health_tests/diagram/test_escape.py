"""Text made safe for Mermaid."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.diagram.escape import asset_url, label, line, node_id, plain


@given(st.text())
def test_a_label_is_one_line_of_harmless_characters(text: str) -> None:
    escaped = label(text)
    assert not set(escaped) & set('"<>`{}[]\\\n\r')
    assert "#" not in re.sub(r"#\d+;", "", escaped)


@given(st.text())
def test_a_label_read_back_is_the_line_it_stands_for(text: str) -> None:
    back = re.sub(r"#(\d+);", lambda found: chr(int(found[1])), label(text))
    assert back == (line(text, 60) or "(blank)")


@given(st.text(), st.integers(2, 100))
def test_a_line_is_never_longer_than_told(text: str, most: int) -> None:
    assert len(line(text, most)) <= most + text.count("$") + text.count("%")


def test_invisible_characters_turn_nothing_around() -> None:
    assert line("safe\u202egnp.exe\x00\u200b", 60) == "safe gnp.exe"


def test_a_limit_stays_a_limit_without_entities() -> None:
    assert plain("sync (98.5) >= 99; <b>") == "sync (98.5) ›= 99 ‹b›"  # noqa: RUF001


@given(st.lists(st.text(min_size=1), min_size=1, max_size=3))
def test_an_id_holds_only_word_characters(names: list[str]) -> None:
    assert re.fullmatch(r"px?_\w+", node_id("p", *names))


def test_ids_of_usual_names_can_be_read_and_no_two_meet() -> None:
    assert node_id("c", "parse", "in_sync") == "c_parse__in_sync"
    pairs = [("a", "b__c"), ("a__b", "c"), ("a_", "b"), ("a", "_b"), ("a_b", "c"), ("a", "b_c")]
    assert len({node_id("c", *pair) for pair in pairs}) == len(pairs)


def test_a_page_is_quoted_into_its_url() -> None:
    url = asset_url("https://ui.example/dagster/", "parse/x y", 'a&b"c')
    assert url == "https://ui.example/dagster/assets/parse/x%20y?view=checks&checkDetail=a%26b%22c"


def test_a_base_url_cannot_leave_its_quotes() -> None:
    assert '"' not in asset_url('http://ui/"><script>', "parse")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "ui"])
def test_only_http_is_linked(url: str) -> None:
    with pytest.raises(ValueError, match="no http or https URL"):
        asset_url(url, "parse")
