"""Spark's REST API, of an application's own page or a history server, and a master's page."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from dataflow_health.errors import SystemUnavailable
from dataflow_health.health.outside_check import SparkJobs
from dataflow_health.monitoring.collectors import address, bounded_http
from dataflow_health.monitoring.collectors.bounded_http import BoundedHttp
from dataflow_health.monitoring.probes.result import ProbeContext

PATH = "/api/v1"
MOST_APPLICATIONS = 500


def _instant(given: object) -> object:
    """Spark writes ``2026-11-29T09:43:57.266GMT``, and the second before 1970 for never."""
    if isinstance(given, str):
        found = datetime.fromisoformat(given.removesuffix("GMT") + "+00:00")
        return found if found.year >= 1970 else None
    return given


Instant = Annotated[datetime | None, BeforeValidator(_instant)]


class SparkModel(BaseModel):
    """Base of answers, by Spark's own names; what is not needed is not read."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)


class Attempt(SparkModel):
    """One try of an application."""

    attempt_id: str | None = None
    start_time: Instant = None
    end_time: Instant = None
    last_updated: Instant = None
    completed: bool = False
    spark_user: str = ""
    app_spark_version: str = ""


class Application(SparkModel):
    """An application with its tries, newest first."""

    id: str
    name: str
    attempts: tuple[Attempt, ...] = ()

    @property
    def newest(self) -> Attempt:
        """Its newest try."""
        return self.attempts[0] if self.attempts else Attempt()

    @property
    def path(self) -> str:
        """Path of its resources."""
        attempt = (
            f"/{bounded_http.segment(self.newest.attempt_id)}" if self.newest.attempt_id else ""
        )
        return f"/applications/{bounded_http.segment(self.id)}{attempt}"


class Job(SparkModel):
    """A job of an application."""

    job_id: int
    name: str
    description: str = ""
    status: str
    submission_time: Instant = None
    completion_time: Instant = None
    stage_ids: tuple[int, ...] = ()

    @property
    def purpose(self) -> str:
        """What it is for: its description, else the line of the program that started it."""
        return self.description or self.name

    @property
    def key(self) -> str:
        """Same for a job and its repetition: PySpark names all jobs of a kind alike."""
        is_alike = not self.description and "NativeMethodAccessorImpl" in self.name
        return f"{self.name} {self.job_id}" if is_alike else self.purpose

    @property
    def at(self) -> datetime:
        """Time of its end, or of its begin while it runs."""
        return self.completion_time or self.submission_time or datetime.min.replace(tzinfo=UTC)


class FailedStage(SparkModel):
    """A stage of a job."""

    stage_id: int
    name: str
    status: str = ""
    failure_reason: str = ""


class ExecutorState(SparkModel):
    """An executor of an application; the driver is one."""

    id: str
    is_active: bool
    host_port: str = ""
    remove_time: Instant = None
    remove_reason: str = ""


class Execution(SparkModel):
    """An SQL execution with its plan."""

    id: int
    status: str = ""
    description: str = ""
    plan_description: str = ""


class MasterWorker(SparkModel):
    """A worker of a standalone master."""

    id: str
    state: str
    host: str = ""


class MasterApplication(SparkModel):
    """An application of a standalone master."""

    name: str
    state: str
    submitdate: str = ""
    starttime: int = 0


class Master(SparkModel):
    """What a standalone master says of itself, its workers and its applications."""

    status: str
    workers: tuple[MasterWorker, ...] = ()
    activeapps: tuple[MasterApplication, ...] = ()
    completedapps: tuple[MasterApplication, ...] = ()


Model = TypeVar("Model", bound=SparkModel)


@contextmanager
def opened(check: SparkJobs, base: str, context: ProbeContext) -> Iterator[BoundedHttp]:
    """Requests to a Spark page, with the check's token where it has one.

    Raises:
        NotConfigured: A secret is not set.
    """
    token = address.secret(check.token_from, context.environment) if check.token_from else ""
    with bounded_http.opened(base, context.within_s, {"token": token}) as http:
        if token:
            http.authorize(token)
        yield http


def some(http: BoundedHttp, model: type[Model], path: str, **query: Any) -> tuple[Model, ...]:  # noqa: ANN401
    """Items of a list; none where Spark has no such list, as an application without SQL.

    Raises:
        SystemUnavailable: Spark does not answer as its API promises.
    """
    wanted = TypeAdapter(tuple[model, ...])  # type: ignore[valid-type]
    found: tuple[Model, ...] = _valid(wanted, http.get(PATH + path, **query) or (), path)
    return found


def applications(http: BoundedHttp) -> tuple[Application, ...]:
    """Applications, newest first.

    Raises:
        SystemUnavailable: Spark does not answer as its API promises.
    """
    path = f"{PATH}/applications"
    answer = http.get(path, limit=MOST_APPLICATIONS)
    if not isinstance(answer, list):
        raise SystemUnavailable(f"{path}: not there; an application or history server is needed")
    found: tuple[Application, ...] = _valid(TypeAdapter(tuple[Application, ...]), answer, path)
    earliest = datetime.min.replace(tzinfo=UTC)
    return tuple(sorted(found, key=lambda each: each.newest.start_time or earliest, reverse=True))


def master(http: BoundedHttp) -> Master:
    """State of a standalone master.

    Raises:
        SystemUnavailable: The master does not answer as it should.
    """
    answer = http.get("/json/")
    if not isinstance(answer, Mapping):
        raise SystemUnavailable("/json/: not there; the page of a standalone master is needed")
    found: Master = _valid(TypeAdapter(Master), answer, "/json/")
    return found


def _valid(wanted: TypeAdapter[Any], found: object, path: str) -> Any:  # noqa: ANN401
    try:
        return wanted.validate_python(found)
    except (ValidationError, ValueError) as error:
        first = " ".join(str(error).splitlines()[:3])
        raise SystemUnavailable(f"{path}: unexpected answer: {first}") from None
