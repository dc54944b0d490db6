"""Bytes and CPU time of one flight-hour at every stage, as ``docs/sizing.json``.

``python -m benchmarks.storage docs/sizing.json``, about two minutes. CPU time counts this process,
its workers and the JVM, so that a busy machine changes it little.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil
from sqlalchemy import make_url

from benchmarks import fixtures
from benchmarks.fixtures import FEW, Installation
from dataflow_health.storage.ledger.stage_order import STAGES


def measure() -> Mapping[str, object]:
    """Bytes and CPU seconds of one flight-hour, by stage, of twenty recordings of two hours.

    A first installation warms up Spark and its workers; the second is measured.
    """
    fixtures.processed_installation(FEW).deps.engine.dispose()
    installation = fixtures.new_installation(FEW)
    hours = FEW.recordings * FEW.duration_s / 3600
    cpu_s = {}
    for stage, run in fixtures.stages(installation).items():
        before_s = _cpu_s()
        run()
        cpu_s[stage] = round((_cpu_s() - before_s) / hours, 4)
    return {
        "flight_hours": hours,
        "recordings": FEW.recordings,
        "bytes": {stage: round(_bytes_of(installation, stage) / hours) for stage in STAGES[:7]},
        "database_bytes_of_a_recording": round(_database_bytes(installation) / FEW.recordings),
        "cpu_s": cpu_s,
        "memory_bytes": _memory_bytes(),
    }


def _cpu_s() -> float:
    me = psutil.Process()
    found = 0.0
    for process in (me, *me.children(recursive=True)):
        times = process.cpu_times()
        found += times.user + times.system
    ended = me.cpu_times()
    return found + ended.children_user + ended.children_system


def _memory_bytes() -> int:
    me = psutil.Process()
    return sum(each.memory_info().rss for each in (me, *me.children(recursive=True)))


def _bytes_of(installation: Installation, stage: str) -> int:
    root = installation.settings.home / "lake" / stage
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file())


def _database_bytes(installation: Installation) -> int:
    url = make_url(installation.settings.database_url.get_secret_value())
    installation.deps.engine.dispose()
    return Path(str(url.database)).stat().st_size


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(measure(), indent=2) + "\n")
