from collections.abc import Mapping
from pathlib import Path

from dataflow_health_tests.monitoring.probes.probing import probe

CHECK = {"kind": "configuration_loads"}


def test_wrong_yaml_is_found_before_a_reload(
    tmp_path: Path, environment: Mapping[str, str]
) -> None:
    assert probe(CHECK, environment).outcome == "passed"
    (tmp_path / "own" / "alerts").mkdir(parents=True)
    file = tmp_path / "own" / "alerts" / "mine.yaml"
    file.write_text("describes: No channels.\n")
    own = {**environment, "DATAFLOW_HEALTH_CONFIG": str(tmp_path / "own")}
    broken = probe(CHECK, own)
    assert (broken.outcome, "channels" in broken.detail) == ("errored", True)
    file.unlink()
    assert probe(CHECK, own).outcome == "passed"
