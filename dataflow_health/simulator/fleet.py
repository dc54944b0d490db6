"""Writes the archives of a fleet as they would arrive, with their ground truth."""

import hashlib
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np

from dataflow_health.flight.layout import Layout
from dataflow_health.simulator.archive_faults import build_zip
from dataflow_health.simulator.event_kinds import MEASUREMENTS
from dataflow_health.simulator.fault_kind import ArchiveMember, FaultKind, LandedFile
from dataflow_health.simulator.faults import (
    apply_to_files,
    apply_to_members,
    encode_recording,
    find_fault_kind,
)
from dataflow_health.simulator.fleet_plan import (
    FleetPlan,
    Sortie,
    plan_sorties,
)
from dataflow_health.simulator.ground_truth import (
    ArchiveTruth,
    EventTruth,
    FaultTruth,
    GroundTruth,
    RecordingTruth,
)
from dataflow_health.simulator.layouts import GENERIC, generic_layout
from dataflow_health.simulator.simulated_flight import SimulatedFlight, simulate_flight

Progress = Callable[[int, int], None]
"""Callback with the number of archives written and their total."""

FlightTruth = tuple[tuple[ArchiveTruth, ...], tuple[RecordingTruth, ...], tuple[EventTruth, ...]]
"""Ground truth of the archives, recordings and events of one flight."""


def write_fleet(folder: Path, plan: FleetPlan, progress: Progress | None = None) -> GroundTruth:
    """Writes one archive for each flight, in the order of arrival.

    An archive is written under a hidden name and renamed, so it is never visible half-written. Its
    modification time is its arrival time. Equal plans write identical bytes.

    Args:
        folder: Created if missing; existing files of the same names are replaced.
        plan: The fleet.
        progress: Called after every archive.

    Returns:
        The ground truth: archives, recordings, faults and expected findings.

    Raises:
        NotFound: An event or fault does not exist.
        ValueError: The plan contains an impossible flight.
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    layout = generic_layout()
    ordered = sorted(plan_sorties(plan), key=lambda sortie: (sortie.arrived_at, sortie.flight.tail))
    flights: list[FlightTruth] = []
    for sortie in ordered:
        flights.append(_write(folder, plan, sortie, layout))
        if progress:
            progress(len(flights), len(ordered))
    return GroundTruth(
        seed=plan.seed,
        archives=tuple(archive for archives, _, _ in flights for archive in archives),
        recordings=tuple(recording for _, recordings, _ in flights for recording in recordings),
        events=tuple(event for _, _, events in flights for event in events),
        measurements=MEASUREMENTS,
    )


def recording_name(tail: str, started_at: datetime) -> str:
    """File name of a recording, in the format of ``config/recorders/generic_rdf.yaml``."""
    return f"{tail}_{started_at:%Y%m%dT%H%M%SZ}.rdf"


def _write(folder: Path, plan: FleetPlan, sortie: Sortie, layout: Layout) -> FlightTruth:
    kind = find_fault_kind(sortie.fault) if sortie.fault else None
    flight = simulate_flight(sortie.flight, layout)
    rng = np.random.default_rng((sortie.flight.seed, 1))
    raw = encode_recording(flight, layout, plan.word_packing, kind, rng)
    members = apply_to_members(_members(sortie, raw), kind)
    files = apply_to_files((_archive(sortie, members),), kind)
    for file in files:
        _write_file(folder, file, sortie.arrived_at)
    faults = (_fault_truth(sortie.fault, kind),) if kind else ()
    archives = tuple(_archive_truth(file, sortie.arrived_at, faults) for file in files)
    # A recording in an archive that does not load is listed as it was before the fault.
    listed = members if kind is None or kind.loads else (ArchiveMember(_name(sortie), raw),)
    recordings = {
        _sha256(member.content): _recording_truth(plan, sortie, files[0].name, member, kind, faults)
        for member in reversed(listed)
        if member.name.endswith(".rdf")
    }
    return archives, tuple(recordings.values()), _event_truths(flight, _sha256(raw))


def _name(sortie: Sortie) -> str:
    return recording_name(sortie.flight.tail, sortie.flight.started_at)


def _members(sortie: Sortie, raw: bytes) -> tuple[ArchiveMember, ...]:
    name, read_at = _name(sortie), f"{sortie.arrived_at:%Y-%m-%d %H:%M:%S}Z"
    card = f"tail: {sortie.flight.tail}\nread at: {read_at}\nrecordings:\n  {name}\n"
    return ArchiveMember(name, raw), ArchiveMember("card.txt", card.encode())


def _archive(sortie: Sortie, members: tuple[ArchiveMember, ...]) -> LandedFile:
    at = sortie.arrived_at
    content = build_zip(members, (at.year, at.month, at.day, at.hour, at.minute, at.second))
    return LandedFile(f"{sortie.flight.tail}_{at:%Y%m%dT%H%M%SZ}.zip", content)


def _archive_truth(
    file: LandedFile, arrived_at: datetime, faults: tuple[FaultTruth, ...]
) -> ArchiveTruth:
    return ArchiveTruth(
        id=_sha256(file.content),
        name=file.name,
        arrived_at=arrived_at,
        size_bytes=len(file.content),
        faults=faults,
    )


def _recording_truth(
    plan: FleetPlan,
    sortie: Sortie,
    archive: str,
    member: ArchiveMember,
    kind: FaultKind | None,
    faults: tuple[FaultTruth, ...],
) -> RecordingTruth:
    return RecordingTruth(
        id=_sha256(member.content),
        name=member.name,
        archive=archive,
        tail=sortie.flight.tail,
        started_at=sortie.flight.started_at,
        duration_s=sortie.flight.duration_s,
        layout=GENERIC,
        word_packing=kind.word_packing if kind and kind.word_packing else plan.word_packing,
        loads=kind is None or kind.loads,
        faults=faults,
    )


def _write_file(folder: Path, file: LandedFile, arrived_at: datetime) -> None:
    hidden = folder / f".{file.name}.tmp"
    hidden.write_bytes(file.content)
    os.utime(hidden, (arrived_at.timestamp(), arrived_at.timestamp()))
    hidden.replace(folder / file.name)


def _fault_truth(name: str, kind: FaultKind) -> FaultTruth:
    return FaultTruth(
        name=name, level=kind.level, stage=kind.stage, outcome=kind.outcome, reason=kind.reason
    )


def _event_truths(flight: SimulatedFlight, recording: str) -> tuple[EventTruth, ...]:
    return tuple(
        EventTruth(
            algorithm=event.name,
            tail=flight.plan.tail,
            recording=recording,
            start_s=event.start_s,
            end_s=event.end_s,
            peak=event.peak,
            unit=event.unit,
            also_found_by=event.also_found_by,
        )
        for event in flight.events
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
