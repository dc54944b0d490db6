"""Faults of what is at the source, in the lake and in the databases of a station."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.recovery_case import (
    LOOKS_EVERY_S,
    STEP_LIMIT_S,
    Action,
    Case,
    both,
    land_spare,
    wait_for_step,
)
from benchmarks.recovery_kills import restart
from benchmarks.station import COMMAND, DURATION_S, Station
from benchmarks.waiting import wait_until
from dataflow_health.simulator.fleet import write_fleet
from dataflow_health.simulator.fleet_plan import FleetPlan

OLD_S = 946_000_000
"""A day of 1999, in seconds since 1970."""
FUTURE_S = 1_925_000_000
"""A day of 2031, in seconds since 1970."""
DAY_S = 86_400
LAKE_BYTES = 2 << 30
FULL_S = 45.0
SOUND_LIMIT_S = 300.0

FILES = {
    "zip": "download/**/*.zip",
    "rdf": "extract/**/*",
    "parse": "parse/**/*.arrow",
    "compress": "compress/**/*.parquet",
    "TSV": "store/**/*.tsv.zst",
    "schema": "store/**/_schema.json",
    "table": "ingest/**/*.parquet",
    "answers": "analyse/**/*.parquet",
}
"""Files of the lake by the word for them on the page."""


@contextmanager
def lake_of_its_own(home: Path) -> Iterator[None]:
    """Keeps the lake of a home on a file system in memory, which can be full; needs root."""
    lake = home / "lake"
    lake.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={LAKE_BYTES}", "tmpfs", str(lake)]
    if subprocess.run(mount, check=False).returncode:
        yield
        return
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(lake)], check=True)


def _remount(station: Station, options: str) -> None:
    lake = station.home / "lake"
    if not lake.is_mount():
        raise LookupError(f"{lake} is no file system of its own: run as root")
    subprocess.run(["mount", "-o", f"remount,{options}", str(lake)], check=True)


def _fill_lake(station: Station) -> None:
    """Leaves no room in the lake, in the middle of a run."""
    land_spare(station)
    wait_for_step(station, "extract")
    used = shutil.disk_usage(station.home / "lake").used
    _remount(station, f"size={used + 4096}")
    time.sleep(FULL_S)


def _free_lake(station: Station) -> None:
    _remount(station, f"size={LAKE_BYTES}")


def _make_lake_read_only(station: Station) -> None:
    land_spare(station)

    def is_read_only() -> bool:
        try:
            _remount(station, "ro")
        except subprocess.CalledProcessError:  # a file is being written
            return False
        return True

    wait_until(is_read_only)
    time.sleep(FULL_S)


def _make_lake_writable(station: Station) -> None:
    _remount(station, "rw")


def _lock_landing(station: Station) -> None:
    (station.home / "landing").chmod(0)


def _unlock_landing(station: Station) -> None:
    (station.home / "landing").chmod(0o755)
    land_spare(station)


def _land_in_locked_folder(station: Station) -> None:
    folder = station.home / "landing" / "locked"
    folder.mkdir()
    path = station.spare.pop()
    shutil.copy(path, folder / path.name)
    folder.chmod(0)
    land_spare(station)


def _unlock_folder(station: Station) -> None:
    (station.home / "landing" / "locked").chmod(0o755)


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


def _land_dated(*modified_s: float) -> Action:
    def begin(station: Station) -> None:
        for each in modified_s:
            path = station.spare.pop()
            hidden = station.home / f"{path.name}.arriving"
            shutil.copy(path, hidden)
            os.utime(hidden, (each, each))
            hidden.rename(station.home / "landing" / path.name)

    return begin


def _land_next_flight(station: Station) -> None:
    """Lets the next flight of the aircraft arrive that sent one last."""
    landing = station.home / "landing"
    tail = min(landing.glob("*.zip"), key=lambda each: each.stat().st_mtime).name[:6]
    folder = station.home.parent / "next"
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    write_fleet(folder, FleetPlan(yesterday, len(station.spare) + 9, 1, 1, DURATION_S, seed=8))
    for path in folder.glob(f"{tail}*.zip"):
        station.land(path.name, path.read_bytes())


def _land_from_tomorrow(station: Station) -> None:
    _land_dated(time.time() + DAY_S)(station)


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


def _damage_on_the_way(*names: str) -> Action:
    """Lands two flights; of each kind of file, one is deleted and the other damaged when new."""

    def begin(station: Station) -> None:
        known = {name: lake_files(station, FILES[name]) for name in names}
        land_spare(station)
        land_spare(station)
        for name in names:
            _damage_two(station, FILES[name], known[name])

    return begin


def _damage_two(station: Station, pattern: str, known: set[Path]) -> None:
    damage: list[Callable[[Path], None]] = [Path.unlink, flip_bit]
    deadline_s = time.monotonic() + STEP_LIMIT_S
    while time.monotonic() < deadline_s:
        for path in sorted(lake_files(station, pattern) - known)[: len(damage)]:
            known.add(path)
            damage.pop()(path)
        if not damage:
            return
        time.sleep(LOOKS_EVERY_S)
    raise TimeoutError(f"no two new files {pattern} within {STEP_LIMIT_S:g} s")


def _send_all_again(station: Station) -> None:
    """Lets every archive arrive again under another name."""
    for path in sorted((station.home / "landing").glob("*.zip")):
        if not path.name.startswith("again-"):
            station.land(f"again-{path.name}", path.read_bytes())


def _damage_at_rest(*names: str) -> Action:
    """Deletes the files of one recording, and damages those of another."""

    def begin(station: Station) -> None:
        for name in names:
            deleted, damaged = sorted(lake_files(station, FILES[name]))[:2]
            deleted.unlink()
            flip_bit(damaged)

    return begin


def _scrub(station: Station) -> None:
    """Looks at all files, as the job of that name does within a day.

    Raises:
        AssertionError: Nothing was damaged.
    """
    found = station.run([*COMMAND, "scrub"])
    if not found.endswith("[1]"):
        raise AssertionError(found)


def _repair(station: Station) -> None:
    """Repairs what was damaged at rest.

    Raises:
        AssertionError: Nothing was damaged, or not all of it is repaired.
    """
    _scrub(station)
    repaired = station.run([*COMMAND, "scrub", "--repair"])
    if not repaired.endswith("[0]"):
        raise AssertionError(repaired)


def _who_found_it(station: Station) -> str:
    """Whether a damaged file was left, because its reader had it in hand already."""
    if station.run([*COMMAND, "scrub"]).endswith("[0]"):
        return "the next reader had it made again"
    repaired = station.run([*COMMAND, "scrub", "--repair"])
    return "left for the scrub: " + ("repaired" if repaired.endswith("[0]") else repaired[-300:])


def _when_sound(station: Station) -> str:
    """Seconds until the scrub finds nothing: the board does not show what only it looks at."""
    begin_s = time.monotonic()
    wait_until(lambda: station.run([*COMMAND, "scrub"]).endswith("[0]"), SOUND_LIMIT_S)
    return f"the scrub finds nothing {time.monotonic() - begin_s:.0f} s later"


def _sql(*statements: str) -> Action:
    def action(station: Station) -> None:
        for each in statements:
            station.sql(each)

    return action


def _delete_dagster_databases(station: Station) -> None:
    for path in sorted((station.home / "dagster").rglob("*.db*")):
        path.unlink()
    land_spare(station)


_of = frozenset[str]
DERIVED = tuple(name for name in FILES if name != "zip")
_DERIVED = ", ".join(DERIVED)
_ONE_FINDING = "(SELECT min(rowid) FROM finding)"
_SENT_AGAIN = "the archives are sent again"
_SCRUB = "`scrub --repair`, or the job `scrub` within a day"

SOURCE = (
    Case("the landing folder has mode 000", _lock_landing, _of({"landing_folder"}),
         _unlock_landing, "mode 755"),
    Case("a sub-folder of mode 000 with a good archive in it, beside a flight",
         _land_in_locked_folder, _of({"overview"}), _unlock_folder, "mode 755"),
    Case("a FIFO, a socket, a folder, a loop and a dangling link named .zip, beside a flight",
         _land_beside_odd_entries, _of({"overview"}), _remove_odd_entries,
         "the entries are removed"),
    Case("an archive dated 2031 arrives", _land_dated(FUTURE_S)),
    Case("an archive dated 1999 arrives, the only one of its aircraft", _land_dated(OLD_S),
         _of({"landing_folder"}), _land_next_flight, "the aircraft sends its next flight"),
    Case("a sender's clock is a day ahead", _land_from_tomorrow),
    Case("the landing folder is replaced by a file", _replace_landing_by_file,
         _of({"landing_folder"}), _restore_landing, "the folder is back"),
)  # fmt: skip
"""Faults at the source."""

LAKE = (
    Case("the lake is full in the middle of a run, and freed", _fill_lake, _of({"lake_disk"}),
         _free_lake, "room is made"),
    Case("the lake is read-only, and writable again", _make_lake_read_only, _of({"lake_disk"}),
         _make_lake_writable, "writable again"),
    Case(f"of each of {_DERIVED}: one deleted, one bit flipped, before the next stage reads them",
         _damage_on_the_way(*DERIVED), look=_who_found_it),
    Case("zip: one deleted, one bit flipped, before the next stage reads them",
         _damage_on_the_way("zip"), _of({"extract"}), _send_all_again, _SENT_AGAIN),
    Case(f"at rest, of each of {_DERIVED}: one deleted, one bit flipped",
         _damage_at_rest(*DERIVED), mend=_repair, remedy=_SCRUB),
    Case("zip at rest: one deleted, one bit flipped",
         both(_damage_at_rest("zip"), _scrub), mend=_send_all_again, remedy=_SENT_AGAIN,
         look=_when_sound),
)  # fmt: skip
"""Faults in the lake."""

DATABASES = (
    Case("a peak is changed and an answer is deleted in SQL",
         _sql(f"UPDATE finding SET peak = peak + 1 WHERE rowid = {_ONE_FINDING}",
              "DELETE FROM algorithm_run WHERE rowid = (SELECT max(rowid) FROM algorithm_run)"),
         mend=_repair, remedy=_SCRUB),
    Case("Dagster's databases are deleted", _delete_dagster_databases, mend=restart,
         remedy="stopped and started again"),
)  # fmt: skip
"""Faults in the databases."""
