import ast
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from loguru import logger

from dataflow_health.health.live_check import LiveCheck
from dataflow_health.monitoring import probes
from dataflow_health_tests.monitoring.probes.probing import NOW, make_plugin, probe

KINDS = [member.model_fields["kind"].annotation for member in get_args(LiveCheck)]


def test_every_kind_has_a_module_of_its_name() -> None:
    folder = Path(probes.__file__).parent
    for kind in KINDS:
        assert (folder / f"{get_args(kind)[0]}.py").is_file(), kind


def test_probes_never_import_dagster() -> None:
    for path in Path(probes.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] == "dagster"], path.name


@pytest.mark.parametrize(("outcome", "level"), [("passed", "DEBUG"), ("failed", "INFO")])
def test_each_execution_has_a_line_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: str, level: str
) -> None:
    body = f"def check(arguments, context):\n    return ProbeResult('{outcome}', 'its detail')\n"
    records: list[Any] = []
    sink = logger.add(lambda message: records.append(message.record), level="DEBUG")
    probe(make_plugin(tmp_path, monkeypatch, body))
    logger.remove(sink)
    (record,) = records
    assert record["level"].name == level
    assert re.fullmatch(rf"check \S+: {outcome} in [\d.]+ ms: its detail", record["message"])


def test_a_quick_failure_is_probed_again_before_the_check_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = (
        "runs = []\n"
        "def check(arguments, context):\n"
        "    runs.append(context.within_s)\n"
        "    return ProbeResult('passed' if len(runs) == 3 else 'failed', str(len(runs)))\n"
    )
    check = make_plugin(tmp_path, monkeypatch, body)
    assert probe(check | {"retries": 1}).detail == "2"
    assert probe(check | {"retries": 5}).detail == "3"


def test_an_observation_carries_name_severity_and_time(tmp_path: Path) -> None:
    check = {"kind": "file_exists", "name": "here", "path": str(tmp_path), "severity": "warning"}
    seen = probe(check)
    assert (seen.process, seen.check, seen.severity, seen.at) == ("process", "here", "warning", NOW)
