"""Errors of Spark's jobs in one line: the root cause, and what would be right where it is known."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pickle import PicklingError
from typing import Any

from py4j.protocol import Py4JError, Py4JJavaError
from pyspark import SparkContext
from pyspark.errors import PySparkException

from dataflow_health import masking
from dataflow_health.errors import SparkError

_JAVA_MEMORY = "it had too little memory: raise DATAFLOW_HEALTH_SPARK_DRIVER_MEMORY"
_KILLED = "as the system does to what takes too much memory; its log (dmesg) says whether it did"
_ADVICE = {
    "OutOfMemoryError": _JAVA_MEMORY,
    "MemoryError": "a Python worker had too little memory: give the machine more of it, or Spark "
    "fewer cores",
    "Python worker exited unexpectedly": f"a Python worker crashed or was killed, {_KILLED}",
    "No space left on device": "free space on the disk of the lake and on that of Spark, which is "
    "the folder of SPARK_LOCAL_DIRS or else /tmp",
}
_EXIT_CODES = {
    50: "an error that Java did not expect",
    52: _JAVA_MEMORY,
    53: "Spark's own folder cannot be made: free space on the disk of SPARK_LOCAL_DIRS, or else "
    "of /tmp",
}
"""Exit codes of Spark with a meaning of their own."""
_ENDS_WITHIN_S = 5.0
"""Seconds within which a Java that closed its connection has ended, if it is going to."""


@contextmanager
def translate_errors(job: str) -> Iterator[None]:
    """Turns every error of Spark, Java and the connection to Java into one with its reason.

    Args:
        job: Name of the job, for the message.

    Raises:
        SparkError: The block failed in Spark.
    """
    try:
        yield
    except (PySparkException, Py4JError, OSError, EOFError, PicklingError) as error:
        found = masking.mask(reason(error))
        raise SparkError(f"{job}: {_end_of_java(error) or found + _advice(found)}") from error


def reason(error: Exception) -> str:
    """The root cause in one line: of Java, or of the Python that a worker ran."""
    if isinstance(error, Py4JJavaError):
        return _python_cause(_java_cause(error.java_exception))
    return _python_cause(str(error) or type(error).__name__)


def _advice(reason_: str) -> str:
    return next((f"; {advice}" for text, advice in _ADVICE.items() if text in reason_), "")


def _end_of_java(error: Exception) -> str:
    """How the Java of this process has ended; empty for an error that does not come from that."""
    java = getattr(SparkContext._gateway, "proc", None)
    is_lost = isinstance(error, ConnectionError | EOFError | Py4JError)
    if java is None or not is_lost or isinstance(error, Py4JJavaError):
        return ""
    with suppress(subprocess.TimeoutExpired):
        return java_ended(java.wait(_ENDS_WITHIN_S))
    return ""


def java_ended(code: int) -> str:
    """A sentence for the exit code of Java. Pure."""
    if code < 0:
        name = signal.Signals(-code).name
        because = f", {_KILLED}" if -code == signal.SIGKILL else ""
        return f"Java was ended by {name}{because}"
    meaning = _EXIT_CODES.get(code, "its log is spark.log in the home folder")
    return f"Java has ended with exit code {code}: {meaning}"


def _java_cause(exception: Any) -> str:  # noqa: ANN401 -- an object of Java
    """Text of the innermost cause of a Java exception that has a message."""
    text = str(exception.toString())
    while (exception := exception.getCause()) is not None:
        if exception.getMessage():
            text = str(exception.toString())
    return text


def _python_cause(text: str) -> str:
    """Last line of the first traceback in a text; its first line when there is no traceback."""
    lines = [line for line in text.splitlines() if line.strip()]
    starts = [n for n, line in enumerate(lines) if line.startswith("Traceback (most recent call")]
    if not starts:
        return lines[0].strip() if lines else "no reason given"
    for line in lines[starts[-1] + 1 :]:
        if not line.startswith(" "):
            return line.strip()
    return lines[0].strip()
