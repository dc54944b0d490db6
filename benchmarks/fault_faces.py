"""What each face says of the same installation, and what Dagster's own UI shows."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import dagster as dg
from click.testing import CliRunner
from fastapi.testclient import TestClient

from dataflow_health import settings
from dataflow_health.api.app import create_app
from dataflow_health.cli import main
from dataflow_health.orchestration.asset_checks import health_checks
from dataflow_health.orchestration.asset_keys import STAGE_KEYS
from dataflow_health.orchestration.partitions import ARRIVAL_DAY

Statuses = Mapping[str, str]

_NODE = re.compile(r"^ *p_(\w+)\W+<b>\S+ \w+</b><br/>([A-Z]+)", re.MULTILINE)


def command_line(home: Path) -> Statuses:
    """``dataflow-health status --json``."""
    ran = CliRunner().invoke(main, ["status", "--home", str(home), "--json"])
    told = json.loads(ran.stdout)
    return {each["name"]: each["status"] for each in told["processes"]}


def api_and_diagram() -> tuple[Statuses, Statuses]:
    """``/status`` and ``/diagram``."""
    app = create_app(settings.load().model_copy(update={"api_probes": False}))
    client = TestClient(app)
    told = client.get("/api/v1/status").json()["data"]
    drawn = client.get("/api/v1/diagram").text
    app.state.monitor.engine.dispose()
    diagram = dict(_NODE.findall(drawn.replace("\\n", "\n").replace('\\"', '"')))
    return {each["name"]: each["status"] for each in told["processes"]}, diagram


def stock_red(instance: dg.DagsterInstance, definitions: dg.Definitions) -> frozenset[str]:
    """Stages that Dagster's own UI shows red: a failed day, or a check that failed last with ERROR.

    Our verdicts, which mend this, are left out.
    """
    red = set()
    graph = definitions.resolve_asset_graph()
    days = instance.get_dynamic_partitions("arrival_day")
    for stage, key in STAGE_KEYS.items():
        status = instance.get_status_by_partition(key, days, ARRIVAL_DAY) or {}
        failed = any(each is not None and each.name == "FAILED" for each in status.values())
        checks = [
            k for k in graph.get_check_keys_for_assets({key}) if k.name != health_checks.CHECK
        ]
        latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(checks)
        if failed or any(_is_red(each) for each in latest.values()):
            red.add(stage)
    return frozenset(red)


def _is_red(record: object) -> bool:
    status = getattr(record, "status", None)
    if getattr(status, "name", "") == "EXECUTION_FAILED":
        return True
    if getattr(status, "name", "") != "FAILED":
        return False
    evaluation = getattr(record, "evaluation", None)
    return evaluation is None or evaluation.severity is dg.AssetCheckSeverity.ERROR
