"""Faults of processes, files and tables that a running station survives, and their remedies."""

import os
import shutil
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.reaction_fixtures import free_port
from benchmarks.station import COMMAND, Station
from benchmarks.waiting import wait_until

Action = Callable[[Station], None]

STEP_LIMIT_S = 300.0
STOPPED_S = 60.0
OLD_S = 946_000_000
"""A day of 1999, in seconds since 1970."""
FUTURE_S = 1_925_000_000
"""A day of 2031, in seconds since 1970."""

FILES = {
    "zip": "download/**/*.zip",
    "rdf": "extract/**/*",
    "parse": "parse/**/*.arrow",
    "compress": "compress/**/*.parquet",
    "TSV": "store/**/*.tsv.zst",
    "table": "ingest/**/*.parquet",
    "answers": "analyse/**/*.parquet",
}
"""Files of the lake by the word for them on the page."""


@dataclass(frozen=True, slots=True)
class Case:
    """One fault, with what has to follow from it.

    Attributes:
        description: What happens.
        begin: Makes it happen; the time to red counts from its end.
        red: Processes that must be FAILED or WARNING; empty when it may heal before it is seen.
        mend: Removes the cause; by default, does nothing.
        remedy: What ``mend`` does, in words.
    """

    description: str
    begin: Action
    red: frozenset[str] = frozenset()
    mend: Action = lambda _station: None
    remedy: str = "none: it heals itself"


def land_spare(station: Station) -> None:
    """Lets the next flight arrive."""
    path = station.spare.pop()
    station.land(path.name, path.read_bytes())


def _land_beside_odd_entries(station: Station) -> None:
    landing = station.home / "landing"
    os.mkfifo(landing / "fifo.zip")
    with closing(socket.socket(socket.AF_UNIX)) as bound:
        here = Path.cwd()
        os.chdir(landing)  # the path of a socket is at most 107 bytes long
        bound.bind("socket.zip")
        os.chdir(here)
    (landing / "folder.zip").mkdir()
    (landing / "loop.zip").symlink_to("loop.zip")
    (landing / "dangling.zip").symlink_to("nowhere.zip")
    land_spare(station)


def _remove_odd_entries(station: Station) -> None:
    landing = station.home / "landing"
    for name in ("fifo.zip", "socket.zip", "loop.zip", "dangling.zip"):
        (landing / name).unlink()
    (landing / "folder.zip").rmdir()


def _land_dated(station: Station) -> None:
    for modified_s in (OLD_S, FUTURE_S):
        path = station.spare.pop()
        hidden = station.home / f"{path.name}.arriving"
        shutil.copy(path, hidden)
        os.utime(hidden, (modified_s, modified_s))
        hidden.rename(station.home / "landing" / path.name)


def _replace_landing_by_file(station: Station) -> None:
    (station.home / "landing").rename(station.home / "elsewhere")
    (station.home / "landing").write_bytes(b"")


def _restore_landing(station: Station) -> None:
    (station.home / "landing").unlink()
    (station.home / "elsewhere").rename(station.home / "landing")
    land_spare(station)


