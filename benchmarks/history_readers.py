"""CPU time of all that reads a ledger: routes, ticks of sensors, commands, the work at night.

``python -m benchmarks.history_readers FOLDER KIND`` prints a table of the two ledgers of one kind
of database that :mod:`benchmarks.long_history` has filled in a folder; a first run counts where
another one takes seconds.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

import dagster as dg
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from benchmarks import long_history
from benchmarks.filled_ledger import NOW, recording_id
from dataflow_health import settings, wiring
from dataflow_health.alerting import digest
from dataflow_health.api.app import create_app
from dataflow_health.api.caching import ResponseCache
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.monitoring import config_reload, history_proof
from dataflow_health.monitoring.monitor import Monitor
from dataflow_health.operations import due_days
from dataflow_health.orchestration.jobs import canary
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.orchestration.sensors import (
    alerts,
    arrivals,
    dead_runs,
    live_checks,
    overview,
    owed,
)
from dataflow_health.settings import Settings
from dataflow_health.storage.ledger import aircraft_counts, count_proof

Works = Mapping[str, Callable[[], object]]

SLOW_MS = 3000.0
RECORDING = recording_id(7)
TAIL = "HB-Z01"
_BEFORE, _AFTER = (NOW - timedelta(days=n) for n in (3, 1))
_BETWEEN = f"before={_BEFORE:%Y-%m-%dT%H:%M:%SZ}&after={_AFTER:%Y-%m-%dT%H:%M:%SZ}"

ROUTES = (
    "/health", "/status", "/status/parse", f"/status?at={_AFTER:%Y-%m-%dT%H:%M:%SZ}", "/diagram",
    "/explain", "/explain/parse", "/fleet", "/fleet/ready", f"/fleet/{TAIL}/ready",
    f"/fleet/{TAIL}/coverage", "/recordings", f"/recordings?tail={TAIL}",
    "/recordings?outcome=found", f"/recordings?arrival_day={_AFTER:%Y-%m-%d}",
    "/recordings?offset=10000", f"/recordings/{RECORDING}",
    "/findings", f"/findings?tail={TAIL}", "/findings/trend", "/ledger",
    f"/ledger?day={_AFTER:%Y-%m-%d}", "/owed", "/owed/recordings", "/lineage",
    f"/lineage?recording={RECORDING}", "/systems", "/incidents", "/incidents?state=all",
    "/incidents?state=ended&process=parse", "/incidents/20", "/annotations", "/quarantine",
    "/views", "/audit", "/history", "/history?days=366", f"/changes?{_BETWEEN}",
    f"/changes/work?{_BETWEEN}", "/signals", "/current", "/metrics", "/slos",
    "/impact/generic_rdf",
)  # fmt: skip
COMMANDS = (
    "version", "status", "explain", "explain parse", f"explain {RECORDING}", "quarantine list",
    "rerun --failed --dry-run", "rerun --owed --dry-run", "runs", "digest", "ledger", "fleet",
    "fleet --ready", f"ready {TAIL}", f"recording show {RECORDING}", "findings", "owed",
    "owed --recordings", "impact generic_rdf", "systems", "incident list", "incident list --all",
    "audit", "audit verify", "annotation list", "view list", "diagram", "retention --dry-run",
)  # fmt: skip


def routes(engine: Engine, chosen: Settings) -> Works:
    """Requests of every route that reads the ledger, each answered without what was kept."""
    config = config_reload.from_settings(chosen)
    monitor = Monitor(engine, config, lambda: NOW)
    app = create_app(chosen, monitor)
    client = TestClient(app)

    def request(route: str) -> None:
        app.state.response_cache = ResponseCache()
        answer = client.get(f"/api/v1{route}")
        if answer.status_code != 200:
            raise AssertionError(f"{route}: {answer.status_code} {answer.text[:300]}")

    return {f"GET {route}": partial(request, route) for route in ROUTES}


def ticks(instance: dg.DagsterInstance, catalogue: Catalogue) -> Works:
    """A tick of every sensor, as a daemon runs them one after the other."""
    cursors: dict[str, str | None] = {}
    found = [
        arrivals.arrivals, dead_runs.dead_runs, live_checks.sensor(catalogue),
        overview.sensor(catalogue), alerts.sensor(catalogue), canary.first_canary, owed.owed,
    ]  # fmt: skip

    def tick(sensor: dg.SensorDefinition) -> None:
        context = dg.build_sensor_context(
            instance=instance,
            cursor=cursors.get(sensor.name),
            resources={"pipeline": PipelineResource()},
        )
        result = sensor(context)
        cursors[sensor.name] = getattr(result, "cursor", None) or context.cursor

    return {f"tick of {each.name}": partial(tick, each) for each in found}


def other_works(engine: Engine, chosen: Settings) -> Works:
    """What a command or a job does, without its start."""
    deps = wiring.dependencies(chosen)
    processes = deps.catalogue.processes
    return {
        "digest": lambda: digest.collect_digest(engine, processes, NOW),
        "due days of `run`": lambda: due_days.find(deps, chosen),
    }


def nightly(engine: Engine, chosen: Settings) -> Works:
    """What the job ``recount`` does."""
    processes = wiring.dependencies(chosen).catalogue.processes
    return {
        "recount: days": lambda: count_proof.repair(engine),
        "recount: aircraft": lambda: aircraft_counts.repair(engine),
        "recount: sums": lambda: history_proof.is_proved(engine, processes, NOW),
    }


def run_command(words: str, chosen: Settings) -> None:
    """Runs a command in a process of its own."""
    command = [sys.executable, "-m", "dataflow_health.cli", *words.split()]
    environment = {**os.environ, **settings.export(chosen)}
    done = subprocess.run(command, env=environment, capture_output=True, check=False, text=True)
    if done.returncode not in (0, 1, 2) or "Traceback" in done.stderr or "Usage:" in done.stderr:
        raise AssertionError(f"{words}: {done.returncode} {done.stderr[-400:]}")


def measure(kind: str, size: tuple[int, int], folder: Path, home: Path) -> dict[str, float]:
    """Milliseconds of CPU by name."""
    found: dict[str, float] = {}
    with long_history.ledger(kind, size, folder) as engine:
        shown = engine.url.set(drivername=engine.url.get_backend_name())
        given = {"HOME": str(home), "DATABASE_URL": shown.render_as_string(hide_password=False)}
        settings.provide({settings.PREFIX + name: value for name, value in given.items()})
        chosen = settings.load()
        Path(chosen.source_url).mkdir(parents=True, exist_ok=True)
        cpu = long_history.server_cpu(engine) if kind == "PostgreSQL" else long_history.Cpu(())
        with dg.DagsterInstance.ephemeral() as instance:
            works = {
                **routes(engine, chosen),
                **ticks(instance, wiring.catalogue(chosen)),
                **other_works(engine, chosen),
            }
            for name, work in works.items():
                first_ms = cpu.once_ms(work)
                found[name] = first_ms if first_ms > SLOW_MS else cpu.cost_ms(work)
        for words in COMMANDS:
            work = partial(run_command, words, chosen)
            found[f"`{words}`"] = cpu.once_ms(work)
        found |= {name: cpu.once_ms(work) for name, work in nightly(engine, chosen).items()}
        wiring.dependencies.cache_clear()
    return found


def main(folder: str, kind: str) -> None:
    """Prints the table."""
    with tempfile.TemporaryDirectory() as home:
        small, large = (
            measure(kind, size, Path(folder), Path(home) / str(size[0]))
            for size in (long_history.SMALL, long_history.LARGE)
        )
    for name, cost_ms in small.items():
        print(f"| {name} | {cost_ms:.1f} | {large[name]:.1f} | {large[name] / cost_ms:.2f} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
