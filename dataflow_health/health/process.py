"""A monitored process, as declared in ``processes/*.yaml``."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from dataflow_health.health.check import UNDECLARED, AssetCheck, Check
from dataflow_health.health.frozen_model import FrozenModel, Name


class Process(FrozenModel):
    """One process; the stem of its file is its name.

    Attributes:
        describes: Purpose of the process, in words.
        group: Group; processes of one group are drawn in one frame.
        owner: Person or team responsible: an address, or ``team:name``.
        runbook: Instructions for a failure: a path in ``docs/`` or a URL.
        external: True for a process that is only monitored, not run, by the pipeline.
        after: Processes whose output it needs.
        before: Processes that need its output; the same dependency, declared from this end.
        checks: Checks of the process.
    """

    describes: Annotated[str, Field(min_length=1)]
    group: str = ""
    owner: str = ""
    runbook: str = ""
    external: bool = False
    after: tuple[Name, ...] = ()
    before: tuple[Name, ...] = ()
    checks: tuple[Check, ...] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        counts = Counter(check.name for check in self.checks)
        problems = [
            f"check {name}: {times} checks have this name, give each its own"
            for name, times in counts.items()
            if times > 1
        ]
        problems += [
            f"check {name}: this name is reserved for a check that every stage has undeclared"
            for name in UNDECLARED
            if name in counts
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self


def asset_checks(processes: Mapping[str, Process]) -> frozenset[tuple[str, str]]:
    """Process and name of each check that a stage's own run evaluates."""
    return frozenset(
        (name, check.name)
        for name, process in processes.items()
        for check in process.checks
        if isinstance(check, AssetCheck)
    )
