"""States of an archive or recording at a stage."""

from typing import Literal

State = Literal["waiting", "running", "done", "quarantined", "written_off"]

UNFINISHED: tuple[State, ...] = ("waiting", "running")
"""Still to be processed; ``running`` without a live run was left by a run that died."""

NOT_DONE: tuple[State, ...] = ("quarantined", *UNFINISHED)
"""States that a re-run processes again."""

REFUSED: tuple[State, ...] = ("quarantined",)

SET_ASIDE: tuple[State, ...] = ("quarantined", "written_off")
"""Refused by a stage, and either waiting for an operator or given up by one."""

ENDED: tuple[State, ...] = ("done", *SET_ASIDE)
"""The stage has finished with it."""
