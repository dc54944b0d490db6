"""Known faults: the registry of all kinds, and the making of archives that have one."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from dataflow_health.errors import NotFound
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.recorder import WordPacking
from dataflow_health.simulator.archive_faults import ARCHIVE_FAULTS
from dataflow_health.simulator.encoder import frame_words, to_bytes
from dataflow_health.simulator.fault_kind import FaultKind, File, Member
from dataflow_health.simulator.parameter_faults import PARAMETER_FAULTS
from dataflow_health.simulator.recorded import Recorded
from dataflow_health.simulator.recording_faults import RECORDING_FAULTS

FAULTS: Mapping[str, FaultKind] = MappingProxyType(
    ARCHIVE_FAULTS | RECORDING_FAULTS | PARAMETER_FAULTS
)
"""Every kind of fault, by name."""


def fault(name: str) -> FaultKind:
    """One kind of fault.

    Raises:
        NotFound: None has that name.
    """
    if name not in FAULTS:
        raise NotFound(f"no fault {name!r}; there are: {', '.join(sorted(FAULTS))}")
    return FAULTS[name]


def recording_bytes(
    recorded: Recorded,
    layout: Layout,
    word_packing: WordPacking,
    kind: FaultKind | None,
    rng: np.random.Generator,
) -> bytes:
    """A recording's file, with what a fault does to counts, words or bytes.

    Args:
        recorded: The flight.
        layout: Its layout.
        word_packing: How words are packed, unless the fault needs another.
        kind: The fault; None for a sound recording.
        rng: Decides where it strikes.

    Returns:
        The bytes.
    """
    kind = kind or SOUND
    tables = kind.on_counts(recorded, layout, rng) if kind.on_counts else (recorded.counts,)
    words = np.concatenate([frame_words(layout, counts) for counts in tables])
    if kind.on_words:
        words = kind.on_words(words, layout, rng)
    raw = to_bytes(words, kind.word_packing or word_packing)
    return kind.on_bytes(raw, rng) if kind.on_bytes else raw


def broken_members(members: tuple[Member, ...], kind: FaultKind | None) -> tuple[Member, ...]:
    """What is in an archive, with what a fault does to it."""
    return kind.on_members(members) if kind and kind.on_members else members


def broken_files(files: tuple[File, ...], kind: FaultKind | None) -> tuple[File, ...]:
    """An archive's file, with what a fault does to it."""
    return kind.on_files(files) if kind and kind.on_files else files


SOUND = FaultKind("Nothing is wrong.", "recording", "load", "kept")
