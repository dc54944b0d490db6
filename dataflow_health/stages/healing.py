"""Makes the files again that a stage could not read, by the stage before, in the same run.

Everything after download can be made again from the kept archive. What the stage before cannot make
again stays in quarantine, there or here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from loguru import logger
from sqlalchemy import select

from dataflow_health.stages.stage import (
    DaysFunction,
    Dependencies,
    StageFunction,
    StageOptions,
    StageRequest,
    StageSummary,
)
from dataflow_health.storage.files.integrity import INPUT_REASONS
from dataflow_health.storage.ledger import ledger, stage_records
from dataflow_health.storage.ledger.stage_order import ARCHIVE_STAGES, STAGES
from dataflow_health.storage.sql import locks, tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import chunks, fetch


@dataclass(frozen=True, slots=True)
class HealingStage:
    """A stage; what it refuses for its input is made again by the stage before, and repeated.

    Attributes:
        stage: Name of the stage.
        process: Runs the stage for one arrival day.
        remake: Runs the stage before, for one arrival day.
    """

    stage: str
    process: StageFunction
    remake: StageFunction

    def run(self, deps: Dependencies, request: StageRequest, options: StageOptions) -> StageSummary:
        """Runs the stage for one arrival day.

        Raises:
            StageError: One of the two stages cannot work at all.
        """
        return self._heal(deps, request, options, self.process(deps, request, options))

    def run_days(
        self,
        process_days: DaysFunction,
        deps: Dependencies,
        requests: Sequence[StageRequest],
        options: StageOptions,
    ) -> list[StageSummary]:
        """Runs the stage for several arrival days, which the given function processes together.

        Raises:
            StageError: One of the two stages cannot work at all.
        """
        summaries = process_days(deps, requests, options)
        return [
            self._heal(deps, request, options, summary)
            for request, summary in zip(requests, summaries, strict=True)
        ]

    def _heal(
        self,
        deps: Dependencies,
        request: StageRequest,
        options: StageOptions,
        summary: StageSummary,
    ) -> StageSummary:
        """Repeats what was refused for its input; returns the summary with what came of it."""
        refused = _refused_inputs(deps, self.stage, request) if summary.quarantined else {}
        if not refused:
            return summary
        before = STAGES[STAGES.index(self.stage) - 1]
        logger.warning("{}: {} makes {} inputs again", self.stage, before, len(refused))
        with writing(deps.engine) as connection:
            ledger.hand_over(
                connection, self.stage, request.day, refused, deps.clock(), repeat=refused
            )
        sources = tuple(sorted(set(refused.values())))
        with locks.acquire(deps.engine, locks.stage_lock(before, request.day)):
            made = self.remake(deps, replace(request, only=sources, force=True), options)
        again = self.process(deps, replace(request, only=tuple(refused)), options)
        return replace(
            summary,
            done=summary.done + again.done,
            quarantined=summary.quarantined - len(refused) + again.quarantined,
            bytes_in=summary.bytes_in + again.bytes_in,
            bytes_out=summary.bytes_out + again.bytes_out,
            rows_out=summary.rows_out + again.rows_out,
            remade=(before, *made.remade),
        )


def _refused_inputs(deps: Dependencies, stage: str, request: StageRequest) -> Mapping[str, str]:
    """What the stage before has to process again, by the recording that this run refused."""
    records = stage_records.find(deps.engine, stage=stage, day=request.day, states=["quarantined"])
    ids = [r.id for r in records if r.run_id == request.run_id and r.reason in INPUT_REASONS]
    if STAGES[STAGES.index(stage) - 1] not in ARCHIVE_STAGES:
        return {each: each for each in ids}
    recording = tables.recording
    statement = select(recording.c.id, recording.c.archive_id)
    return {
        row.id: row.archive_id
        for chunk in chunks(ids)
        for row in fetch(deps.engine, statement.where(recording.c.id.in_(chunk)))
    }
