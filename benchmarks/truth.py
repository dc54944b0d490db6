"""Plays faults on a running ``up``: which processes turn red, when, with which messages.

``python -m benchmarks.truth docs/truth.md`` writes the page; without an argument it only prints.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks import station
from benchmarks.report import replace_section
from benchmarks.station import Station
from benchmarks.truth_cases import PLAYS, Play
from benchmarks.waiting import wait_until

RED_LIMIT_S = 300.0
GREEN_LIMIT_S = 600.0
MESSAGES_LIMIT_S = 120.0
STAYS_GREEN_S = 60.0
SECTION = "truth"


@dataclass(frozen=True, slots=True)
class Played:
    """What was seen of one play.

    Attributes:
        play: The play.
        red_s: Seconds until all expected processes were red; None when they never were.
        others: Processes that were red without being expected.
        severities: Severities of the open incidents.
        titles: Titles of the messages.
        green_s: Seconds from the remedy until every process was HEALTHY; None when they were not.
        left_open: Incidents still open afterwards.
    """

    play: Play
    red_s: float | None
    others: frozenset[str]
    severities: tuple[str, ...]
    titles: tuple[str, ...]
    green_s: float | None
    left_open: int

    @property
    def is_true(self) -> bool:
        """Whether all was as expected."""
        return (
            self.red_s is not None
            and not self.others
            and len(self.severities) == self.play.incidents
            and self.green_s is not None
            and not self.left_open
        )


def main(arguments: Sequence[str]) -> int:
    """Plays the list; exit code 1 when a play was not as expected."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", nargs="?", type=Path)
    parser.add_argument("--only", default="", help="Text in the description of the plays to run.")
    chosen = parser.parse_args(arguments)
    plays = [each for each in PLAYS if chosen.only in each.description]
    rows: list[Played] = []
    with tempfile.TemporaryDirectory() as folder, station.running(Path(folder) / "home") as there:
        for each in plays:
            rows.append(play(there, each))
            print(_row(rows[-1]), *rows[-1].titles, sep="\n  ", flush=True)
    if chosen.page:
        table = "\n".join([_HEAD, *map(_row, rows)])
        chosen.page.write_text(replace_section(chosen.page.read_text(), SECTION, table))
    return int(not all(row.is_true for row in rows))


def play(there: Station, chosen: Play) -> Played:
    """Plays one fault and its remedy."""
    messages, begin_s = len(there.receiver.messages), time.monotonic()
    first = len(there.sightings)
    chosen.begin(there)
    red_s = _seconds_to(lambda: _is_red(there, chosen.red), begin_s, RED_LIMIT_S)
    if not chosen.red:
        time.sleep(STAYS_GREEN_S)
    _seconds_to(
        lambda: _has_incidents(there, chosen.incidents, messages), begin_s, MESSAGES_LIMIT_S
    )
    severities = tuple(str(each.problem.severity) for each in there.open_incidents())
    mend_s = time.monotonic()
    chosen.mend(there)
    green_s = _seconds_to(there.is_green, mend_s, GREEN_LIMIT_S)
    _seconds_to(lambda: not there.open_incidents(), mend_s, MESSAGES_LIMIT_S)
    red = frozenset[str]().union(*(each.red for each in there.sightings[first:]))
    titles = tuple(each["title"] for each in there.receiver.messages[messages:])
    left_open = len(there.open_incidents())
    return Played(chosen, red_s, red - chosen.red, severities, titles, green_s, left_open)


def _is_red(there: Station, expected: frozenset[str]) -> bool:
    return expected <= there.sightings[-1].red


def _has_incidents(there: Station, count: int, first: int) -> bool:
    """Whether this many incidents are open, and a message about each was sent."""
    titles = [each["title"] for each in there.receiver.messages[first:]]
    sent = sum(title.startswith(("[FAILED]", "[WARNING]")) for title in titles)
    return len(there.open_incidents()) == count and sent >= count


def _seconds_to(condition: Callable[[], bool], start_s: float, limit_s: float) -> float | None:
    with suppress(TimeoutError):
        wait_until(condition, limit_s)
        return time.monotonic() - start_s
    return None


_HEAD = (
    "| what happens | red | s | also red | incidents | messages | remedy | green after s | true |"
    "\n|---|---|---|---|---|---|---|---|---|"
)


def _row(row: Played) -> str:
    cells = (
        row.play.description,
        ", ".join(sorted(row.play.red)) or "nothing",
        _seconds(row.red_s) if row.play.red else "",
        ", ".join(sorted(row.others)),
        ", ".join(row.severities),
        str(len(row.titles)),
        row.play.remedy if row.play.red else "",
        _seconds(row.green_s),
        "yes" if row.is_true else "**no**",
    )
    return f"| {' | '.join(cells)} |"


def _seconds(value_s: float | None) -> str:
    return "never" if value_s is None else f"{value_s:.1f}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
