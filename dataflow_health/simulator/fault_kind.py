"""Definition of a kind of fault: the damage, the stage that must detect it, and the outcome."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dataflow_health.flight.layout import Layout
from dataflow_health.flight.recorder import WordPacking
from dataflow_health.simulator.encoder import Words
from dataflow_health.simulator.sampling import CountTable
from dataflow_health.simulator.simulated_flight import SimulatedFlight

FaultLevel = Literal["archive", "recording", "parameter"]

FaultOutcome = Literal["waiting", "duplicate", "quarantined", "gap", "flagged", "found", "intact"]
"""``waiting``: not downloaded until complete. ``gap``: loaded, with a gap for the lost seconds.
``flagged``: loaded, and a check names it. ``found``: loaded, and an algorithm finds it. ``intact``:
loaded without loss."""


@dataclass(frozen=True, slots=True)
class ArchiveMember:
    """A file inside an archive.

    Attributes:
        name: Path in the archive.
        content: Bytes of the file.
        mode: Unix file mode, including the file type.
    """

    name: str
    content: bytes
    mode: int = 0o100644


@dataclass(frozen=True, slots=True)
class LandedFile:
    """A file in the landing folder."""

    name: str
    content: bytes


CountsChange = Callable[[SimulatedFlight, Layout, np.random.Generator], tuple[CountTable, ...]]
"""Returns one table for each time the recorder was switched on."""

WordsChange = Callable[[Words, Layout, np.random.Generator], Words]
BytesChange = Callable[[bytes, np.random.Generator], bytes]
MembersChange = Callable[[tuple[ArchiveMember, ...]], tuple[ArchiveMember, ...]]
FilesChange = Callable[[tuple[LandedFile, ...]], tuple[LandedFile, ...]]


@dataclass(frozen=True, slots=True)
class FaultKind:
    """A kind of fault. Exactly one of the ``on_`` fields is set.

    Attributes:
        describes: Description for people.
        level: What is damaged.
        stage: Stage at which the fault must show.
        outcome: Outcome for the archive or recording at that stage.
        reason: Reason code of the refusal, or name of the check or algorithm that reports the
            fault; empty if none does.
        loads: Whether the findings of the recording reach the database.
        shortest_flight_s: Minimum duration of a flight in which the fault shows.
        word_packing: How words must be packed for it; None when it does not matter.
        on_counts: Function that changes the counts.
        on_words: Function that changes the words (rows, words) or a flat array of words.
        on_bytes: Function that changes the bytes of the recording.
        on_members: Function that changes the members of the archive; the recording is the first.
        on_files: Function that changes the archive file itself.
    """

    describes: str
    level: FaultLevel
    stage: str
    outcome: FaultOutcome
    reason: str = ""
    loads: bool = True
    shortest_flight_s: int = 0
    word_packing: WordPacking | None = None
    on_counts: CountsChange | None = None
    on_words: WordsChange | None = None
    on_bytes: BytesChange | None = None
    on_members: MembersChange | None = None
    on_files: FilesChange | None = None
