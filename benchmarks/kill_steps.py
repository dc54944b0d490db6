"""Kills a process at one step of a stage, and compares what stages came to.

A step is the begin or the end of a transaction, or a file that gets its name.
"""

import os
import signal
import sys
from typing import Any

from sqlalchemy import Engine, event, select

from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import reading

Rows = dict[str, list[tuple[Any, ...]]]

VARIES = {
    "queued_at", "started_at", "finished_at", "uploaded_at", "seen_at", "run_id", "attempts",
    "measurements", "source",
}  # fmt: skip
"""Columns that say where, when and how often something ran."""


class Steps:
    """Counts the steps of the stage that runs, and ends the process at one of them."""

    def __init__(self, fatal_stage: str, fatal: int) -> None:
        """Takes the stage and the number of the step at which the process dies."""
        self.fatal_stage, self.fatal = fatal_stage, fatal
        self.stage, self.count = "before the first", 0

    def listen(self) -> None:
        """Counts from now on."""
        for name in ("begin", "commit"):
            event.listen(Engine, name, self.step)
        sys.addaudithook(self.on_audit)

    def begin(self, stage: str) -> None:
        """A stage begins."""
        self.stage, self.count = stage, 0

    def end(self) -> None:
        """The stage ends: the process dies when the stage had fewer steps than the fatal one."""
        if self.stage == self.fatal_stage:
            self.die()

    def step(self, *_details: object) -> None:
        """One step is about to happen."""
        if (self.stage, self.count) == (self.fatal_stage, self.fatal):
            self.die()
        self.count += 1

    def on_audit(self, name: str, details: tuple[object, ...]) -> None:
        """A call of the interpreter that may give a file its name; compiled modules do not count.

        Python writes those at the first run only, so that a step would have another number then.
        """
        if name in ("os.rename", "os.link") and not str(details[1]).endswith(".pyc"):
            self.step()

    def die(self) -> None:
        """Ends this process as a power loss does."""
        os.kill(os.getpid(), signal.SIGKILL)


def rows(engine: Engine) -> Rows:
    """All rows that must not depend on how often a process died, by table."""
    found: Rows = {}
    with reading(engine) as connection:
        for table in (tables.finding, tables.algorithm_run, tables.recording_stage,
                      tables.archive_stage, tables.member, tables.arrival):  # fmt: skip
            names = [each.name for each in table.c if each.name not in VARIES]
            chosen = connection.execute(select(*(table.c[name] for name in names)))
            found[table.name] = sorted(map(tuple, chosen), key=repr)
    return found


def files(deps: Dependencies) -> list[str]:
    """Files of the lake, in the order of the stages."""
    return [path for stage in STAGES for path in deps.lake.files(stage)]
