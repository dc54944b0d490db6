"""A small landing folder taken through all eight stages, once a test process."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from dataflow_health.simulator.encoder import encode
from dataflow_health.simulator.events import PlannedEvent
from dataflow_health.simulator.layouts import generic_layout
from dataflow_health.simulator.simulated_flight import FlightPlan, SimulatedFlight, simulate_flight
from dataflow_health.stages.chain import CHAIN
from dataflow_health.stages.stage import Dependencies, StageOptions, StageRequest, StageSummary
from dataflow_health.storage.ledger import stage_records
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health_tests.factories import DAY, LIMITS, land, zipped

Session = Callable[[], Any]


@dataclass(frozen=True)
class ProcessedDay:
    """A day that went through all stages, and what was put into it."""

    deps: Dependencies
    landing: Path
    summaries: Mapping[str, StageSummary]
    flights: Mapping[str, SimulatedFlight]

    def records(self, stage: str) -> list[StageRecord]:
        """The ledger's rows of a stage."""
        return stage_records.find(self.deps.engine, stage=stage, day=DAY)

    @contextmanager
    def torn_output(self, stage: str) -> Iterator[None]:
        """Cuts the end of a file that a stage wrote; afterwards it is whole again."""
        path, lake = self.records(stage)[0].output_path, self.deps.lake
        original = lake.read(path)
        lake.write(path, original[:-10])
        yield
        lake.write(path, original)


FINDINGS = (
    "SELECT recording_id, algorithm, start_s, end_s, peak, peak_at_s, severity, detail "
    "FROM finding ORDER BY recording_id, algorithm, start_s, end_s"
)


def results(deps: Dependencies, day: str = DAY) -> tuple[object, ...]:
    """All that must not depend on where the work was done, nor on what failed meanwhile.

    Extract works on archives beside each other: of two with the same recording, either may be the
    one that brings it, so what came out of an archive is left out.
    """
    with deps.engine.connect() as connection:
        findings = [tuple(row) for row in connection.execute(text(FINDINGS))]
    rows = [
        (stage, each.id, each.state, each.reason, "" if stage == "extract" else each.rows_out,
         each.output_path, each.output_digest)
        for stage in STAGES
        for each in stage_records.find(deps.engine, stage=stage, day=day)
    ]  # fmt: skip
    return findings, sorted(rows, key=str)


def make_flight(
    tail: str, hour: int, seed: int, *events: PlannedEvent, duration_s: int = 900
) -> tuple[str, SimulatedFlight, bytes]:
    """Name, truth and bytes of one generic recording that arrived on the day."""
    begun = datetime.fromisoformat(DAY).replace(tzinfo=UTC) + timedelta(hours=hour)
    made = simulate_flight(
        FlightPlan(tail, begun, duration_s, seed, seed, events), generic_layout()
    )
    name = f"{tail}_{begun:%Y%m%dT%H%M%S}Z"
    return name, made, encode(generic_layout(), made.counts, "packed")


def land_archives(folder: Path, archives: Mapping[str, Mapping[str, bytes]]) -> None:
    """Puts archives into a landing folder, one a minute."""
    start = datetime.fromisoformat(DAY).replace(tzinfo=UTC) + timedelta(hours=11)
    for minute, (name, members) in enumerate(archives.items()):
        land(folder, name, zipped(members), start + timedelta(minutes=minute))


def run_stages(
    deps: Dependencies,
    landing: Path,
    spark: Session,
    *,
    day: str = DAY,
    force: bool = False,
    until: str = "load",
) -> dict[str, StageSummary]:
    """All stages of a day, in order."""
    request = StageRequest(day, "run-1", force=force)
    options = StageOptions(str(landing), 0, LIMITS, "zst", spark)
    summaries = {}
    for stage in CHAIN:
        summaries[stage.name] = stage.run(deps, request, options)
        if stage.name == until:
            break
    return summaries
