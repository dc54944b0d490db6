"""Writes the dashboards of Grafana: ``python -m docs.generate.dashboards``."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

FOLDER = Path(__file__).parents[2] / "deploy" / "observability" / "grafana" / "dashboards"
COLORS = {
    "HEALTHY": "green", "WARNING": "yellow", "FAILED": "red", "BLOCKED": "#8e8e8e",
    "RUNNING": "blue", "STALE": "purple", "UNKNOWN": "#555555",
}  # fmt: skip
"""Colours of the statuses; the words stand beside them."""

STATUS = " + ".join(
    f'{number} * max by (process) (dataflow_health_process_status{{status="{status}"}})'
    for number, status in enumerate(COLORS)
)
"""Number of each process's status, in the order of :data:`COLORS`."""

Kind = Literal["stat", "timeseries", "state-timeline", "table", "bargauge", "heatmap", "logs"]


@dataclass(frozen=True)
class Panel:
    """One panel.

    Attributes:
        title: What it shows.
        expressions: Queries by legend; of Loki for ``logs``, else of Prometheus.
        kind: Kind of picture.
        unit: Unit of the values, by Grafana's names.
        width: Columns of 24.
        height: Rows.
        describes: What to do with it.
        is_status: Whether the values are numbers of statuses.
        limits: Values from which on it is amber and red.
    """

    title: str
    expressions: Mapping[str, str]
    kind: Kind = "timeseries"
    unit: str = "short"
    width: int = 12
    height: int = 8
    describes: str = ""
    is_status: bool = False
    limits: tuple[float, float] | None = None


PIPELINE = (
    Panel("Failed processes", {"": 'sum(dataflow_health_process_status{status="FAILED"})'},
          "stat", width=4, height=4, limits=(1, 1)),
    Panel("Open incidents", {"": "sum(dataflow_health_incidents) or vector(0)"}, "stat",
          width=4, height=4, limits=(1, 5)),
    Panel("In quarantine", {"": 'sum(dataflow_health_recordings{state="quarantined"})'}, "stat",
          width=4, height=4, limits=(1, 50)),
    Panel("In flight", {"": 'sum(dataflow_health_recordings{state="in_flight"})'}, "stat",
          width=4, height=4),
    Panel("Landing to results, 95th percentile",
          {"": "dataflow_health:landing_to_results_seconds:p95_1h"}, "stat", "s", 4, 4,
          "Time from the arrival of a recording to its results in SQL, of the last hour.",
          limits=(600, 1800)),
    Panel("Age of the report", {"": "dataflow_health_report_age_seconds"}, "stat", "s", 4, 4,
          "Over a minute: the API no longer evaluates, and nothing here is current.",
          limits=(30, 60)),
    Panel("Status of every process", {"{{process}}": STATUS}, "state-timeline", width=24,
          height=11, is_status=True,
          describes="Red is a fault of the process itself; a process that waits for it is grey."),
    Panel("Finished per minute",
          {"{{stage}}": 'sum by (stage) (rate(dataflow_health_stage_items_total{state="done"}[5m]))'
                        " * 60"}, unit="cpm"),
    Panel("Refused per hour",
          {"{{stage}}": "sum by (stage) "
                        '(increase(dataflow_health_stage_items_total{state="quarantined"}[1h]))'}),
    Panel("Time of a stage, 95th percentile",
          {"{{stage}}": "histogram_quantile(0.95, sum by (stage, le) "
                        "(rate(dataflow_health_stage_seconds_bucket[15m])))"}, unit="s",
          describes="From the stage's start with an archive or recording to its end."),
    Panel("Landing to results", {"{{le}}": "sum by (le) (increase("
          "dataflow_health_landing_to_results_seconds_bucket[$__rate_interval]))"}, "heatmap", "s"),
    Panel("Recordings by state",
          {"{{stage}} {{state}}": 'sum by (stage, state) (dataflow_health_recordings{'
                                  'state=~"in_flight|quarantined"})'}),
    Panel("Blocked by a failed process",
          {"{{process}}": "sum by (process) (dataflow_health_blocked_recordings) or vector(0)"}),
    Panel("Warnings and errors", {"": '{service=~".+", level=~"WARNING|ERROR|CRITICAL"}'}, "logs",
          width=24, height=10),
)  # fmt: skip

