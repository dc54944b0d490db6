"""Statuses of one installation in each interface, and in Dagster's own UI."""

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
    """Statuses in the output of ``dataflow-health status --json``."""
    result = CliRunner().invoke(main, ["status", "--home", str(home), "--json"])
    report = json.loads(result.stdout)
    return {each["name"]: each["status"] for each in report["processes"]}


def api_and_diagram() -> tuple[Statuses, Statuses]:
    """Statuses in the responses of ``/status`` and ``/diagram``."""
    app = create_app(settings.load().model_copy(update={"api_probes": False}))
    client = TestClient(app)
    report = client.get("/api/v1/status").json()["data"]
    text = client.get("/api/v1/diagram").text
    app.state.monitor.engine.dispose()
    diagram = dict(_NODE.findall(text.replace("\\n", "\n").replace('\\"', '"')))
    return {each["name"]: each["status"] for each in report["processes"]}, diagram


def failed_in_dagster_ui(
    instance: dg.DagsterInstance, definitions: dg.Definitions
) -> frozenset[str]:
    """Stages that Dagster's own UI shows as failed: by a failed partition or a failed check.

    Only checks of severity ERROR count; our own health checks are left out.
    """
    failed_stages = set()
    graph = definitions.resolve_asset_graph()
    days = instance.get_dynamic_partitions("arrival_day")
    for stage, key in STAGE_KEYS.items():
        status = instance.get_status_by_partition(key, days, ARRIVAL_DAY) or {}
        failed = any(each is not None and each.name == "FAILED" for each in status.values())
        checks = [
            k for k in graph.get_check_keys_for_assets({key}) if k.name != health_checks.CHECK
        ]
        latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(checks)
        if failed or any(_is_failed_check(each) for each in latest.values()):
            failed_stages.add(stage)
    return frozenset(failed_stages)


def _is_failed_check(record: object) -> bool:
    status = getattr(record, "status", None)
    if getattr(status, "name", "") == "EXECUTION_FAILED":
        return True
    if getattr(status, "name", "") != "FAILED":
        return False
    evaluation = getattr(record, "evaluation", None)
    return evaluation is None or evaluation.severity is dg.AssetCheckSeverity.ERROR
