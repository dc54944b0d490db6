import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.monitoring.probes import redact

SECRETS = {"DB": "postgresql://u:p%40ssw0rd@h/x", "API_TOKEN": "abc123def", "PATH": "/usr/bin"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cannot reach postgresql://u:other@h/x", "cannot reach postgresql://u:***@h/x"),
        ("GET http://h/?token=abcd&x=1", "GET http://h/?token=***&x=1"),
        ("api_key=abcd, password=hunter2", "api_key=***"),
        ("user p@ssw0rd refused, p%40ssw0rd too", "user *** refused, *** too"),
        ("bearer abc123def", "bearer ***"),
        ("nothing here in /usr/bin", "nothing here in /usr/bin"),
    ],
)
def test_secrets_are_replaced_by_stars(text: str, shown: str) -> None:
    assert redact.masked(text, SECRETS).startswith(shown)


@given(st.text(min_size=6, alphabet=st.characters(min_codepoint=33, max_codepoint=126)), st.text())
def test_no_secret_of_the_environment_is_ever_shown(secret: str, filler: str) -> None:
    error = ValueError(f"{filler}{secret}{filler}")
    assert secret not in redact.message(error, {"THE_SECRET": secret}).replace("***", "")


def test_a_message_is_one_short_line() -> None:
    assert redact.message(KeyError(), {}) == "KeyError"
    assert redact.message(ValueError("\n\n  first\nsecond"), {}) == "ValueError: first"
    assert len(redact.message(ValueError("x" * 999), {})) == redact.MOST
