"""Plays faults on a running ``up``: what turns red, when, what heals, and if results differ.

``python -m benchmarks.recovery docs/recovery.md`` writes the page, and keeps its rows in
``docs/recovery.json``, so that the list can be played in several goes; without an argument it
only prints.
"""

import argparse
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from benchmarks import fixtures, recovery_page, station
from benchmarks.recovery_case import Case
from benchmarks.recovery_cases import CASES
from benchmarks.recovery_files import lake_of_its_own
from benchmarks.recovery_page import Row
from benchmarks.station import Sighting, Station
from benchmarks.waiting import responds, wait_until
from dataflow_health import wiring
from dataflow_health.settings import Settings

SPARE_PER_CASE = 2
RED_LIMIT_S = 180.0
WHOLE_LIMIT_S = 420.0
ENDS_AFTER_S = 90
"""Seconds after which a stopped step is ended here; 600 by default."""

UNPRIVILEGED = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
"""Root reads what may not be read; a program started so does not."""

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


def main(arguments: Sequence[str]) -> int:
    """Plays the list; exit code 1 when a case was not as expected."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", nargs="?", type=Path)
    parser.add_argument(
        "--only", action="append", help="Text in the description of cases to play; repeatable."
    )
    chosen = parser.parse_args(arguments)
    texts = chosen.only or [""]
    cases = [each for each in CASES if any(text in each.description for text in texts)]
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for row in _play_all(Path(folder), cases):
            rows = [*(e for e in rows if e.description != row.description), row]
            _keep(chosen.page, rows)
    return int(any(row.fault for row in rows))


def _keep(page: Path | None, rows: Sequence[Row]) -> None:
    if page is None:
        return
    kept = page.with_suffix(".json")
    recovery_page.save(kept, rows)
    recovery_page.write(page, recovery_page.load(kept), [each.description for each in CASES])


def _play_all(folder: Path, cases: Sequence[Case]) -> Iterator[Row]:
    """Row after row; then all again, compared with an undisturbed installation."""
    home = folder / "home"
    rows: list[Row] = []
    aircraft = 4 + SPARE_PER_CASE * len(cases)
    given = {"DATAFLOW_HEALTH_HUNG_ENDS_AFTER_S": str(ENDS_AFTER_S)}
    with lake_of_its_own(home):
        with station.running(home, aircraft, given, UNPRIVILEGED if os.getuid() == 0 else ()) as up:
            for each in cases:
                rows.append(play(up, each))
                print(rows[-1].to_markdown(), *rows[-1].titles, sep="\n  ", flush=True)
                yield rows[-1]
        found = compare(answers(home), undisturbed(folder / "undisturbed", home / "landing"))
        print(found, flush=True)
        yield from (replace(each, undisturbed=found) for each in rows)


def undisturbed(home: Path, landing: Path) -> Answers:
    """Results of the same archives in an installation where nothing happens."""
    source = home / "landing"
    source.mkdir(parents=True)
    for number, path in enumerate(_archives(landing)):
        fixtures.land(source, path.name, path.read_bytes(), number)
    chosen = Settings(home=home, source_url=str(source), settle_s=0)
    there = fixtures.Installation(fixtures.TINY, chosen, wiring.dependencies(chosen))
    for run_stage in fixtures.stages(there).values():
        run_stage()
    return answers(home)


def _archives(landing: Path) -> list[Path]:
    return sorted(landing.rglob("HB-*.zip"), key=lambda each: each.name)


def compare(found: Answers, expected: Answers) -> str:
    """Whether all results are those of an undisturbed installation, in words."""
    differing = sorted(name for name in expected if found.get(name) != expected[name])
    if not expected or differing:
        return f"**no: {len(differing)} of {len(expected)} archives differ**"
    return f"yes, {len(expected)} archives"


def play(there: Station, case: Case) -> Row:
    """Plays one fault and its remedy; what goes wrong is in the row."""
    before, faults, notes = answers(there.home), list[str](), there.notes
    notes.clear()
    messages, first = len(there.receiver.messages), len(there.sightings)
    earlier = there.sightings[-1].red
    _try(lambda: case.begin(there), faults)
    begin_s = time.monotonic()
    if case.red:
        with suppress(TimeoutError):
            wait_until(lambda: case.red <= there.sightings[-1].red, RED_LIMIT_S)
    mend_s = time.monotonic()
    _try(lambda: case.mend(there), faults)
    whole_s = None
    with suppress(TimeoutError):
        wait_until(lambda: _is_whole(there, before, mend_s, earlier), WHOLE_LIMIT_S)
        whole_s = time.monotonic() - mend_s
    _try(lambda: notes.append(case.look(there)), faults)
    if earlier:
        notes.append(f"red already before: {', '.join(sorted(earlier))}")
    seen = there.sightings[first:]
    red = _first_red(seen, begin_s)
    faults += [f"{name} was not red" for name in sorted(case.red - set(red))]
    if whole_s is None:
        faults.append(_describe(there, before))
    return Row(
        case.description, case.remedy, red,
        station.POLL_S * sum(not each.statuses for each in seen),
        [each["title"] for each in there.receiver.messages[messages:]],
        whole_s, "; ".join(faults), "; ".join(filter(None, notes)), load=os.getloadavg()[0],
    )  # fmt: skip


def _try(action: Callable[[], object], faults: list[str]) -> None:
    """Runs a part of a play; an error is one more fault of the row."""
    try:
        action()
    except Exception as error:  # noqa: BLE001 -- a play that fails is a row, never the end
        faults.append(f"{type(error).__name__}: {' '.join(str(error).split())[-300:]}")


def _first_red(seen: Sequence[Sighting], begin_s: float) -> Mapping[str, float]:
    """Seconds to the first sighting of every process that was red."""
    found: dict[str, float] = {}
    for sighting in seen:
        for name in sighting.red:
            found.setdefault(name, max(0.0, sighting.at_s - begin_s))
    return found


def _is_whole(there: Station, before: Answers, since_s: float, earlier: Collection[str]) -> bool:
    """Whether all is green but what was red earlier, the UI answers, and no result differs."""
    now = there.sightings[-1]
    others = {status for name, status in now.statuses.items() if name not in earlier}
    return (
        now.at_s > since_s
        and others == {"HEALTHY"}
        and not _different(there.home, before)
        and (bool(earlier) or not there.open_incidents())
        and responds(f"{there.ui_url}/server_info")
    )


def _describe(there: Station, before: Answers) -> str:
    """What kept the station from being whole."""
    statuses = there.sightings[-1].statuses.items()
    red = ", ".join(f"{name} {status}" for name, status in statuses if status != "HEALTHY")
    return f"not whole: {red or 'all green'}; other results: {_different(there.home, before)}"


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
    landed = {path.name for path in _archives(home / "landing")}
    changed = {name for name, rows in before.items() if found.get(name) != rows}
    return tuple(sorted((landed - set(found)) | changed))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
