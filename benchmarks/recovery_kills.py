"""Faults of the processes of a station: killed, stopped, cancelled, started twice."""

import time
from collections.abc import Sequence
from contextlib import suppress

import psutil

from benchmarks.reaction_fixtures import free_port
from benchmarks.recovery_case import Action, Case, both, during, land_spare, wait_for_step
from benchmarks.station import COMMAND, Station
from benchmarks.waiting import wait_until
from dataflow_health.storage.ledger.stage_order import STAGES

STOPPED_S = 60.0
JAVA_LIMIT_S = 120.0
SPARK_STAGES = ("ingest", "analyse")
PROGRAMS = {
    "the API": "cli api",
    "the daemon": "dagster-daemon",
    "the server of the UI": "cli ui",
    "the code server": "code-server",
}
"""Text in the command line of each program of ``up``."""


def stop_step(station: Station) -> None:
    """Stops the step of a flight, as SIGSTOP does."""
    land_spare(station)
    wait_for_step(station, "ingest").suspend()


def continue_steps(station: Station) -> None:
    """Lets what was stopped go on, after a while."""
    time.sleep(STOPPED_S)
    for each in station.processes():
        if each.status() == psutil.STATUS_STOPPED:
            each.resume()


def kill_steps(stages: Sequence[str]) -> Action:
    """Lets a flight arrive; the step of each of these stages is killed once."""

    def begin(station: Station) -> None:
        land_spare(station)
        for stage in stages:
            with suppress(psutil.NoSuchProcess):
                wait_for_step(station, stage).kill()

    return begin


def kill_java(station: Station) -> None:
    """Kills the JVMs of the station as soon as there is one."""
    killed: list[psutil.Process] = []

    def is_killed() -> bool:
        killed.extend(station.processes("java"))
        return bool(killed)

    wait_until(is_killed, JAVA_LIMIT_S)
    for each in killed:
        with suppress(psutil.NoSuchProcess):
            each.kill()


def kill(text: str) -> Action:
    """Kills the processes whose command line contains a text."""

    def action(station: Station) -> None:
        found = station.processes(text)
        if not found:
            raise LookupError(f"no process with {text!r} in its command line")
        for each in found:
            with suppress(psutil.NoSuchProcess):
                each.kill()

    return action


def kill_in_turn(station: Station) -> None:
    """Kills one program during each stage of a flight, each of them twice."""
    land_spare(station)
    for number, stage in enumerate(STAGES):
        wait_for_step(station, stage)
        kill(list(PROGRAMS.values())[number % len(PROGRAMS)])(station)


def kill_all(station: Station) -> None:
    """Kills ``up`` and all its processes at once, as a power loss does."""
    if station.process is not None:
        station.process.kill()
        station.process.wait()
    for each in station.processes():
        with suppress(psutil.NoSuchProcess):
            each.kill()


def kill_all_in_each(stages: Sequence[str]) -> Action:
    """Lets a flight arrive; all is killed once during each of these stages, and started again."""

    def begin(station: Station) -> None:
        land_spare(station)
        at_work_s = []
        for stage in stages:
            wait_for_step(station, stage)
            kill_all(station)
            start_s = time.monotonic()
            station.start()
            wait_for_step(station, "")
            at_work_s.append(time.monotonic() - start_s)
        longest = max(at_work_s)
        station.notes.append(f"at work again {min(at_work_s):.0f} to {longest:.0f} s after starts")

    return begin


def restart(station: Station) -> None:
    """Stops the station as Ctrl+C does, and starts it again."""
    station.stop()
    station.start()


def cancel(station: Station) -> None:
    """Cancels the run of a flight as the button in Dagster's UI does."""
    land_spare(station)
    wait_for_step(station, "ingest")
    [run, *_] = [e["runId"] for e in _query(station, _RUNS)["runsOrError"]["results"]]
    _query(station, _TERMINATE % run)


_RUNS = "{runsOrError(filter: {statuses: [STARTED]}, limit: 5) {... on Runs {results {runId}}}}"
_TERMINATE = 'mutation {terminateRun(runId: "%s", terminatePolicy: SAFE_TERMINATE) {__typename}}'


def _query(station: Station, query: str) -> dict[str, dict[str, list[dict[str, str]]]]:
    with station.browser() as browser:
        answer = browser.post(f"{station.ui_url}/graphql", json={"query": query})
    data: dict[str, dict[str, list[dict[str, str]]]] = answer.raise_for_status().json()["data"]
    return data


def second_up(station: Station) -> None:
    """Starts ``up`` on the same home; it must refuse.

    Raises:
        AssertionError: It did not.
    """
    words = ["--port", str(free_port()), "--api-port", str(free_port())]
    printed = station.run([*COMMAND, "up", "--home", str(station.home), *words])
    if "is served by another" not in printed:
        raise AssertionError(printed)
    land_spare(station)


def cross_midnight(station: Station) -> None:
    """Sets the clock so that it is midnight while a flight is at work.

    Raises:
        LookupError: There is no C compiler for the clock.
    """
    if station.clock is None:
        raise LookupError("no C compiler: the clock stays as it is")
    station.clock.set_shift(_to_midnight_s(before_s=60))
    time.sleep(20)  # two looks of every check at the new time
    land_spare(station)
    wait_for_step(station, "parse")
    station.clock.set_shift(_to_midnight_s(before_s=1))


def _to_midnight_s(before_s: int) -> int:
    return 86_400 - int(time.time()) % 86_400 - before_s


_of = frozenset[str]

KILLS = (
    Case("the run is cancelled in Dagster's UI", cancel),
    Case(f"a step is stopped (SIGSTOP) and continued {STOPPED_S:g} s after it was seen",
         stop_step, _of({"ingest"}), continue_steps, "it is continued"),
    Case("a second `up` is started on the same home", second_up),
    *(Case(f"Spark's JVM is killed -9 during {stage}", during(stage, kill_java))
      for stage in SPARK_STAGES),
    Case("the step of each stage is killed -9, one after the other, of one flight",
         kill_steps(STAGES)),
    Case("`up` and all its processes are killed -9 during each stage of one flight",
         kill_all_in_each(STAGES), remedy="started again after each"),
    Case(f"{', '.join(PROGRAMS)}: one of them is killed -9 during each stage of a flight, in turn",
         kill_in_turn),
    *(Case(f"{name} is killed -9, then a flight arrives", both(kill(text), land_spare))
      for name, text in PROGRAMS.items()),
    Case("a step is stopped (SIGSTOP) for good", stop_step, _of({"ingest"})),
)  # fmt: skip
"""Faults of processes."""

MIDNIGHT = Case("midnight in the middle of a run (clock shifted)", cross_midnight)
"""Played last: the clock is not set back."""
