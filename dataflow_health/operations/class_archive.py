"""Archive of the classes that Spark loads, from which Java starts it in about half the time.

Java calls it class data sharing: a dynamic archive (JEP 350), which Java itself compares with its
own version and with the files of the classes. It is made once for an installation of Java and
Spark, by a Java that writes it when it ends, and stays in the home.
"""

import hashlib
import importlib.util
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from dataflow_health.operations.java_runtime import JavaRuntime

_START, _SUFFIX, _UNFINISHED = "spark-classes-", ".jsa", ".unfinished"
_LOG = "-Xlog:disable -Xlog:all={level}:stderr"
"""Java would print what it says of an archive among the output of a command."""


def find(java: JavaRuntime, environ: Mapping[str, str], folder: Path) -> Path | None:
    """The archive for a Java and the installed Spark; None without one that is whole.

    Java ends when the file is shorter than it was made, so its name has its length.

    Args:
        java: The Java runtime.
        environ: Environment of the process.
        folder: Folder of archives.
    """
    for path in _archives(java, environ, folder):
        length = path.stat().st_size
        if length and path.stem.endswith(f"-{length}"):
            return path
    return None


def is_wanted(java: JavaRuntime, environ: Mapping[str, str], folder: Path) -> bool:
    """Whether there is no archive yet, and it is not known that none can be made or used."""
    known = any(path.stem.endswith("-0") for path in _archives(java, environ, folder))
    return not known and find(java, environ, folder) is None


def java_options(archive: Path) -> str:
    """Options of a Java that starts from an archive; it does without one that is damaged.

    A Java that crashes says so in a file beside the archive, and not in the working folder.
    """
    return " ".join(
        (
            _LOG.format(level="warning"),
            "-XX:+IgnoreUnrecognizedVMOptions -XX:+VerifySharedSpaces",
            _named("ErrorFile", archive.with_name("java-crash-%p.log")),
            _named("SharedArchiveFile", archive),
        )
    )


def making_options(unfinished: Path) -> str:
    """Options of a Java that writes an archive when it ends; it warns of each class left out."""
    return f"{_LOG.format(level='error')} {_named('ArchiveClassesAtExit', unfinished)}"


def unfinished_path(folder: Path) -> Path:
    """Path of an archive that is being made by this process."""
    return folder / f"{_START}{os.getpid()}{_UNFINISHED}"


def keep(java: JavaRuntime, environ: Mapping[str, str], unfinished: Path) -> None:
    """Gives an archive its name, and removes all others, unfinished ones too.

    Java may have written none, because it cannot. That is kept as an empty file.
    """
    unfinished.touch()
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    length = unfinished.stat().st_size
    named = unfinished.with_name(f"{_stem(java, environ)}-{length}{_SUFFIX}")
    unfinished.replace(named)
    for other in set(named.parent.glob(f"{_START}*")) - {named}:
        other.unlink(missing_ok=True)


def give_up(archive: Path) -> None:
    """Replaces an archive with which Java does not start by an empty file: none is made again."""
    with suppress(OSError):
        archive.with_stem(f"{archive.stem.rpartition('-')[0]}-0").touch()
        archive.unlink()


def _archives(java: JavaRuntime, environ: Mapping[str, str], folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{_stem(java, environ)}-*{_SUFFIX}"))


def _stem(java: JavaRuntime, environ: Mapping[str, str]) -> str:
    """Beginning of the file's name: another Java or Spark, also one installed anew, has another."""
    package = importlib.util.find_spec("pyspark")
    spark = Path(environ.get("SPARK_HOME") or Path(str(package and package.origin)).parent)
    installed = [java.home / "lib" / "modules", spark / "jars"]
    times = [path.stat().st_mtime_ns if path.exists() else 0 for path in installed]
    named = f"{java.home} {java.version} {spark} {times}"
    return f"{_START}{hashlib.sha256(named.encode()).hexdigest()[:12]}"


def _named(option: str, path: Path) -> str:
    """An option with a path, in quotes as Spark's launcher reads them."""
    text = str(path).replace("\\", r"\\").replace('"', r"\"")
    return f'-XX:{option}="{text}"'
