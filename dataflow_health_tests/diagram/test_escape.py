import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.diagram.escape import (
    asset_url,
    escape_label,
    escape_plain,
    node_id,
    single_line,
)


@given(st.text())
def test_a_label_contains_no_syntax(text: str) -> None:
    escaped = escape_label(text)
    assert not set(escaped) & set('"<>`{}[]\\\n\r')
    assert "#" not in re.sub(r"#\d+;", "", escaped)


@given(st.text())
def test_a_decoded_label_is_the_original_line(text: str) -> None:
    back = re.sub(r"#(\d+);", lambda found: chr(int(found[1])), escape_label(text))
    assert back == (single_line(text, 60) or "(blank)")


@given(st.text(), st.integers(2, 100))
def test_a_line_is_never_longer_than_its_limit(text: str, max_length: int) -> None:
    assert len(single_line(text, max_length)) <= max_length + text.count("$") + text.count("%")


def test_invisible_characters_are_removed() -> None:
    assert single_line("safe\u202egnp.exe\x00\u200b", 60) == "safe gnp.exe"


def test_a_comparison_stays_readable_without_entities() -> None:
    assert escape_plain("sync (98.5) >= 99; <b>") == "sync (98.5) ›= 99 ‹b›"  # noqa: RUF001


@given(st.lists(st.text(min_size=1), min_size=1, max_size=3))
def test_an_id_holds_only_word_characters(names: list[str]) -> None:
    assert re.fullmatch(r"px?_\w+", node_id("p", *names))


def test_ids_are_readable_and_unique() -> None:
    assert node_id("c", "parse", "in_sync") == "c_parse__in_sync"
    pairs = [("a", "b__c"), ("a__b", "c"), ("a_", "b"), ("a", "_b"), ("a_b", "c"), ("a", "b_c")]
    assert len({node_id("c", *pair) for pair in pairs}) == len(pairs)


def test_names_are_quoted_in_a_url() -> None:
    url = asset_url("https://ui.example/dagster/", "parse/x y", 'a&b"c')
    assert url == "https://ui.example/dagster/assets/parse/x%20y?view=checks&checkDetail=a%26b%22c"
    url = asset_url("https://ui.example", "parse", day="2026-11-20")
    assert url == "https://ui.example/assets/parse?view=partitions&partition=2026-11-20"


def test_a_base_url_contains_no_quotes() -> None:
    assert '"' not in asset_url('http://ui/"><script>', "parse")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "ui"])
def test_only_http_urls_are_linked(url: str) -> None:
    with pytest.raises(ValueError, match="not an http or https URL"):
        asset_url(url, "parse")
