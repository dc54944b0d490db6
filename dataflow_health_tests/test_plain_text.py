"""Names of other systems as plain text."""

from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.plain_text import on_one_line, shown


@given(st.text())
def test_what_is_shown_once_is_not_changed_again(text: str) -> None:
    assert shown(shown(text)) == shown(text)
    assert on_one_line(on_one_line(text)) == on_one_line(text)


@given(st.text())
def test_a_value_stays_on_its_line(text: str) -> None:
    assert len(on_one_line(text).splitlines()) <= 1


def test_a_name_is_readable_afterwards() -> None:
    assert on_one_line("n\nl\u2028\x1b[2J Zürich.zip") == r"n\nl\u2028\x1b[2J Zürich.zip"
