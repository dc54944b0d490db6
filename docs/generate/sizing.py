"""Writes what fleets need, from measured costs: ``python -m docs.generate.sizing``.

``python -m benchmarks.storage docs/sizing.json`` measures the costs.
"""

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from dataflow_health.config import BUILTIN_FOLDER, catalogue
from dataflow_health.health.retention import RetentionPolicy
from docs.generate.markdown import replace_generated, table

DOCS = Path(__file__).parents[1]
MEASURED = DOCS / "sizing.json"
FLEETS = (12, 200, 1_000)
HOURS_A_DAY = 3.0
"""Flight-hours of one aircraft a day: above the yearly mean of most helicopter operators."""
RECORDINGS_A_DAY = 3
"""Recordings of one aircraft a day."""
WINDOW_S = 2 * 3600
"""Time in which a day's work is done: aircraft come home in the evening."""
BUSY = 0.6
"""Share of the cores that the work may take; the rest serves pages, checks and reruns."""
SERVICES_BYTES = 4e9
"""Memory of PostgreSQL, code server, webserver, daemon and API beside the work."""
WORKED_CORES = 2
"""Cores of the machine that was measured: its memory is that of one driver and two workers."""
YEARS = 5


class Costs(NamedTuple):
    """Measured costs.

    Attributes:
        bytes_of_hour: Bytes of a flight-hour by stage.
        cpu_s_of_hour: CPU seconds of a flight-hour by stage.
        database_bytes: Bytes in SQL of one recording, with results of all algorithms.
        memory_bytes: Resident memory of the pipeline's processes at the end of a day's work.
    """

    bytes_of_hour: Mapping[str, float]
    cpu_s_of_hour: Mapping[str, float]
    database_bytes: float
    memory_bytes: float


def read(path: Path = MEASURED) -> Costs:
    """The measured costs."""
    found = json.loads(path.read_text())
    return Costs(
        found["bytes"], found["cpu_s"], found["database_bytes_of_a_recording"],
        found["memory_bytes"],
    )  # fmt: skip


class Need(NamedTuple):
    """What a fleet needs.

    Attributes:
        cores: Cores for a day's work within :data:`WINDOW_S`.
        memory_bytes: Memory of all machines together.
        lake_bytes: Files after :data:`YEARS` years.
        database_bytes: Database after as long.
    """

    cores: int
    memory_bytes: float
    lake_bytes: float
    database_bytes: float


def need(aircraft: int, costs: Costs, policy: RetentionPolicy) -> Need:
    """What a fleet needs, by the ages of a retention policy."""
    hours = aircraft * HOURS_A_DAY
    work_s = hours * sum(costs.cpu_s_of_hour.values())
    cores = max(2, math.ceil(work_s / WINDOW_S / BUSY))
    lake = sum(
        hours * size * kept_days(policy, stage) for stage, size in costs.bytes_of_hour.items()
    )
    database = aircraft * RECORDINGS_A_DAY * 365 * YEARS * costs.database_bytes
    memory = SERVICES_BYTES + costs.memory_bytes * cores / WORKED_CORES
    return Need(cores, memory, lake, database)


def kept_days(policy: RetentionPolicy, stage: str) -> float:
    """Days for which the files of a stage are kept, within :data:`YEARS` years."""
    age, longest = policy.ages.get(stage), 365.0 * YEARS
    return longest if age is None else min(age.total_seconds() / 86400, longest)


def sections(costs: Costs, policy: RetentionPolicy) -> Iterator[str]:
    """The generated part of the page."""
    yield "## Measured costs of a flight-hour\n"
    rows = [
        (
            f"`{stage}`",
            f"{costs.bytes_of_hour.get(stage, 0) / 1e6:.2f}",
            f"{cpu_s * 1000:.0f}",
            "for ever" if policy.ages.get(stage) is None else f"{kept_days(policy, stage):g} days",
        )
        for stage, cpu_s in costs.cpu_s_of_hour.items()
    ]
    yield table(("stage", "MB in the lake", "CPU, ms", "kept by the shipped policy"), rows)
    total_s = sum(costs.cpu_s_of_hour.values())
    yield (
        f"Together {sum(costs.bytes_of_hour.values()) / 1e6:.1f} MB until retention begins, and "
        f"{total_s:.2f} s of one core. A recording has {costs.database_bytes / 1e3:.0f} kB "
        "in SQL.\n"
    )
    yield "## What fleets need\n"
    yield table(
        ("aircraft", "flight-hours a day", "cores", "memory, GB", f"lake after {YEARS} years, TB",
         "the same without retention, TB", f"database after {YEARS} years, GB"),
        [_row(aircraft, costs, policy) for aircraft in FLEETS],
    )  # fmt: skip


def _row(aircraft: int, costs: Costs, policy: RetentionPolicy) -> tuple[str, ...]:
    found = need(aircraft, costs, policy)
    kept = need(aircraft, costs, RetentionPolicy())
    return (
        f"{aircraft:,}",
        f"{aircraft * HOURS_A_DAY:,.0f}",
        str(found.cores),
        f"{found.memory_bytes / 1e9:.0f}",
        f"{found.lake_bytes / 1e12:.2f}",
        f"{kept.lake_bytes / 1e12:.2f}",
        f"{found.database_bytes / 1e9:.0f}",
    )


def update(page: str) -> str:
    """Replaces the generated part of the page."""
    policy = catalogue.load(BUILTIN_FOLDER).retention_policy
    return replace_generated(page, sections(read(), policy))


if __name__ == "__main__":
    PAGE = DOCS / "sizing.md"
    PAGE.write_text(update(PAGE.read_text()))
