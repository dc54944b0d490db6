"""``just mutation ROOM``: runs mutants of a room, all or a random sample, and prints the score.

mutmut makes the mutants and runs the tests; this module picks the mutants and counts the results.
"""

import argparse
import json
import math
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

KILLED = {"killed", "timeout", "segfault", "caught by type check"}
"""Results of mutmut that mean that the tests notice the change."""

NORMAL_QUANTILE_95 = 1.96


def generate(processes: int) -> None:
    """Writes the mutants of all rooms into ``mutants/``; those of unchanged modules stay."""
    from mutmut.__main__ import create_mutants  # changes how processes start
    from mutmut.utils.file_utils import copy_src_dir

    copy_src_dir()
    create_mutants(processes)


def mutants_of_room(folder: Path, room: str) -> list[str]:
    """Returns the names of a room's mutants, in alphabetical order."""
    names = (
        name
        for meta in folder.rglob("*.py.meta")
        for name in json.loads(meta.read_text())["exit_code_by_key"]
    )
    return sorted(name for name in names if name.startswith(f"dataflow_health.{room}."))


def sample(names: list[str], size: int | None, seed: int) -> list[str]:
    """Returns a random sample of mutants, or all of them if there are no more than its size."""
    if size is None or size >= len(names):
        return names
    return sorted(random.Random(seed).sample(names, size))


def score_interval(killed: int, tried: int, total: int) -> tuple[float, float]:
    """Returns the 95 % confidence interval of a room's score.

    The Wilson interval, with the sample size corrected for a finite population: a sample of all
    mutants has no sampling error.
    """
    if tried == total:
        return killed / tried, killed / tried
    size = tried * (total - 1) / (total - tried)
    share, z = killed / tried, NORMAL_QUANTILE_95
    centre = share + z**2 / (2 * size)
    margin = z * math.sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
    return (centre - margin) / (1 + z**2 / size), (centre + margin) / (1 + z**2 / size)


def results_of(names: Iterable[str], listing: str) -> dict[str, str]:
    """Returns the result of each mutant from the output of ``mutmut results --all true``."""
    results = dict(line.strip().split(": ", 1) for line in listing.splitlines() if ": " in line)
    return {name: results.get(name, "not checked") for name in names}


def mutmut(*words: str, quiet: bool = False) -> str:
    """Runs mutmut with the examples of the build server and returns its output."""
    command = [str(Path(sys.executable).with_name("mutmut")), *words]
    environment = {**os.environ, "CI": "1"}
    output = subprocess.PIPE if quiet else None
    done = subprocess.run(command, env=environment, stdout=output, text=True, check=True)
    return done.stdout or ""


def main() -> None:
    """Runs the mutants of a room and prints the survivors and the score."""
    parser = argparse.ArgumentParser(prog="just mutation", description=main.__doc__)
    parser.add_argument("room", help="health, alerting, flight, storage.ledger or a part of one")
    parser.add_argument("--sample", type=int, help="number of mutants; all without it")
    parser.add_argument("--seed", type=int, default=1, help="seed of the sample")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()

    generate(given.processes)
    everything = mutants_of_room(Path("mutants"), given.room)
    names = sample(everything, given.sample, given.seed)
    if not names:
        parser.error(f"no mutants in dataflow_health.{given.room}")
    mutmut("run", "--max-children", str(given.processes), *names)

    results = results_of(names, mutmut("results", "--all", "true", quiet=True))
    for name, result in results.items():
        if result not in KILLED:
            print(f"{name}: {result}")
    killed = sum(result in KILLED for result in results.values())
    low, high = score_interval(killed, len(names), len(everything))
    print(", ".join(f"{count} {result}" for result, count in Counter(results.values()).items()))
    print(
        f"{given.room}: {killed} of {len(names)} killed, {killed / len(names):.1%}"
        f" (95 % interval {low:.1%} to {high:.1%}), {len(everything)} mutants in all,"
        f" seed {given.seed}"
    )


if __name__ == "__main__":
    main()
