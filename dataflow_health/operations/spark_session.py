"""Starts the Spark session: on this machine, on a cluster, or on a Spark Connect server."""

import socket
import sys
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from loguru import logger
from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from dataflow_health import masking, settings
from dataflow_health.errors import SparkError
from dataflow_health.operations import class_archive, java_runtime
from dataflow_health.operations.java_runtime import JavaRuntime
from dataflow_health.settings import Settings

CONNECT = "sc://"
"""Start of the URL of a Spark Connect server."""
ANSWER_S = 10.0
"""Seconds within which a master takes a connection; Spark itself would try for a minute."""
JAVA_OPTIONS = "spark.driver.extraJavaOptions"
ENDS_WITHIN_S = 120.0
"""Seconds within which Java ends; one that writes an archive of classes needs some."""
_STARTING = Lock()
"""Held while a session is started: a run begins that in the background."""
LOG = "spark.log"
"""File in the home folder with what Java writes to standard error."""


def start(chosen: Settings) -> SparkSession:
    """A session; one of this process that no longer works is forgotten.

    Args:
        chosen: The settings.

    Raises:
        SparkError: No Java runtime was found, the master does not answer, or Spark did not start.
    """
    with _STARTING:
        return _start(chosen)


def _start(chosen: Settings) -> SparkSession:
    master = chosen.spark_master
    try:
        _reach(master)
        if master.startswith(CONNECT):
            return _configured(chosen, SparkSession.builder.remote(master))
        _forget_dead()
        if SparkContext._active_spark_context is None:
            _launch(chosen, prepare_environment(chosen))
        return _configured(chosen, SparkSession.builder)
    except SparkError:
        raise
    except Exception as error:
        reason = masking.mask(str(error) or type(error).__name__)
        log = _last_line(chosen.home / LOG)
        raise SparkError(f"Spark at {master} did not start: {reason}{log}") from error


def end(session: SparkSession) -> None:
    """Ends a session of this process and its Java.

    Raises:
        subprocess.TimeoutExpired: Java does not end.
    """
    session.stop()
    gateway, SparkContext._gateway, SparkContext._jvm = SparkContext._gateway, None, None
    if gateway is not None:
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait(ENDS_WITHIN_S)


def is_alive(session: SparkSession) -> bool:
    """Whether a session neither stopped nor lost its Java or its server."""
    java = getattr(SparkContext._gateway, "proc", None)
    if java is not None and java.poll() is not None:
        return False
    try:
        if not hasattr(session, "_jsc"):  # of Connect: a request to its server
            return bool(session.conf.get("spark.sql.session.timeZone"))
        return not session._jsc.sc().isStopped()
    except (PySparkException, Py4JError, OSError, AttributeError):
        return False


def _forget_dead() -> None:
    """Ends what is left of a context that no longer works, so that another can be started."""
    session, context = SparkSession._instantiatedSession, SparkContext._active_spark_context
    if session is None or is_alive(session):
        return
    with suppress(Py4JError, OSError, AttributeError):
        session.stop()
    SparkSession._instantiatedSession = SparkContext._active_spark_context = None
    java = getattr(SparkContext._gateway, "proc", None)
    if context is not None and java is not None:
        java.kill()
        java.wait()
        SparkContext._gateway = SparkContext._jvm = None


def _reach(master: str) -> None:
    """Connects to the first address of a standalone master or a Connect server that answers."""
    if not master.startswith(("spark://", CONNECT)):
        return
    problems = []
    scheme, _, addresses = master.partition("://")
    for address in addresses.partition("/")[0].split(","):
        parts = urlsplit(f"{scheme}://{address.partition(';')[0]}")
        try:
            server = (parts.hostname or "", parts.port or (15002 if scheme == "sc" else 7077))
            socket.create_connection(server, ANSWER_S).close()
        except (OSError, ValueError) as error:
            problems.append(f"{address}: {error}")
        else:
            return
    raise SparkError(f"Spark at {masking.mask_url(master)} does not answer: {'; '.join(problems)}")


def _launch(chosen: Settings, java: JavaRuntime) -> None:
    """Starts Java, and Spark in it.

    Keys of the object store are no words of its command line, which others can read.
    """
    given = spark_config(chosen)
    gateway = SparkContext._gateway or _start_java(chosen, java, given)
    conf = SparkConf(_jvm=gateway.jvm).setAll(list((given | _store_access(chosen)).items()))
    SparkContext(conf=conf, gateway=gateway)


