"""A program for a real Spark with its own page: it reads, writes, fails once, and waits."""

import sys
import time
from contextlib import suppress

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession, functions

folder, port = sys.argv[1:]
spark = (
    SparkSession.builder.master("local[1]")
    .appName("lake_export")
    .config("spark.ui.port", port)
    .config("spark.ui.showConsoleProgress", "false")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.sql.shuffle.partitions", "1")
    .config("spark.task.maxFailures", "1")
    .getOrCreate()
)
spark.range(9).write.parquet(f"file://{folder}/flights")
flights = spark.read.parquet(f"file://{folder}/flights")
flights.groupBy("id").count().write.csv(f"file://{folder}/counts")
spark.sparkContext.setJobDescription("copy of the night")
full = functions.raise_error(
    functions.concat(functions.lit("no space left: "), functions.col("id").cast("string"))
)
with suppress(PySparkException):
    flights.select(full).collect()
sys.stdout.write("FAILED\n")
sys.stdout.flush()
sys.stdin.readline()
flights.count()
time.sleep(600)
