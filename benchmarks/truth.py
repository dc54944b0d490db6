"""Plays faults on a running ``up``: which processes turn red, when, with which messages.

``python -m benchmarks.truth docs/truth.md`` writes the page; without an argument it only prints.
"""

import argparse
import re
import sqlite3
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks import station
from benchmarks.report import replace_section
from benchmarks.station import Sighting, Station
from benchmarks.truth_cases import PLAYS, Play, reports_incident
from benchmarks.waiting import wait_until

RED_LIMIT_S = 300.0
GREEN_LIMIT_S = 600.0
MESSAGES_LIMIT_S = 180.0
STAYS_GREEN_S = 60.0
UNMATCHED_LIMIT_S = 10.0
"""Incidents follow the colours within 5 s on a quiet machine; the plays keep it busy."""
BUSY_PROCESSES = 16
SECTION = "truth"
PLAY_ERRORS = (OSError, RuntimeError, ValueError, LookupError, httpx.HTTPError, sqlite3.Error)


@dataclass(frozen=True, slots=True)
class Played:
    """What was seen of one play.

    Attributes:
        play: The play.
        red_s: Seconds until all expected processes were red; None when they never were.
        others: Processes that were red without being expected.
        severities: Severities of the open incidents.
        titles: Titles of the messages.
        broken_links: Links of the messages that open no page, or a page that does not exist.
        green_s: Seconds from the remedy until every process was HEALTHY; None when they were not.
        left_open: Incidents still open afterwards.
        loaded: Recordings whose answers reached SQL.
        unmatched_s: Longest time in which a process was red without an open incident, or an
            incident open without red.
    """

    play: Play
    red_s: float | None
    others: frozenset[str]
    severities: tuple[str, ...]
    titles: tuple[str, ...]
    broken_links: tuple[str, ...]
    green_s: float | None
    left_open: int
    loaded: int
    unmatched_s: float

    @property
    def is_true(self) -> bool:
        """Whether all was as expected."""
        matches = (
            len(self.severities) == self.play.incidents and self.unmatched_s <= UNMATCHED_LIMIT_S
        )
        return (
            self.red_s is not None
            and not self.others
            and (matches or not self.play.stores_incidents)
            and count_opened(self.titles) == count_ended(self.titles) == self.play.incidents
            and not self.broken_links
            and self.green_s is not None
            and not self.left_open
            and self.loaded == self.play.loaded
        )


def count_opened(titles: Sequence[str]) -> int:
    """Number of messages that report an incident."""
    return sum(map(reports_incident, titles))


def count_ended(titles: Sequence[str]) -> int:
    """Number of messages that report the end of an incident."""
    return sum(title.startswith(("[RECOVERED]", "[RESOLVED]")) for title in titles)


