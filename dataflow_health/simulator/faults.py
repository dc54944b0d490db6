"""Registry of all kinds of faults, and functions that apply them."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from dataflow_health.errors import NotFound
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.recorder import WordPacking
from dataflow_health.simulator.archive_faults import ARCHIVE_FAULTS
from dataflow_health.simulator.encoder import frame_words, to_bytes
from dataflow_health.simulator.fault_kind import ArchiveMember, FaultKind, LandedFile
from dataflow_health.simulator.parameter_faults import PARAMETER_FAULTS
from dataflow_health.simulator.recording_faults import RECORDING_FAULTS
from dataflow_health.simulator.simulated_flight import SimulatedFlight

FAULT_KINDS: Mapping[str, FaultKind] = MappingProxyType(
    ARCHIVE_FAULTS | RECORDING_FAULTS | PARAMETER_FAULTS
)
"""Every kind of fault, by name."""


def find_fault_kind(name: str) -> FaultKind:
    """Looks up a kind of fault by name.

    Raises:
        NotFound: No kind of fault has this name.
    """
    if name not in FAULT_KINDS:
        raise NotFound(f"unknown fault {name!r}; known: {', '.join(sorted(FAULT_KINDS))}")
    return FAULT_KINDS[name]


def encode_recording(
    flight: SimulatedFlight,
    layout: Layout,
    word_packing: WordPacking,
    kind: FaultKind | None,
    rng: np.random.Generator,
) -> bytes:
    """Encodes a flight as a recording, and applies a fault to its counts, words or bytes.

    Args:
        flight: The flight.
        layout: Layout of its frames.
        word_packing: How words are packed, unless the fault needs another.
        kind: The fault; None for an undamaged recording.
        rng: Source of random numbers for the location of the fault.

    Returns:
        The bytes of the file.
    """
    kind = kind or NO_FAULT
    tables = kind.on_counts(flight, layout, rng) if kind.on_counts else (flight.counts,)
    words = np.concatenate([frame_words(layout, counts) for counts in tables])
    if kind.on_words:
        words = kind.on_words(words, layout, rng)
    raw = to_bytes(words, kind.word_packing or word_packing)
    return kind.on_bytes(raw, rng) if kind.on_bytes else raw


def apply_to_members(
    members: tuple[ArchiveMember, ...], kind: FaultKind | None
) -> tuple[ArchiveMember, ...]:
    """Applies a fault to the members of an archive."""
    return kind.on_members(members) if kind and kind.on_members else members


def apply_to_files(files: tuple[LandedFile, ...], kind: FaultKind | None) -> tuple[LandedFile, ...]:
    """Applies a fault to the file of an archive."""
    return kind.on_files(files) if kind and kind.on_files else files


NO_FAULT = FaultKind("No fault.", "recording", "load", "intact")
