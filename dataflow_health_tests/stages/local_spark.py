"""A Spark session on this machine, as a run starts it."""

from pathlib import Path

from pyspark.sql import SparkSession

from dataflow_health.operations.spark_session import prepare_environment, spark_config
from dataflow_health.settings import Settings


def start(home: Path) -> SparkSession:
    """A session that keeps its files in a folder."""
    chosen = Settings(home=home, spark_driver_memory="1g")
    prepare_environment(chosen)
    builder = SparkSession.builder
    for key, value in spark_config(chosen).items():
        builder = builder.config(key, value)
    return builder.getOrCreate()