def main(arguments: Sequence[str]) -> int:
    """Plays the list; exit code 1 when a play was not as expected."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", nargs="?", type=Path)
    parser.add_argument(
        "--only", action="append", help="Text in the description of plays to run; may be repeated."
    )
    parser.add_argument(
        "--busy", type=int, default=BUSY_PROCESSES, help="Busy processes beside the first start."
    )
    chosen = parser.parse_args(arguments)
    texts = chosen.only or [""]
    plays = [each for each in PLAYS if any(text in each.description for text in texts)]
    rows: list[Played] = []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        with station.busy(chosen.busy):
            there = stack.enter_context(station.running(Path(folder) / "home"))
        if chosen.busy:
            rows.append(_first_start(there, chosen.busy))
            _report(rows[-1], chosen.page)
        for each in plays:
            try:
                rows.append(play(there, each))
            except PLAY_ERRORS:
                traceback.print_exc()
                rows.append(_unplayed(each))
            _report(rows[-1], chosen.page)
    return int(not all(row.is_true for row in rows))


def _report(played: Played, page: Path | None) -> None:
    """Prints what was seen of a play, and puts its row in the place of its last one."""
    print(_row(played), *played.titles, sep="\n  ", flush=True)
    if page:
        text = page.read_text()
        rows = [row for row in text.splitlines() if row.startswith("| ")][1:]
        kept = [row for row in rows if not row.startswith(f"| {played.play.description} |")]
        table = "\n".join([_HEAD, *kept, _row(played)])
        page.write_text(replace_section(text, SECTION, table))


def play(there: Station, chosen: Play) -> Played:
    """Plays one fault and its remedy."""
    messages, begin_s = len(there.receiver.messages), time.monotonic()
    first, loaded = len(there.sightings), there.loaded()
    chosen.begin(there)
    red_s = _seconds_to(lambda: _is_red(there, chosen.red), begin_s, RED_LIMIT_S)
    if not chosen.red:
        _seconds_to(lambda: there.loaded() - loaded >= chosen.loaded, begin_s, RED_LIMIT_S)
        time.sleep(STAYS_GREEN_S)
    _seconds_to(
        lambda: _has_incidents(there, chosen.incidents, messages), begin_s, MESSAGES_LIMIT_S
    )
    severities = tuple(str(each.problem.severity) for each in there.open_incidents())
    mend_s = time.monotonic()
    chosen.mend(there)
    green_s = _seconds_to(there.is_green, mend_s, GREEN_LIMIT_S)
    _seconds_to(lambda: there.loaded() - loaded >= chosen.loaded, mend_s, RED_LIMIT_S)
    _seconds_to(lambda: _is_over(there, chosen.incidents, messages), mend_s, MESSAGES_LIMIT_S)
    seen = there.sightings[first:]
    red = frozenset[str]().union(*(each.red for each in seen))
    titles = tuple(each["title"] for each in there.receiver.messages[messages:])
    left_open = len(there.open_incidents())
    broken = tuple(_broken_links(there, messages))
    others, came = red - chosen.red, there.loaded() - loaded
    return Played(
        chosen, red_s, others, severities, titles, broken, green_s, left_open, came,
        unmatched_s(seen),
    )  # fmt: skip


def unmatched_s(sightings: Sequence[Sighting]) -> float:
    """Longest time in which not exactly the red processes had an open incident.

    Args:
        sightings: What was seen, in order of time.
    """
    longest_s, begun_s = 0.0, None
    for each in sightings:
        if each.is_matched:
            begun_s = None
            continue
        begun_s = each.at_s if begun_s is None else begun_s
        longest_s = max(longest_s, each.at_s - begun_s)
    return longest_s


def _first_start(there: Station, busy: int) -> Played:
    """What was seen of the start, which the caller made on a busy machine."""
    started = Play(f"the first start, beside {busy} busy processes", _nothing, incidents=0)
    red = frozenset[str]().union(*(each.red for each in there.sightings))
    titles = tuple(each["title"] for each in there.receiver.messages)
    green_s = there.sightings[-1].at_s - there.sightings[0].at_s
    left_open, late_s = len(there.open_incidents()), unmatched_s(there.sightings)
    return Played(started, 0.0, red, (), titles, (), green_s, left_open, 0, late_s)


def _unplayed(chosen: Play) -> Played:
    """Row of a play that ended with an error, so that the others are still played."""
    return Played(chosen, None, frozenset(), (), (), (), None, 0, 0, 0.0)


def _nothing(_station: Station) -> None:
    """Does nothing."""


def _is_red(there: Station, expected: frozenset[str]) -> bool:
    return expected <= there.sightings[-1].red


def _has_incidents(there: Station, count: int, first: int) -> bool:
    """Whether this many incidents are open, and a message about each was sent."""
    sent = count_opened([each["title"] for each in there.receiver.messages[first:]])
    return len(there.open_incidents()) == count and sent >= count


def _is_over(there: Station, count: int, first: int) -> bool:
    """Whether no incident is open, and a message about the end of each was sent."""
    sent = count_ended([each["title"] for each in there.receiver.messages[first:]])
    return not there.open_incidents() and sent >= count


def _broken_links(there: Station, first: int) -> Iterator[str]:
    """Links of the newer messages that do not open."""
    with there.browser() as browser:
        for message in there.receiver.messages[first:]:
            for link in re.findall(r"https?://\S+", message["message"]):
                try:
                    opened = browser.get(link).is_success
                except httpx.HTTPError:
                    opened = False
                if not opened:
                    yield link


def _seconds_to(condition: Callable[[], bool], start_s: float, limit_s: float) -> float | None:
    with suppress(TimeoutError):
        wait_until(condition, limit_s)
        return time.monotonic() - start_s
    return None


_HEAD = (
    "| what happens | red | s | also red | incidents | messages | remedy | green after s "
    "| unmatched s | true |\n|---|---|---|---|---|---|---|---|---|---|"
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
        _seconds(row.unmatched_s),
        "yes" if row.is_true else "**no**",
    )
    return f"| {' | '.join(cells)} |"


def _seconds(value_s: float | None) -> str:
    return "never" if value_s is None else f"{value_s:.1f}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
