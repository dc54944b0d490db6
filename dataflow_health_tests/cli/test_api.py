import hashlib

import pytest

from dataflow_health.settings import ApiKey


def test_a_new_key_is_printed_once_with_the_digest_to_configure(run) -> None:
    result = run("api", "--new-key", "grafana:read")
    key = result.output.splitlines()[0].rpartition(" ")[2]
    configured = ApiKey.model_validate(result.output.splitlines()[1].rpartition(" ")[2])
    assert (configured.name, configured.scope) == ("grafana", "read")
    assert configured.sha256 == hashlib.sha256(key.encode()).hexdigest()


@pytest.mark.parametrize("value", ["grafana", "grafana:all", ":"])
def test_a_key_without_a_valid_scope_is_refused(run, value: str) -> None:
    result = run("api", "--new-key", value)
    assert result.exit_code == 2
    assert "NAME:read" in result.output