def _start_java(chosen: Settings, java: JavaRuntime, given: dict[str, str]) -> Any:  # noqa: ANN401
    """Starts Java from the archive of Spark's classes if there is one, else without."""
    archive = class_archive.find(java, settings.environment(), chosen.java_folder)
    if archive is None:
        return _start_gateway(chosen, given)
    try:
        options = f"{given[JAVA_OPTIONS]} {class_archive.java_options(archive)}".strip()
        return _start_gateway(chosen, given | {JAVA_OPTIONS: options})
    except PySparkException:
        logger.warning("Java does not start from {}: it is no longer used", archive)
        class_archive.give_up(archive)
        return _start_gateway(chosen, given)


def _start_gateway(chosen: Settings, given: dict[str, str]) -> Any:  # noqa: ANN401 -- py4j has no types
    """Starts Java with standard error in a file; in the terminal it would disturb the bars."""
    with (chosen.home / LOG).open("ab") as log:
        conf = SparkConf().setAll(list(given.items()))
        return launch_gateway(conf, {"stderr": log})  # type: ignore[no-untyped-call]


def _configured(chosen: Settings, builder: Any) -> SparkSession:  # noqa: ANN401 -- two kinds
    for key, value in spark_config(chosen).items():
        if key.startswith("spark.sql.") or not chosen.spark_master.startswith(CONNECT):
            builder = builder.config(key, value)
    session: SparkSession = builder.getOrCreate()
    return session


def _store_access(chosen: Settings) -> dict[str, str]:
    """Access to object storage for workers on other machines, as this process has it."""
    if chosen.spark_master.startswith("local") or chosen.lake_url.startswith("file:"):
        return {}
    return {f"spark.executorEnv.{k}": v for k, v in settings.store_environment().items()}


def _last_line(log: Path) -> str:
    """The last line of Java's log that names an error, in brackets; empty when there is none."""
    with suppress(OSError):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-200:]
        found = [line.strip() for line in lines if "Error" in line or "Exception" in line]
        return f" ({masking.mask(found[-1])})" if found else ""
    return ""


def prepare_environment(chosen: Settings) -> JavaRuntime:
    """Sets the Java runtime and the Python of Spark, unless the environment already sets them."""
    environ = settings.environment()
    found = java_runtime.find(environ, chosen.java_folder)
    pythons = ("PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON")
    settings.provide(
        {"JAVA_HOME": str(found.home)}
        | {name: environ.get(name, sys.executable) for name in pythons}
    )
    return found


JSON_LAYOUT = "classpath:org/apache/spark/log4j2-json-layout.properties"
"""Spark's own configuration of log4j for lines of JSON; it writes text before it has read another.

Three lines of each start stay text, which Java and Spark's shell print past the log.
"""


def _java_options(chosen: Settings) -> str:
    if chosen.log_format != "json":
        return chosen.spark_java_options
    return f"{chosen.spark_java_options} -Dlog4j2.configurationFile={JSON_LAYOUT}".strip()


def spark_config(chosen: Settings) -> dict[str, str]:
    """Configuration of the Spark session.

    Two shuffle partitions suit one machine (with 200, jobs take 1.3 to 1.8 times as long).
    Partition values stay text: with type inference, a day would become a date, and a digest of
    digits a number.
    """
    is_local = chosen.spark_master.startswith("local")
    return {
        "spark.app.name": "dataflow-health",
        "spark.master": chosen.spark_master,
        "spark.driver.memory": chosen.spark_driver_memory,
        JAVA_OPTIONS: _java_options(chosen),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
        # Otherwise a union of single partitions is one partition: one core, one file for a fleet.
        "spark.sql.unionOutputPartitioning": "false",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
        "spark.sql.files.ignoreMissingFiles": "false",
        # Each worker has a core for itself; polars would start a thread for every core in each.
        "spark.executorEnv.POLARS_MAX_THREADS": "1",
        "spark.sql.warehouse.dir": (chosen.home / "spark-warehouse").as_uri(),
        # Workers on other machines must reach the driver, so localhost is for a local master only.
        **({"spark.driver.host": "localhost"} if is_local else {}),
    }
