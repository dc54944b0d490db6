"""Live checks that a probe runs on an interval: one model a kind.

Not here: the probes themselves, one module a kind in ``monitoring/probes``; the kinds that check
this installation itself (``self_check``), and those of other programs and what they run
(``outside_check``).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from dataflow_health.health.frozen_model import Duration
from dataflow_health.health.outside_check import SystemCheck
from dataflow_health.health.self_check import SelfCheck
from dataflow_health.health.timed_check import (
    PathCheck,
    Range,
    TimedCheck,
    UrlCheck,
    require_one_of,
)

Query = Annotated[str, Field(pattern=r"^\s*(?i:select|with)\b")]
"""One reading statement; the probe also runs it in a read-only transaction."""


class FileExists(PathCheck):
    """The file or folder is there; a folder on this machine can be listed."""

    kind: Literal["file_exists"]


class FileAge(PathCheck):
    """The newest file that matches is no older than ``at_most``.

    Attributes:
        pattern: Glob inside ``path``; empty when ``path`` is the file itself.
        at_most: Oldest allowed.
    """

    kind: Literal["file_age"]
    pattern: str = ""
    at_most: Duration


class DiskFree(PathCheck):
    """The disk that holds the path has room. A path on no local disk passes.

    Attributes:
        at_least_pct: Free share of the disk.
        at_least_gb: Free space in 10^9 bytes.
    """

    kind: Literal["disk_free"]
    at_least_pct: Annotated[float, Field(ge=0, le=100)] = 5.0
    at_least_gb: Annotated[float, Field(ge=0)] = 0.0


class DatabaseAnswers(UrlCheck):
    """The database takes a connection and answers ``SELECT 1``."""

    kind: Literal["database_answers"]


class QueryReturns(UrlCheck):
    """The first value of the first row is as expected; the query runs read-only.

    Attributes:
        query: One SELECT.
        equals: The value; or give ``at_least``, ``at_most``.
        at_least: Lower end of what the value may be.
        at_most: Upper end of what the value may be.
    """

    kind: Literal["query_returns"]
    query: Query
    equals: JsonValue = None
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        if self.equals is None and self.at_least is None and self.at_most is None:
            raise ValueError("needs equals, at_least or at_most")
        return self


class RowsBetween(UrlCheck, Range):
    """A table holds a plausible number of rows.

    Attributes:
        table: Its name, ``schema.table`` allowed.
        instant: Column of an instant; with ``during``, only younger rows are counted.
        during: How young.
    """

    kind: Literal["rows_between"]
    table: Annotated[str, Field(pattern=r"^\w+(\.\w+)?$")]
    instant: Annotated[str, Field(pattern=r"^\w*$")] = ""
    during: Duration | None = None

    @model_validator(mode="after")
    def _instant_with_during(self) -> Self:
        if bool(self.instant) != (self.during is not None):
            raise ValueError("instant and during go together")
        return self


class Freshness(UrlCheck):
    """The newest instant in a database is no older than ``at_most``.

    Attributes:
        query: One SELECT that returns one instant: ``SELECT max(uploaded_at) FROM algorithm_run``.
        at_most: Oldest allowed.
    """

    kind: Literal["freshness"]
    query: Query
    at_most: Duration


class QueueAge(PathCheck):
    """The oldest file that still waits is no older than ``at_most``; an empty queue passes.

    Attributes:
        pattern: Glob inside ``path`` of what counts as waiting.
        at_most: Longest wait allowed.
    """

    kind: Literal["queue_age"]
    pattern: str = "*"
    at_most: Duration


class HttpAnswers(UrlCheck):
    """A service answers GET as expected.

    Attributes:
        status: HTTP status.
        json_body: Expected values by dotted path into the JSON answer, such as ``data.state: up``.
    """

    kind: Literal["http_answers"]
    status: Annotated[int, Field(ge=100, le=599)] = 200
    json_body: Mapping[str, JsonValue] = {}


class TcpAnswers(TimedCheck):
    """A port accepts a connection and, if configured, returns the expected text.

    Attributes:
        address: ``host:port``.
        address_from: Variable of the environment that says it, before ``address`` when it is set.
        sends: Text to send after connecting.
        expects: Text that the reply must start with; empty when a connection is enough.
    """

    kind: Literal["tcp_answers"]
    address: str = ""
    address_from: str = ""
    sends: str = ""
    expects: str = ""

    _has_address = require_one_of("address", "address_from")


class ProcessRuns(TimedCheck):
    """A program runs on this machine.

    Attributes:
        command: Regular expression over its command line.
        at_least: How many of it.
    """

    kind: Literal["process_runs"]
    command: Annotated[str, Field(min_length=1)]
    at_least: Annotated[int, Field(ge=1)] = 1


class SparkWorkers(TimedCheck):
    """The Spark master has living workers. A ``local[n]`` master is its own worker and passes.

    Attributes:
        master: ``spark://host:port`` or ``local[n]``.
        master_from: Variable of the environment that says it, before ``master`` when it is set.
        url: The master's web page; ``http://<host of master>:8080`` when not given.
        at_least: How many workers.
    """

    kind: Literal["spark_workers"]
    master: str = "local[*]"
    master_from: str = ""
    url: str = ""
    at_least: Annotated[int, Field(ge=1)] = 1


class DagsterDaemon(TimedCheck):
    """Dagster's daemon is alive, so sensors, schedules and queued runs are served.

    Attributes:
        daemons: Daemon types that must beat, such as ``SENSOR``; empty means all that ever did.
        at_most: Oldest heartbeat allowed.
    """

    kind: Literal["dagster_daemon"]
    daemons: tuple[str, ...] = ()
    at_most: Duration = timedelta(seconds=90)


class Python(TimedCheck):
    """Calls an operator's own Python function.

    Attributes:
        entry_point: ``package.module:function``; docs/health.md shows its signature.
        arguments: Passed to the function.
    """

    kind: Literal["python"]
    entry_point: Annotated[str, Field(pattern=r"^[\w.]+:\w+$")]
    arguments: Mapping[str, JsonValue] = {}


LiveCheck = (
    FileExists
    | FileAge
    | DiskFree
    | DatabaseAnswers
    | QueryReturns
    | RowsBetween
    | Freshness
    | QueueAge
    | HttpAnswers
    | TcpAnswers
    | ProcessRuns
    | SparkWorkers
    | DagsterDaemon
    | Python
    | SystemCheck
    | SelfCheck
)
"""Every kind of live check, distinguished by ``kind``."""
