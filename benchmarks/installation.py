"""Measures what a new user waits for: ``python -m benchmarks.installation docs/installation.md``.

On a bare Debian, ``./start demo`` runs in a clone with an empty cache: packages, their size on
disk, and seconds to the first board. Then pip installs the built wheel into another environment of
the same Debian. It needs root, ``debootstrap`` and the network, and takes about six minutes.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.bare_debian import ROOT, USER, BareDebian, make
from docs.generate.markdown import replace_generated, table

MB = 1_000_000
OWNERS = ("dagster", "dagster-webserver", "dagster-pyspark", "pyspark", "sqlalchemy", "pyarrow",
          "loguru", "pydantic")  # fmt: skip
"""The packages that the project was to be built on; each brings others."""
LARGEST = 8
EXTRAS = "java,svg"
"""What ``./start`` installs on a machine without Java."""


class Installed(NamedTuple):
    """An environment.

    Attributes:
        packages: Number of installed distributions.
        size_bytes: Bytes of its files.
        largest: The largest folders, with their bytes.
    """

    packages: int
    size_bytes: int
    largest: tuple[tuple[str, int], ...]


class Measured(NamedTuple):
    """One way to install.

    Attributes:
        command: What a user types.
        installed: The environment.
        seconds: Time until the first board, with an empty cache.
        again_s: Time of the same command again, when all archives are done.
    """

    command: str
    installed: Installed
    seconds: float
    again_s: float


def measure_start(debian: BareDebian) -> Measured:
    """Runs ``./start demo`` in a clone."""
    clone = debian.clone(USER)
    seconds, again_s = (_timed(debian, "./start demo", clone) for _ in range(2))
    environment = debian.root / clone.removeprefix("/") / ".venv"
    return Measured("./start demo", describe(environment), seconds, again_s)


def install_wheel(debian: BareDebian) -> None:
    """Builds the wheel and installs it with pip into ``~/venv`` of the user."""
    home = debian.root / "home" / USER
    subprocess.run(["uv", "build", "--quiet", "--wheel", "-o", home, ROOT], check=True)
    (wheel,) = home.glob("*.whl")
    debian.run(USER, f"python3 -m venv venv && venv/bin/pip install -q './{wheel.name}[{EXTRAS}]'")


def measure_wheel(debian: BareDebian) -> Measured:
    """Installs the wheel with pip and runs the demo."""
    start = time.perf_counter()
    install_wheel(debian)
    installed_s = time.perf_counter() - start
    first_s, again_s = (_timed(debian, "venv/bin/dataflow-health demo") for _ in range(2))
    found = describe(debian.root / "home" / USER / "venv")
    return Measured("pip install WHEEL", found, installed_s + first_s, again_s)


def describe(environment: Path) -> Installed:
    """Counts the packages and the bytes of an environment."""
    (packages,) = environment.glob("lib/python*/site-packages")
    sizes = {each.name: size_bytes(each) for each in packages.iterdir()}
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:LARGEST]
    count = len(list(packages.glob("*.dist-info")))
    return Installed(count, size_bytes(environment), tuple(largest))


def size_bytes(path: Path) -> int:
    """Bytes of a file or of all files below a folder, without what links lead to."""
    if path.is_symlink() or path.is_file():
        return path.lstat().st_size
    return sum(size_bytes(each) for each in path.iterdir())


def brought_by(names: Sequence[str]) -> int:
    """Number of packages that these packages bring, themselves included."""
    options = [f"--package={each}" for each in names]
    words = ["uv", "tree", "--frozen", "--no-dev", "--no-dedupe", "--python-platform", "linux"]
    tree = subprocess.run([*words, *options], cwd=ROOT, capture_output=True, text=True, check=True)
    lines = [line for line in tree.stdout.splitlines() if " v" in line]
    return len({line.partition(" v")[0].split()[-1].partition("[")[0] for line in lines})


def report(measured: Sequence[Measured], brought: int) -> Iterator[str]:
    """The generated part of the page."""
    rows = [
        (
            f"`{each.command}`",
            str(each.installed.packages),
            f"{each.installed.size_bytes / MB:,.0f} MB",
            f"{each.seconds:.0f} s",
            f"{each.again_s:.0f} s",
        )
        for each in measured
    ]
    header = ("command", "packages", "on disk", "first board, empty cache", "the same again")
    yield f"## Measured\n\n{table(header, rows)}"
    names = ", ".join(f"`{each}`" for each in OWNERS)
    yield f"Of these packages, {brought} come with {names} alone.\n"
    sizes = [(f"`{name}`", f"{size / MB:,.0f} MB") for name, size in measured[0].installed.largest]
    yield table(("largest folders", "size"), sizes)


def _timed(debian: BareDebian, command: str, folder: str = "~") -> float:
    start = time.perf_counter()
    debian.run(USER, command, folder)
    return time.perf_counter() - start


def main() -> None:
    """Measures both ways and writes the page."""
    page = Path(sys.argv[1])
    with tempfile.TemporaryDirectory(dir="/var/tmp", ignore_cleanup_errors=True) as folder:
        debian = make(Path(folder))
        measured = [measure_start(debian), measure_wheel(debian)]
    sections = report(measured, brought_by(OWNERS))
    page.write_text(replace_generated(page.read_text(encoding="utf-8"), sections), encoding="utf-8")


if __name__ == "__main__":
    main()