def flip_bit(path: Path) -> None:
    """Flips one bit in the middle of a file."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))


def lake_files(station: Station, pattern: str) -> set[Path]:
    """Finished files of the lake."""
    found = (station.home / "lake").glob(pattern)
    return {p for p in found if p.is_file() and "/." not in str(p.relative_to(station.home))}


def _damage_on_the_way(pattern: str) -> Action:
    """Lands two flights; the file of the one is deleted and that of the other damaged, when new."""

    def begin(station: Station) -> None:
        known = lake_files(station, pattern)
        land_spare(station)
        land_spare(station)
        damage: list[Callable[[Path], None]] = [Path.unlink, flip_bit]

        def all_damaged() -> bool:
            for path in sorted(lake_files(station, pattern) - known)[: len(damage)]:
                known.add(path)
                damage.pop()(path)
            return not damage

        wait_until(all_damaged, STEP_LIMIT_S)

    return begin


def _land_all_again(station: Station) -> None:
    """Lets every archive arrive again under another name."""
    for path in sorted((station.home / "landing").glob("*.zip")):
        if not path.name.startswith("again-"):
            station.land(f"again-{path.name}", path.read_bytes())


def _damage_at_rest(station: Station) -> None:
    """Deletes the files of one recording at every stage, and damages those of another."""
    for name, pattern in FILES.items():
        deleted, damaged = sorted(lake_files(station, pattern))[:2]
        if name != "zip":
            deleted.unlink()
            flip_bit(damaged)


def scrub(station: Station) -> None:
    """Repairs what was damaged at rest.

    Raises:
        AssertionError: Nothing was damaged, or not all of it is repaired.
    """
    found = station.run([*COMMAND, "scrub"])
    repaired = station.run([*COMMAND, "scrub", "--repair"])
    print(found, repaired, sep="\n", file=sys.stderr)
    if not found.endswith("[1]") or not repaired.endswith("[0]"):
        raise AssertionError(repaired)


def _sql(*statements: str) -> Action:
    def action(station: Station) -> None:
        for each in statements:
            station.sql(each)

    return action


def steps(station: Station) -> Iterator[tuple[str, int]]:
    """Stage and process of every step in flight."""
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(station.home / "ledger.sqlite", timeout=60)) as connection,
    ):
        yield from connection.execute("SELECT stage, pid FROM running_step").fetchall()


def _wait_for_step(station: Station, stage: str) -> psutil.Process:
    """The process of a stage as soon as it is at work."""
    found: list[int] = []

    def is_there() -> bool:
        found.extend(pid for name, pid in steps(station) if name == stage)
        return bool(found)

    wait_until(is_there, STEP_LIMIT_S)
    return psutil.Process(found[0])


def _stop_step(station: Station) -> None:
    land_spare(station)
    _wait_for_step(station, "ingest").suspend()


def _continue_steps(station: Station) -> None:
    time.sleep(STOPPED_S)
    for each in station.processes():
        if each.status() == psutil.STATUS_STOPPED:
            each.resume()


def _kill_step(stage: str) -> Action:
    def begin(station: Station) -> None:
        land_spare(station)
        with suppress(psutil.NoSuchProcess):
            _wait_for_step(station, stage).kill()

    return begin


def _kill_java(station: Station) -> None:
    land_spare(station)
    _wait_for_step(station, "ingest")
    killed: list[psutil.Process] = []

    def is_killed() -> bool:
        killed.extend(station.processes("java"))
        return bool(killed)

    wait_until(is_killed, STEP_LIMIT_S)
    for each in killed:
        each.kill()


def _kill(text: str) -> Action:
    """Kills the processes whose command line contains a text; then a flight arrives."""

    def begin(station: Station) -> None:
        found = station.processes(text)
        if not found:
            raise LookupError(f"no process with {text!r} in its command line")
        for each in found:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        land_spare(station)

    return begin


def kill_all(station: Station) -> None:
    """Kills ``up`` and all its processes at once, as a power loss does."""
    if station.process is not None:
        station.process.kill()
        station.process.wait()
    for each in station.processes():
        with suppress(psutil.NoSuchProcess):
            each.kill()


def _kill_all_during(stage: str) -> Action:
    def begin(station: Station) -> None:
        land_spare(station)
        _wait_for_step(station, stage)
        kill_all(station)

    return begin


def _cancel(station: Station) -> None:
    """Cancels the run of a flight as the button in Dagster's UI does."""
    land_spare(station)
    _wait_for_step(station, "ingest")
    [run] = [e["runId"] for e in _query(station, _RUNS)["runsOrError"]["results"]][:1]
    result = _query(station, _TERMINATE % run)
    print(result, file=sys.stderr)