AIRCRAFT = (
    Panel("Aircraft heard from within a day",
          {"": "count(time() - dataflow_health_aircraft_last_arrival_seconds < 86400) "
               "or vector(0)"},
          "stat", width=6, height=4),
    Panel("Aircraft with recordings in quarantine",
          {"": "count(sum by (aircraft) "
               '(dataflow_health_aircraft_open_items{state="quarantined"})) or vector(0)'},
          "stat", width=6, height=4, limits=(1, 5)),
    Panel("Findings of severity alert, 7 days",
          {"": 'sum(dataflow_health_aircraft_findings{severity="alert"}) or vector(0)'},
          "stat", width=6, height=4, limits=(1, 20)),
    Panel("Recordings without results",
          {"": "sum(dataflow_health_aircraft_open_items) or vector(0)"},
          "stat", width=6, height=4),
    Panel("Time since the newest recording",
          {"{{aircraft}}": "sort_desc(time() - dataflow_health_aircraft_last_arrival_seconds"
                           '{aircraft=~"$aircraft"})'},
          "bargauge", "s", 12, 12, limits=(2 * 86400, 7 * 86400)),
    Panel("Findings in flights of the last 7 days",
          {"{{aircraft}} {{severity}}": "sum by (aircraft, severity) "
                                        '(dataflow_health_aircraft_findings{aircraft=~"$aircraft"})'},
          "bargauge", width=12, height=12),
    Panel("Recordings without results, by stage",
          {"{{aircraft}} {{stage}} {{state}}": "dataflow_health_aircraft_open_items"
                                               '{aircraft=~"$aircraft"}'},
          width=24, describes="Quarantined ones wait for an operator, the others for the stage."),
)  # fmt: skip

PLATFORM = (
    Panel("Targets that do not answer", {"": "count(up == 0) or vector(0)"}, "stat", width=6,
          height=4, limits=(1, 2)),
    Panel("Ledger answers", {"": "dataflow_health_ledger_answers"}, "stat", width=6, height=4),
    Panel("Free on the disk of the home folder",
          {"": "dataflow_health_home_free_bytes / dataflow_health_home_size_bytes"}, "stat",
          "percentunit", 6, 4),
    Panel("Alerts that fire", {"": 'count(ALERTS{alertstate="firing"}) or vector(0)'}, "stat",
          width=6, height=4, limits=(1, 3)),
    Panel("Requests per second",
          {"{{route}}": "sum by (route) (rate(dataflow_health_http_requests_total[5m]))"},
          unit="reqps"),
    Panel("Response time, 95th percentile",
          {"{{route}}": "histogram_quantile(0.95, sum by (route, le) "
                        "(rate(dataflow_health_http_request_seconds_bucket[5m])))"}, unit="s"),
    Panel("Responses by status",
          {"{{status}}": "sum by (status) (rate(dataflow_health_http_requests_total[5m]))"},
          unit="reqps"),
    Panel("Checks by status", {"{{status}}": "sum by (status) (dataflow_health_checks)"}),
    Panel("Memory of the API",
          {"resident": 'process_resident_memory_bytes{job="dataflow-health"}'}, unit="bytes"),
    Panel("CPU of the API",
          {"cores": 'rate(process_cpu_seconds_total{job="dataflow-health"}[5m])'}),
    Panel("Open files of the API",
          {"open": 'process_open_fds{job="dataflow-health"}',
           "most": 'process_max_fds{job="dataflow-health"}'}),
    Panel("Disk of the home folder",
          {"free": "dataflow_health_home_free_bytes", "size": "dataflow_health_home_size_bytes"},
          unit="bytes"),
    Panel("Targets", {"{{job}} {{instance}}": "up"}, "state-timeline", width=24, height=6),
    Panel("Log of the services", {"": '{service=~".+"}'}, "logs", width=24, height=10),
)  # fmt: skip

