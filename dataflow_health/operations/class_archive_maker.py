"""Makes the archive of Spark's classes with a Java of its own."""

from dataflow_health import settings
from dataflow_health.operations import class_archive, java_runtime, spark_session
from dataflow_health.settings import Settings
from dataflow_health.stages import spark_tasks


def is_wanted(chosen: Settings) -> bool:
    """Whether Java runs here and has no archive yet.

    Raises:
        SparkError: No Java runtime was found.
    """
    if not chosen.spark_master.startswith("local"):
        return False
    environ, folder = settings.environment(), chosen.java_folder
    return class_archive.is_wanted(java_runtime.find(environ, folder), environ, folder)


def make(chosen: Settings) -> None:
    """Starts Spark, has it do a small job, and keeps the classes that it has loaded.

    No other session may be in this process.

    Raises:
        SparkError: Spark did not start, or its job failed.
        OSError: The archive cannot be written.
        subprocess.TimeoutExpired: Java does not end.
    """
    folder = chosen.java_folder
    java = java_runtime.find(settings.environment(), folder)
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = class_archive.unfinished_path(folder)
    options = f"{chosen.spark_java_options} {class_archive.making_options(unfinished)}".strip()
    session = spark_session.start(chosen.model_copy(update={"spark_java_options": options}))
    spark_tasks.warm_up(session)
    spark_session.end(session)
    class_archive.keep(java, settings.environment(), unfinished)
