"""Plays faults on a running ``up``: what turns red, when, what heals, and if results differ.

``python -m benchmarks.recovery docs/recovery.md`` writes the page; without an argument it only
prints.
"""

import argparse
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks import fixtures, station
from benchmarks.recovery_cases import CASES, Case
from benchmarks.report import replace_section
from benchmarks.station import Sighting, Station
from benchmarks.waiting import responds, wait_until
from dataflow_health import wiring
from dataflow_health.settings import Settings

AIRCRAFT = 40
RED_LIMIT_S = 300.0
WHOLE_LIMIT_S = 900.0
SECTION = "recovery"

Answers = Mapping[str, frozenset[tuple[object, ...]]]
"""Results and findings by the name of the archive that they were found in."""

_ANSWERS = """
SELECT archive.name, recording.member, run.algorithm, run.outcome, finding.number,
    finding.start_s, finding.end_s, finding.peak, finding.peak_at_s, finding.detail
FROM archive
JOIN recording ON recording.archive_id = archive.id
JOIN algorithm_run AS run ON run.recording_id = recording.id
LEFT JOIN finding
    ON finding.recording_id = run.recording_id AND finding.algorithm = run.algorithm
"""


@dataclass(frozen=True, slots=True)
class Played:
    """What was seen of one case.

    Attributes:
        case: The case.
        red: Seconds to the first sighting of every process that was FAILED or WARNING.
        away_s: Seconds for which the API did not answer.
        titles: Titles of the messages.
        whole_s: Seconds from the remedy until the station was whole; None when it never was.
        different: Archives without results, or with other results than before.
    """

    case: Case
    red: Mapping[str, float]
    away_s: float
    titles: tuple[str, ...]
    whole_s: float | None
    different: tuple[str, ...]

    @property
    def is_expected(self) -> bool:
        """Whether it was seen, and is whole again with all its results."""
        return set(self.case.red) <= set(self.red) and self.whole_s is not None


def main(arguments: Sequence[str]) -> int:
    """Plays the list; exit code 1 when a case was not as expected."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", nargs="?", type=Path)
    parser.add_argument("--only", default="", help="Text in the description of the cases to play.")
    chosen = parser.parse_args(arguments)
    cases = [each for each in CASES if chosen.only in each.description]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        rows = _play_all(home, cases)
        _compare(answers(home), undisturbed(Path(folder) / "undisturbed", home / "landing"))
    if chosen.page:
        table = "\n".join([_HEAD, *map(_row, rows), "", _load()])
        chosen.page.write_text(replace_section(chosen.page.read_text(), SECTION, table))
    return int(not all(row.is_expected for row in rows))


def undisturbed(home: Path, landing: Path) -> Answers:
    """Results of the same archives in an installation where nothing happens."""
    source = home / "landing"
    source.mkdir(parents=True)
    for number, path in enumerate(sorted(landing.glob("*.zip"))):
        fixtures.land(source, path.name, path.read_bytes(), number)
    chosen = Settings(home=home, source_url=str(source), settle_s=0)
    there = fixtures.Installation(fixtures.TINY, chosen, wiring.dependencies(chosen))
    for run_stage in fixtures.stages(there).values():
        run_stage()
    return answers(home)


def _compare(found: Answers, expected: Answers) -> None:
    """Checks that all results are those of an undisturbed installation.

    Raises:
        AssertionError: They are not.
    """
    differing = sorted(name for name in expected if found.get(name) != expected[name])
    if not expected or differing:
        raise AssertionError(f"results differ from an undisturbed run: {differing}")


def _play_all(home: Path, cases: Sequence[Case]) -> list[Played]:
    rows: list[Played] = []
    with station.running(home, AIRCRAFT) as there:
        for each in cases:
            rows.append(play(there, each))
            print(_row(rows[-1]), *rows[-1].titles, sep="\n  ", flush=True)
    return rows


def play(there: Station, case: Case) -> Played:
    """Plays one fault and its remedy."""
    before = answers(there.home)
    messages, first = len(there.receiver.messages), len(there.sightings)
    case.begin(there)
    begin_s = time.monotonic()
    if case.red:
        with suppress(TimeoutError):
            wait_until(lambda: case.red <= there.sightings[-1].red, RED_LIMIT_S)
    mend_s = time.monotonic()
    case.mend(there)
    whole_s = None
    with suppress(TimeoutError):
        wait_until(lambda: _is_whole(there, before, mend_s), WHOLE_LIMIT_S)
        whole_s = time.monotonic() - mend_s
    seen = there.sightings[first:]
    return Played(
        case,
        _first_red(seen, begin_s),
        station.POLL_S * sum(not each.statuses for each in seen),
        tuple(each["title"] for each in there.receiver.messages[messages:]),
        whole_s,
        _different(there.home, before),
    )


def _first_red(seen: Sequence[Sighting], begin_s: float) -> Mapping[str, float]:
    """Seconds to the first sighting of every process that was red."""
    found: dict[str, float] = {}
    for sighting in seen:
        for name in sighting.red:
            found.setdefault(name, max(0.0, sighting.at_s - begin_s))
    return found


def _is_whole(there: Station, before: Answers, since_s: float) -> bool:
    """Whether all is green without an incident, the UI answers, and no result differs."""
    return (
        there.sightings[-1].at_s > since_s
        and there.is_green()
        and not _different(there.home, before)
        and not there.open_incidents()
        and responds(f"{there.ui_url}/server_info")
    )


def answers(home: Path) -> Answers:
    """Results and findings that an installation has in SQL."""
    found: dict[str, set[tuple[object, ...]]] = {}
    with closing(sqlite3.connect(home / "ledger.sqlite", timeout=60)) as connection:
        for name, *row in connection.execute(_ANSWERS):
            found.setdefault(name, set()).add(tuple(row))
    return {name: frozenset(rows) for name, rows in found.items()}


def _different(home: Path, before: Answers) -> tuple[str, ...]:
    """Landed archives without results, and those with other results than before."""
    found = answers(home)
    landed = {path.name for path in (home / "landing").glob("HB-*.zip")}
    changed = {name for name, rows in before.items() if found.get(name) != rows}
    return tuple(sorted((landed - set(found)) | changed))


_HEAD = (
    "| what happens | red, after s | API away, s | messages | remedy | whole again after s "
    "| archives with other results | as expected |\n|---|---|---|---|---|---|---|---|"
)


def _row(row: Played) -> str:
    red = sorted(row.red.items(), key=lambda each: each[1])
    cells = (
        row.case.description,
        ", ".join(f"{name} {after_s:.1f}" for name, after_s in red) or "nothing",
        f"{row.away_s:.1f}" if row.away_s else "",
        str(len(row.titles)),
        row.case.remedy,
        "never" if row.whole_s is None else f"{row.whole_s:.1f}",
        str(len(row.different)),
        "yes" if row.is_expected else "**no**",
    )
    return f"| {' | '.join(cells)} |"


def _load() -> str:
    """The load that the page was made under."""
    return f"Load average at the end {os.getloadavg()[2]:.1f}, on {os.cpu_count()} processors."


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
