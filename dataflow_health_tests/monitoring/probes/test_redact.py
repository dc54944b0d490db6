from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.monitoring.probes import redact


@given(st.text(min_size=6, alphabet=st.characters(min_codepoint=33, max_codepoint=126)), st.text())
def test_no_secret_of_the_environment_is_ever_shown(secret: str, filler: str) -> None:
    error = ValueError(f"{filler}{secret}{filler}")
    assert secret not in redact.message(error, {"THE_SECRET": secret}).replace("***", "")


def test_a_message_is_one_short_line() -> None:
    assert redact.message(KeyError(), {}) == "KeyError"
    assert redact.message(ValueError("\n\n  first\nsecond"), {}) == "ValueError: first"
    assert len(redact.message(ValueError("x" * 999), {})) == redact.MOST
