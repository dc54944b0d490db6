"""Evidence of a debt: the newest recordings that are owed something, and the number of others."""

from collections.abc import Sequence
from datetime import date

from dataflow_health.health.observation import Evidence

OWED = "owed"
"""Reason code of everything that is owed."""
COMMAND = "dataflow-health rerun --owed"
"""Command that pays every debt."""
NAMED = 3
"""Recordings that the evidence names."""


def list_debts(
    whole: Evidence,
    newest: Sequence[tuple[str, str, date]],
    count: int,
    noun: str,
    list_command: str,
) -> tuple[Evidence, ...]:
    """Evidence of each named recording, then of all others as one.

    Args:
        whole: What all have in common.
        newest: Id, aircraft and arrival day of the newest recordings.
        count: Number of all debts.
        noun: What is owed: ``answer``.
        list_command: Command that lists all of them.
    """
    named = newest[:NAMED]
    single = [
        whole.model_copy(
            update={
                "recording_id": id_,
                "tail": tail,
                "found": f"owed: {format_count(1, noun)}, arrival day {day}",
            }
        )
        for id_, tail, day in named
    ]
    rest = count - len(named)
    if rest:
        found = f"owed: {format_count(rest, noun)}" + (f"; all: {list_command}" if named else "")
        single.append(whole.model_copy(update={"found": found, "count": rest}))
    return tuple(single)


def format_count(count: int, noun: str) -> str:
    """A number with its noun: ``2 answers``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
