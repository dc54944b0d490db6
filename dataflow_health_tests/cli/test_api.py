import hashlib

import pytest

from dataflow_health.settings import ApiKey


def test_a_new_key_is_shown_once_with_the_digest_that_is_kept(run) -> None:
    said = run("api", "--new-key", "grafana:read")
    key = said.output.splitlines()[0].rpartition(" ")[2]
    kept = ApiKey.model_validate(said.output.splitlines()[1].rpartition(" ")[2])
    assert (kept.name, kept.scope) == ("grafana", "read")
    assert kept.sha256 == hashlib.sha256(key.encode()).hexdigest()


@pytest.mark.parametrize("wanted", ["grafana", "grafana:all", ":"])
def test_a_key_without_a_scope_is_refused(run, wanted: str) -> None:
    said = run("api", "--new-key", wanted)
    assert said.exit_code == 2
    assert "NAME:read" in said.output
