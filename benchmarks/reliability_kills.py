"""SIGKILL at steps of stages and of Dagster's job, on both databases, and what they came to.

A home is processed by one process after the other. Each but the last is killed at a step of one
part of a program; the last runs to the end. Then the ledger, the results and the lake must be equal
to those of a home where nothing happened.
"""

import json
import multiprocessing
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from random import Random
from typing import NamedTuple

from sqlalchemy import create_engine, text

from benchmarks import fixtures, kill_programs, postgresql
from benchmarks.kill_programs import STEPS_FILE, Program
from dataflow_health.settings import Settings
from dataflow_health.storage.ledger.conservation import stage_counts

FLEET = fixtures.Fleet("2 of 12 min", 2, 720, 2)
SEED = 20261128
LIMIT_S = 400.0

Outcome = Counter[str]
"""Rows, files and events, each with how often it is there."""

_PROCESSES = multiprocessing.get_context("forkserver")


class Tally(NamedTuple):
    """What kills on one database led to.

    Attributes:
        program: What was killed.
        database: Name of the database.
        kills: Processes that were killed.
        steps: Steps of the program, each of which may be the last.
        lost: Rows and files that a home lacks which the undisturbed one has.
        doubled: Rows and files that a home has and the undisturbed one has not, or not as often.
        unbalanced: Stages whose counts do not add up.
        duration_s: Seconds for all.
    """

    program: str
    database: str
    kills: int
    steps: int
    lost: int
    doubled: int
    unbalanced: int
    duration_s: float


def measure(program: Program, homes: int = 0) -> Iterator[Tally]:
    """Kills on SQLite, and on PostgreSQL; in as many homes as the program says if none are given.

    Raises:
        ImportError: The wheel of PostgreSQL is not installed.
    """
    _PROCESSES.set_forkserver_preload(["benchmarks.reliability_kills_server"])
    with tempfile.TemporaryDirectory() as folder:
        for database, server in (("SQLite", nullcontext("")), ("PostgreSQL", postgresql.serve())):
            with server as url:
                name = f"{database.lower()}_{{}}"
                calm = _home(program, Path(folder) / name.format("calm"), url, [])
                steps = json.loads((calm.home / STEPS_FILE).read_text(encoding="utf-8"))
                paths = [Path(folder) / name.format(n) for n in range(homes or program.homes)]
                yield _kill_all(program, database, paths, url, (_outcome(program, calm), steps))


def _kill_all(
    program: Program,
    database: str,
    homes: Sequence[Path],
    server: str,
    undisturbed: tuple[Outcome, Mapping[str, int]],
) -> Tally:
    start_s = time.perf_counter()
    expected, steps = undisturbed
    random = Random(f"{SEED} {database}")
    lost = doubled = unbalanced = 0
    for number, path in enumerate(homes):
        settings = _home(program, path, server, choose_kills(program, number, steps, random))
        found = _outcome(program, settings)
        lost += (expected - found).total()
        doubled += (found - expected).total()
        unbalanced += _unbalanced(settings)
        shutil.rmtree(path)
    duration_s = time.perf_counter() - start_s
    kills, all_steps = len(homes) * len(program.parts), sum(steps[p] for p in set(program.parts))
    return Tally(program.name, database, kills, all_steps, lost, doubled, unbalanced, duration_s)


def choose_kills(
    program: Program, number: int, steps: Mapping[str, int], random: Random
) -> list[tuple[str, int]]:
    """The steps at which the processes of a home die.

    The first homes take each step of each part in turn, and the end of the part; later homes, and
    a program that is killed in one part several times, take steps by the seed.
    """
    in_turn = len(set(program.parts)) == len(program.parts)
    return [
        (part, number if in_turn and number <= steps[part] else random.randrange(steps[part]))
        for part in program.parts
    ]


def _home(program: Program, path: Path, server: str, kills: Iterable[tuple[str, int]]) -> Settings:
    """Processes the day in a new home, with kills at steps of parts of the program."""
    path.mkdir()
    shutil.copytree(fixtures.landing(FLEET), path / "landing")
    url = _new_database(server, path.name) if server else ""
    settings = Settings.model_validate({"home": path, "settle_s": 0, "database_url": url})
    for part, step in kills:
        _run(program, settings, part, step)
    _run(program, settings, "", 0)
    return settings


def _new_database(server: str, name: str) -> str:
    """URL of a new database of a server."""
    engine = create_engine(server.replace("postgresql:", "postgresql+psycopg:", 1))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = engine.url.set(database=name)
    engine.dispose()
    return url.render_as_string(hide_password=False)


def _run(program: Program, settings: Settings, part: str, step: int) -> None:
    """Runs the program in a process of its own; one that gets a part must die of it."""
    words = (program.name, settings, part, step)
    process = _PROCESSES.Process(target=kill_programs.run, args=words)
    process.start()
    process.join(LIMIT_S)
    expected = -signal.SIGKILL if part else 0
    if process.exitcode != expected:
        raise RuntimeError(f"{part or 'the last process'} ended with {process.exitcode}")


def _outcome(program: Program, settings: Settings) -> Outcome:
    return Counter(program.contents(settings))


def _unbalanced(settings: Settings) -> int:
    with kill_programs.dependencies(settings) as deps:
        counts = stage_counts(deps.engine, fixtures.ARRIVAL, fixtures.DAY)
        return sum(not each.balances for each in counts)
