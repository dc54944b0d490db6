"""States of an archive or recording at a stage."""

from typing import Literal

from sqlalchemy import ColumnElement, FromClause, bindparam

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


def is_unfinished(work: FromClause) -> ColumnElement[bool]:
    """Condition for the unfinished rows of a table with stage records, or of an alias of one.

    The states are written into the statement: a partial index cannot serve bound parameters.
    """
    state: ColumnElement[str] = work.c.state
    return state.in_(bindparam("unfinished", UNFINISHED, expanding=True, literal_execute=True))
