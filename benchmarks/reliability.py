"""Writes docs/reliability.md: ``python -m benchmarks.reliability [--only NAME ...]``.

Each part writes its section of the page; the others stay as they are.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from benchmarks import (
    fuzz_corpus,
    kill_programs,
    reliability_attacks,
    reliability_fuzz,
    reliability_kills,
)
from benchmarks.kill_programs import Program
from benchmarks.reliability_attacks import ATTACKS, SANDBOX, Attack, Result
from benchmarks.reliability_fuzz import Count
from benchmarks.reliability_kills import Tally
from benchmarks.report import replace_section

PAGE = Path(__file__).parents[1] / "docs" / "reliability.md"
INPUTS = 1000
"""Damaged files of each kind."""


def attacks() -> str:
    """The section of the attacks."""
    return attack_section((each, reliability_attacks.measure(n)) for n, each in enumerate(ATTACKS))


def attack_section(results: Iterable[tuple[Attack, Result]]) -> str:
    """Formats what became of each attack."""
    rows = [_attack_row(*each) for each in results]
    right = sum("| yes |" in each for each in rows)
    limits = f"{SANDBOX.memory_bytes >> 20} MiB of memory and {SANDBOX.cpu_s} s of CPU time"
    return (
        f"{len(rows)} attacks tried, {right} with the expected result. Each archive is opened as "
        f"the pipeline opens it, in a child process, here with {limits}. Times include the start "
        "of the process, the peak about 100 MiB of Python. `accepted` is right where all stays "
        "within the limits. Durations are of a busy machine.\n\n"
        "| attack | archive | expected | found | right | peak memory | CPU | duration |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- |\n" + "\n".join(rows)
    )


def _attack_row(attack: Attack, result: Result) -> str:
    is_right = bool(result.reasons) and set(result.reasons) <= set(attack.expected)
    return _row(
        attack.name,
        f"{result.size_bytes / 1e6:,.1f} MB",
        " or ".join(attack.expected),
        ", ".join(result.reasons),
        "yes" if is_right else "**no**",
        f"{result.peak_bytes / (1 << 20):,.0f} MiB",
        f"{result.cpu_s:.1f} s",
        f"{result.duration_s:.1f} s",
    )


def kills(program: Program, homes: int = 0) -> str:
    """The section of the kills of a program."""
    return kill_section(program, list(reliability_kills.measure(program, homes)))


def kill_section(program: Program, tallies: Sequence[Tally]) -> str:
    """Formats what kills led to."""
    total = sum(each.kills for each in tallies)
    lost, doubled = sum(each.lost for each in tallies), sum(each.doubled for each in tallies)
    lines = [
        _row(each.database, f"{each.steps:,}", f"{each.kills}", f"{each.lost}", f"{each.doubled}",
             f"{each.unbalanced}", f"{each.duration_s:.0f} s")
        for each in tallies
    ]  # fmt: skip
    return (
        f"{program.name}: {total} kills, lost {lost}, doubled {doubled}.\n\n"
        "| database | steps | kills | lost | doubled | stages that do not balance | duration |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n" + "\n".join(lines)
    )


def fuzz() -> str:
    """The section of the damaged files."""
    with tempfile.TemporaryDirectory() as folder:
        found = [
            reliability_fuzz.fuzz(each, INPUTS, Path(folder), keep=partial(fuzz_corpus.keep, each))
            for each in reliability_fuzz.targets()
        ]
    return fuzz_section(found)


def fuzz_section(counts: Sequence[Count]) -> str:
    """Formats what became of damaged files."""
    total = sum(each.read + each.refused + len(each.crashes) for each in counts)
    crashes = [f"{each.name}, {crash}" for each in counts for crash in each.crashes]
    rows = (
        _row(each.name, f"{each.read:,}", f"{each.refused:,}", f"{len(each.crashes)}",
             f"{each.cpu_s:.1f} s", f"{each.longest_s * 1000:.0f} ms")
        for each in counts
    )  # fmt: skip
    return (
        f"{total:,} inputs fuzzed, crashes {len(crashes)}. Small valid files with up to five "
        "changes each (bytes replaced, cut out, repeated, inserted), from a fixed seed. A file is "
        "read all the same or refused with its own error; any other exception is a crash.\n\n"
        "| kind | read | refused | crashes | CPU | slowest |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        + "\n".join([*rows, *(f"\n- crash: {each}" for each in crashes)])
    )


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


SECTIONS: dict[str, Callable[[int], str]] = {
    "attacks": lambda _homes: attacks(),
    "kills": partial(kills, kill_programs.BEFORE_SPARK),
    "kills_spark": partial(kills, kill_programs.SPARK),
    "kills_dagster": partial(kills, kill_programs.DAGSTER),
    "fuzz": lambda _homes: fuzz(),
}


def main() -> None:
    """Makes the sections of the page, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--homes", type=int, default=0, help="homes per database; 0: as usual")
    options = parser.parse_args()
    for name in options.only:
        text = SECTIONS[name](options.homes)
        page = replace_section(PAGE.read_text(encoding="utf-8"), name, text)
        PAGE.write_text(page, encoding="utf-8")
        print(text, flush=True)


if __name__ == "__main__":
    main()
