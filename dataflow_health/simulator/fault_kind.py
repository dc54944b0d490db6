"""What a kind of fault is: what it breaks, where that must show, and what becomes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dataflow_health.flight.layout import Layout
from dataflow_health.flight.recorder import WordPacking
from dataflow_health.simulator.encoder import Words
from dataflow_health.simulator.recorded import Recorded
from dataflow_health.simulator.sampling import CountTable

Level = Literal["archive", "recording", "parameter"]

Outcome = Literal["waiting", "duplicate", "quarantined", "gap", "remarked", "found", "kept"]
"""``waiting``: not taken until it is whole. ``gap``: loaded, the lost seconds kept as a gap.
``remarked``: loaded, a check names it. ``found``: loaded, an algorithm finds it. ``kept``: loaded
whole, nothing is lost."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file inside an archive.

    Attributes:
        name: Its path there.
        content: Its bytes.
        mode: Unix file mode, type included.
    """

    name: str
    content: bytes
    mode: int = 0o100644


@dataclass(frozen=True, slots=True)
class File:
    """One file in the landing folder."""

    name: str
    content: bytes


CountsChange = Callable[[Recorded, Layout, np.random.Generator], tuple[CountTable, ...]]
"""Gives a table for each time that the recorder was switched on."""

WordsChange = Callable[[Words, Layout, np.random.Generator], Words]
BytesChange = Callable[[bytes, np.random.Generator], bytes]
MembersChange = Callable[[tuple[Member, ...]], tuple[Member, ...]]
FilesChange = Callable[[tuple[File, ...]], tuple[File, ...]]


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One thing that goes wrong. Exactly one of the ``on_`` fields says how.

    Attributes:
        describes: For people.
        level: What is broken.
        stage: Where it must show.
        outcome: What becomes of the archive or recording there.
        reason: Reason code of the refusal, name of the check that remarks it, or of the algorithm
            that finds it; empty when nothing needs to be said.
        loads: Whether the recording's findings reach the database.
        shortest_flight_s: Seconds of recording that it needs to show.
        word_packing: How words must be packed for it; None when it does not matter.
        on_counts: Changes counts.
        on_words: Changes words (rows, words), or words in a row.
        on_bytes: Changes the recording's bytes.
        on_members: Changes what is in the archive, the recording first.
        on_files: Changes the archive itself.
    """

    describes: str
    level: Level
    stage: str
    outcome: Outcome
    reason: str = ""
    loads: bool = True
    shortest_flight_s: int = 0
    word_packing: WordPacking | None = None
    on_counts: CountsChange | None = None
    on_words: WordsChange | None = None
    on_bytes: BytesChange | None = None
    on_members: MembersChange | None = None
    on_files: FilesChange | None = None