_RUNS = "{runsOrError(filter: {statuses: [STARTED]}, limit: 5) {... on Runs {results {runId}}}}"
_TERMINATE = 'mutation {terminateRun(runId: "%s", terminatePolicy: SAFE_TERMINATE) {__typename}}'


def _query(station: Station, query: str) -> dict[str, dict[str, list[dict[str, str]]]]:
    with station.browser() as browser:
        answer = browser.post(f"{station.ui_url}/graphql", json={"query": query})
    data: dict[str, dict[str, list[dict[str, str]]]] = answer.raise_for_status().json()["data"]
    return data


def _second_up(station: Station) -> None:
    words = ["--port", str(free_port()), "--api-port", str(free_port())]
    printed = station.run([*COMMAND, "up", "--home", str(station.home), *words])
    print(printed, file=sys.stderr)
    if "is served by another" not in printed:
        raise AssertionError(printed)
    land_spare(station)


def _delete_dagster_databases(station: Station) -> None:
    for path in sorted((station.home / "dagster").rglob("*.db*")):
        path.unlink()
    land_spare(station)


def _restart(station: Station) -> None:
    station.stop()
    station.start()


_of = frozenset[str]
_ONE_FINDING = "(SELECT min(rowid) FROM finding)"

CASES = (
    Case("a FIFO, a socket, a folder, a loop and a dangling link named .zip, beside a flight",
         _land_beside_odd_entries, _of({"overview"}), _remove_odd_entries,
         "the entries are removed"),
    Case("`up` and all its processes are killed -9 during ingest", _kill_all_during("ingest"),
         mend=Station.start, remedy="started again"),
    Case("the run is cancelled in Dagster's UI", _cancel),
    Case(f"a step is stopped (SIGSTOP) and continued {STOPPED_S:g} s after it was seen",
         _stop_step, _of({"ingest"}), _continue_steps, "it is continued"),
    Case("at rest: files of one recording deleted, bits of another's flipped", _damage_at_rest,
         mend=scrub, remedy="`scrub --repair`, or the job `scrub` within a day"),
    Case("a peak is changed and an answer is deleted in SQL",
         _sql(f"UPDATE finding SET peak = peak + 1 WHERE rowid = {_ONE_FINDING}",
              "DELETE FROM algorithm_run WHERE rowid = (SELECT max(rowid) FROM algorithm_run)"),
         mend=scrub, remedy="`scrub --repair`, or the job `scrub` within a day"),
    Case("archives dated 1999 and 2031 arrive", _land_dated),
    Case("the daemon is killed -9", _kill("dagster._daemon")),
    Case("the API is killed -9", _kill("cli api")),
    *(Case(f"{name}: one deleted, one bit flipped, before the next stage reads them",
           _damage_on_the_way(pattern))
      for name, pattern in FILES.items() if name != "zip"),
    Case("zip: one deleted, one bit flipped, before the next stage reads them",
         _damage_on_the_way(FILES["zip"]), _of({"extract"}), _land_all_again,
         "the archives are sent again"),
    Case("Spark's JVM is killed -9", _kill_java),
    *(Case(f"the step {stage} is killed -9", _kill_step(stage))
      for stage in ("extract", "ingest", "load")),
    Case("the landing folder is replaced by a file", _replace_landing_by_file,
         _of({"landing_folder"}), _restore_landing, "the folder is back"),
    Case("a second `up` is started on the same home", _second_up),
    Case("the server of the UI is killed -9", _kill("cli ui")),
    Case("the code server is killed -9", _kill("code-server")),
    Case("`up` and all its processes are killed -9 during parse", _kill_all_during("parse"),
         mend=Station.start, remedy="started again"),
    Case("Dagster's databases are deleted", _delete_dagster_databases, mend=_restart,
         remedy="stopped and started again"),
)  # fmt: skip
"""Each is played on the same station, after all before it."""
