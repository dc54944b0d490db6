"""A monitored block of the operator's world, as declared in ``config/processes/*.yaml``."""

from collections import Counter
from typing import Annotated, Self

from pydantic import Field, model_validator

from dataflow_health.health.check import UNDECLARED, Check
from dataflow_health.health.frozen_model import FrozenModel, Name


class Process(FrozenModel):
    """One process; the stem of its file is its name.

    Attributes:
        describes: For people.
        group: Blocks of one group are drawn in one frame.
        owner: Who is asked first: an address, or ``team:name``.
        runbook: What to do when it is red: a path in ``docs/`` or a URL.
        external: True for what we only watch.
        after: Processes whose output it needs.
        before: Processes that need it; the same arrow, declared from this end.
        checks: What must hold.
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
    def _names_differ(self) -> Self:
        counted = Counter(check.name for check in self.checks)
        faults = [
            f"check {name}: {times} checks have this name, give each its own"
            for name, times in counted.items()
            if times > 1
        ]
        faults += [
            f"check {name}: this name is kept for what every stage has undeclared"
            for name in UNDECLARED
            if name in counted
        ]
        if faults:
            raise ValueError("; ".join(faults))
        return self
