"""Live checks: what a probe asks the world for on an interval, one model a kind.

Not here: how a probe asks; ``orchestration/probes`` has one module a kind.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from dataflow_health.health.frozen_model import CheckBase, Duration, FrozenModel, Name

Query = Annotated[str, Field(pattern=r"^\s*(?i:select|with)\b")]
"""One statement that reads; a probe runs it in a read-only transaction besides."""


class _Live(CheckBase):
    """What all live checks share.

    Attributes:
        name: The kind when not given.
        within: The whole answer, retries and all, must be there by then.
        every: How often it is asked.
        ttl: An answer this young is given again instead of asking; ``every`` when not given.
        retries: Quick failures that are asked again before the check is red.
    """

    name: Name = ""
    within: Duration = timedelta(seconds=2)
    every: Duration = timedelta(seconds=2)
    ttl: Duration | None = None
    retries: Annotated[int, Field(ge=0, le=10)] = 1

    @model_validator(mode="before")
    @classmethod
    def _named_by_kind(cls, given: object) -> object:
        if isinstance(given, dict) and "name" not in given:
            return given | {"name": given.get("kind", "")}
        return given

    @property
    def reused_for(self) -> timedelta:
        """How long an answer may be given again."""
        return self.ttl if self.ttl is not None else self.every


class _AtUrl(_Live):
    """A live check of something with a URL.

    Attributes:
        url: Where it is.
        url_from: Variable of the environment that says where, before ``url`` when it is set.
    """

    url: str = ""
    url_from: str = ""

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if not self.url and not self.url_from:
            raise ValueError("needs url or url_from")
        return self


class _AtPath(_Live):
    """A live check of a file or folder: a path, or any URL that fsspec reads.

    Attributes:
        path: Where it is.
        path_from: Variable of the environment that says where, before ``path`` when it is set.
    """

    path: str = ""
    path_from: str = ""

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if not self.path and not self.path_from:
            raise ValueError("needs path or path_from")
        return self


class _Bounded(FrozenModel):
    """Ends of a range, themselves included; at least one must be given.

    Attributes:
        at_least: Lower end.
        at_most: Upper end.
    """

    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("needs at_least or at_most")
        if None not in (self.at_least, self.at_most) and self.at_least > self.at_most:  # type: ignore[operator]
            raise ValueError(f"at_least {self.at_least} is above at_most {self.at_most}")
        return self


class FileExists(_AtPath):
    """The file or folder is there."""

    kind: Literal["file_exists"]


class FileAge(_AtPath):
    """The newest file that matches is no older than ``at_most``.

    Attributes:
        pattern: Glob inside ``path``; empty when ``path`` is the file itself.
        at_most: Oldest allowed.
    """

    kind: Literal["file_age"]
    pattern: str = ""
    at_most: Duration


class DiskFree(_AtPath):
    """The disk that holds the path has room. A path on no local disk passes.

    Attributes:
        at_least_pct: Free share of the disk.
        at_least_gb: Free space in 10^9 bytes.
    """

    kind: Literal["disk_free"]
    at_least_pct: Annotated[float, Field(ge=0, le=100)] = 5.0
    at_least_gb: Annotated[float, Field(ge=0)] = 0.0


class DatabaseAnswers(_AtUrl):
    """The database takes a connection and answers ``SELECT 1``."""

    kind: Literal["database_answers"]


class QueryReturns(_AtUrl):
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


class RowsBetween(_AtUrl, _Bounded):
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


class Freshness(_AtUrl):
    """The newest instant in a database is no older than ``at_most``.

    Attributes:
        query: One SELECT that returns one instant: ``SELECT max(uploaded_at) FROM algorithm_run``.
        at_most: Oldest allowed.
    """

    kind: Literal["freshness"]
    query: Query
    at_most: Duration


class QueueAge(_AtPath):
    """The oldest file that still waits is no older than ``at_most``; an empty queue passes.

    Attributes:
        pattern: Glob inside ``path`` of what counts as waiting.
        at_most: Longest wait allowed.
    """

    kind: Literal["queue_age"]
    pattern: str = "*"
    at_most: Duration


class HttpAnswers(_AtUrl):
    """A service answers GET as expected.

    Attributes:
        status: HTTP status.
        json_body: Expected values by dotted path into the JSON answer, such as ``data.state: up``.
    """

    kind: Literal["http_answers"]
    status: Annotated[int, Field(ge=100, le=599)] = 200
    json_body: Mapping[str, JsonValue] = {}


class TcpAnswers(_Live):
    """A port takes a connection and, if asked for, says what it should.

    Attributes:
        address: ``host:port``.
        address_from: Variable of the environment that says it, before ``address`` when it is set.
        sends: Text to send after connecting.
        expects: Text its answer must start with; empty when a connection is enough.
    """

    kind: Literal["tcp_answers"]
    address: str = ""
    address_from: str = ""
    sends: str = ""
    expects: str = ""

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if not self.address and not self.address_from:
            raise ValueError("needs address or address_from")
        return self


class ProcessRuns(_Live):
    """A program runs on this machine.

    Attributes:
        command: Regular expression over its command line.
        at_least: How many of it.
    """

    kind: Literal["process_runs"]
    command: Annotated[str, Field(min_length=1)]
    at_least: Annotated[int, Field(ge=1)] = 1


class SparkWorkers(_Live):
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


class DagsterDaemon(_Live):
    """Dagster's daemon is alive, so sensors, schedules and queued runs are served.

    Attributes:
        daemons: Daemon types that must beat, such as ``SENSOR``; empty means all that ever did.
        at_most: Oldest heartbeat allowed.
    """

    kind: Literal["dagster_daemon"]
    daemons: tuple[str, ...] = ()
    at_most: Duration = timedelta(seconds=90)


class Python(_Live):
    """An operator's own kind: a function of theirs is asked.

    Attributes:
        entry_point: ``package.module:function``; see ``orchestration/probes/python.py``.
        arguments: Handed to it.
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
)
"""Every live kind, told apart by ``kind``."""
