"""Dependencies, request and summary of a run of a stage."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.stages.executor import Executor, ThreadExecutor
from dataflow_health.stages.safe_zip import Limits
from dataflow_health.stages.sandbox import pool
from dataflow_health.stages.sandbox.pool import Sandbox
from dataflow_health.storage.files.lake import Lake

Progress = Callable[[str, int, int], None]
"""Called with the stage, the number of finished items and the number of all items."""


def _no_progress(_stage: str, _finished: int, _total: int) -> None:
    """Progress of a caller who does not show any."""


@dataclass(frozen=True, slots=True)
class WorkerDependencies:
    """What the work on a single archive or recording needs; it can be sent to a worker elsewhere.

    Attributes:
        lake: Files of the stages.
        catalogue: Everything declared in YAML.
        sandbox: Child processes that open untrusted bytes.
    """

    lake: Lake
    catalogue: Catalogue
    sandbox: Sandbox


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What every stage works with.

    Attributes:
        engine: Database of the ledger and the results.
        lake: Files of the stages.
        catalogue: Everything declared in YAML.
        clock: Returns the current time, UTC.
        workers: Number of threads.
        sandbox: Child processes that open untrusted bytes.
        cluster: Where single archives and recordings are processed; None for threads here.
    """

    engine: Engine
    lake: Lake
    catalogue: Catalogue
    clock: Callable[[], datetime]
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    sandbox: Sandbox = field(default_factory=pool.shared)
    cluster: Executor | None = None

    @property
    def executor(self) -> Executor:
        """Where single archives and recordings are processed."""
        return self.cluster or ThreadExecutor(self.workers)

    @property
    def of_worker(self) -> WorkerDependencies:
        """What is sent to workers: all but the database, which only this process writes."""
        return WorkerDependencies(self.lake, self.catalogue, self.sandbox)


@dataclass(frozen=True, slots=True)
class StageOptions:
    """Inputs that a single stage needs besides its dependencies.

    Attributes:
        source_url: Source of the archives, for download.
        settle_s: Seconds for which a file without sidecar must stay unchanged, for download.
        limits: Limits of an archive, for extract.
        tsv_codec: Compression of the TSV, ``zst`` or ``gz``, for store.
        spark: Returns the Spark session, for ingest and analyse; called only when there is work.
        algorithms: Names of the algorithms to run, for analyse; None for all.
    """

    source_url: str
    settle_s: float
    limits: Limits
    tsv_codec: str
    spark: Callable[[], Any]
    algorithms: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class StageRequest:
    """A request to process one arrival day in one stage.

    Attributes:
        day: Arrival day.
        run_id: Dagster run, for the ledger and the log.
        force: Process finished items again.
        only: Ids of the archives or recordings to process; None for all.
        is_watched: Whether a watch of the source has recorded the archives to download.
        progress: Called after every finished item.
    """

    day: str
    run_id: str = "direct"
    force: bool = False
    only: tuple[str, ...] | None = None
    is_watched: bool = False
    progress: Progress = _no_progress


@dataclass(frozen=True, slots=True)
class StageSummary:
    """Counts of one run of a stage.

    Attributes:
        stage: Name of the stage.
        day: Arrival day.
        worked: Archives or recordings that were processed.
        done: Of these, finished.
        quarantined: Of these, refused.
        bytes_in: Bytes read.
        bytes_out: Bytes written.
        rows_out: Rows written.
        algorithm_counts: Of analyse: counts of each algorithm's new results, as
            :func:`~dataflow_health.stages.result_files.count_by_algorithm`.
        remade: Earlier stages that made files again which this one could not read.
    """

    stage: str
    day: str
    worked: int = 0
    done: int = 0
    quarantined: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    rows_out: int = 0
    algorithm_counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    remade: tuple[str, ...] = ()


def work_folder(stage: str, day: str) -> str:
    """Folder of the lake for a stage's files that are not complete, of one arrival day.

    The stage holds the lock of the day, so what is in there when it begins was left by a crash.
    """
    return f"{stage}/.work/{day}"


StageFunction = Callable[[Dependencies, StageRequest, StageOptions], StageSummary]
"""Processes one arrival day in one stage."""

DaysFunction = Callable[
    [Dependencies, Sequence[StageRequest], StageOptions], Sequence[StageSummary]
]
"""Processes several arrival days of one run in one stage; returns a summary of each."""