DASHBOARDS: Mapping[str, tuple[str, Sequence[Panel]]] = {
    "pipeline": ("Pipeline", PIPELINE),
    "aircraft": ("Aircraft", AIRCRAFT),
    "platform": ("Platform", PLATFORM),
}
"""Title and panels of every dashboard, by the name of its file."""


def document(name: str) -> dict[str, Any]:
    """A dashboard in Grafana's own form."""
    title, panels = DASHBOARDS[name]
    return {
        "uid": f"dataflow-health-{name}",
        "title": f"Dataflow Health: {title}",
        "tags": ["dataflow-health"],
        "timezone": "utc",
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-24h", "to": "now"},
        "links": [
            {"type": "dashboards", "tags": ["dataflow-health"], "title": "Dataflow Health",
             "asDropdown": False, "includeVars": False, "keepTime": True}
        ],
        "templating": {"list": [_aircraft_variable()] if name == "aircraft" else []},
        "panels": list(_placed(panels)),
    }  # fmt: skip


def _aircraft_variable() -> dict[str, Any]:
    query = "label_values(dataflow_health_aircraft_last_arrival_seconds, aircraft)"
    return {
        "name": "aircraft", "label": "Aircraft", "type": "query", "multi": True,
        "includeAll": True, "allValue": ".*", "refresh": 2, "sort": 1,
        "datasource": {"type": "prometheus", "uid": "prometheus"},
        "query": {"query": query, "refId": "aircraft"},
        "current": {"text": "All", "value": "$__all"},
    }  # fmt: skip


def _placed(panels: Sequence[Panel]) -> Iterator[dict[str, Any]]:
    """Panels side by side in rows of 24 columns."""
    x = y = row = 0
    for number, panel in enumerate(panels, start=1):
        if x + panel.width > 24:
            x, y, row = 0, y + row, 0
        place = {"x": x, "y": y, "w": panel.width, "h": panel.height}
        x, row = x + panel.width, max(row, panel.height)
        yield _panel(panel, number, place)


def _panel(panel: Panel, number: int, place: Mapping[str, int]) -> dict[str, Any]:
    source = "loki" if panel.kind == "logs" else "prometheus"
    datasource = {"type": source, "uid": source}
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.describes,
        "datasource": datasource,
        "gridPos": dict(place),
        "targets": [
            {"refId": chr(ord("A") + n), "expr": expression, "datasource": datasource}
            | ({"legendFormat": legend} if legend else {})
            | ({"instant": True} if panel.kind in ("stat", "bargauge") else {})
            | ({"format": "heatmap"} if panel.kind == "heatmap" else {})
            for n, (legend, expression) in enumerate(panel.expressions.items())
        ],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _options(panel),
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit}
    if panel.is_status:
        options = {
            str(number): {"text": status, "color": color, "index": number}
            for number, (status, color) in enumerate(COLORS.items())
        }
        defaults["mappings"] = [{"type": "value", "options": options}]
    if panel.limits is not None:
        amber, red = panel.limits
        steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
        steps += [{"color": "yellow", "value": amber}] if amber != red else []
        steps.append({"color": "red", "value": red})
        defaults["thresholds"] = {"mode": "absolute", "steps": steps}
    return defaults


def _options(panel: Panel) -> dict[str, Any]:
    if panel.kind in ("stat", "bargauge"):
        orientation = "horizontal" if panel.kind == "bargauge" else "auto"
        calculation = {"calcs": ["lastNotNull"], "fields": "", "values": False}
        return {"reduceOptions": calculation, "orientation": orientation}
    if panel.kind == "logs":
        return {"showTime": True, "wrapLogMessage": True, "sortOrder": "Descending"}
    return {}


def write(folder: Path) -> None:
    """Writes every dashboard into a folder."""
    for name in DASHBOARDS:
        (folder / f"{name}.json").write_text(json.dumps(document(name), indent=1) + "\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
