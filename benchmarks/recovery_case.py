"""One fault on a running station, and what all of them need: a flight, and a step at work."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass

import psutil

from benchmarks.station import Station

Action = Callable[[Station], None]

STEP_LIMIT_S = 240.0
LOOKS_EVERY_S = 0.01
"""A step of a short stage is at work for a tenth of a second only."""


@dataclass(frozen=True, slots=True)
class Case:
    """One fault, with what has to follow from it.

    Attributes:
        description: What happens.
        begin: Makes it happen; the time to red counts from its end.
        red: Processes that must be FAILED or WARNING; empty when it may heal before it is seen.
        mend: Removes the cause; by default, does nothing.
        remedy: What ``mend`` does, in words.
        look: What else is looked at when all is whole again, with a note for the page.
    """

    description: str
    begin: Action
    red: frozenset[str] = frozenset()
    mend: Action = lambda _station: None
    remedy: str = "none: it heals itself"
    look: Callable[[Station], str] = lambda _station: ""


def land_spare(station: Station) -> None:
    """Lets the next flight arrive."""
    path = station.spare.pop()
    station.land(path.name, path.read_bytes())


def both(*actions: Action) -> Action:
    """One action after the other."""

    def action(station: Station) -> None:
        for each in actions:
            each(station)

    return action


def pause(seconds: float) -> Action:
    """Waits."""
    return lambda _station: time.sleep(seconds)


def steps(station: Station) -> Iterator[tuple[str, int]]:
    """Stage and process of every step in flight."""
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(station.home / "ledger.sqlite", timeout=60)) as connection,
    ):
        yield from connection.execute("SELECT stage, pid FROM running_step").fetchall()


def wait_for_step(station: Station, stage: str) -> psutil.Process:
    """The process of a stage, or of any for an empty text, as soon as it is at work.

    Raises:
        TimeoutError: The stage was not seen at work.
    """
    deadline_s = time.monotonic() + STEP_LIMIT_S
    while time.monotonic() < deadline_s:
        for name, pid in steps(station):
            if stage in ("", name):
                with suppress(psutil.NoSuchProcess):
                    found = psutil.Process(pid)
                    if found.status() != psutil.STATUS_ZOMBIE:
                        return found
        time.sleep(LOOKS_EVERY_S)
    raise TimeoutError(f"{stage} was not seen at work within {STEP_LIMIT_S:g} s")


def during(stage: str, action: Action) -> Action:
    """A flight arrives, and the action happens when it reaches a stage."""

    def begin(station: Station) -> None:
        land_spare(station)
        wait_for_step(station, stage)
        action(station)

    return begin
