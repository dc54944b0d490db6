"""Airflow's REST API, version 2: signing in, and its answers as models."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from dataflow_health.errors import SystemUnavailable
from dataflow_health.health.outside_check import AirflowRuns
from dataflow_health.monitoring.collectors import address, bounded_http
from dataflow_health.monitoring.collectors.bounded_http import BoundedHttp, SignInRefused
from dataflow_health.monitoring.probes.result import ProbeContext

PATH = "/api/v2"
PAGE = 100
"""Airflow's own limit of a page, ``maximum_page_limit``."""
MOST_DAGS = 1000
TOKEN_FOR_S = 600.0
"""Time for which a token is used again; Airflow's are valid for a day."""

_tokens: dict[tuple[str, str, str], tuple[str, float]] = {}
_lock = Lock()


class AirflowModel(BaseModel):
    """Base of answers: what is not needed is not read."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Dag(AirflowModel):
    """A DAG, as Airflow lists it."""

    class Tag(AirflowModel):
        """A tag of a DAG."""

        name: str

    dag_id: str
    is_paused: bool | None = False
    description: str | None = None
    owners: tuple[str, ...] = ()
    tags: tuple[Tag, ...] = ()
    timetable_description: str | None = None


class DagRun(AirflowModel):
    """A run of a DAG."""

    dag_run_id: str
    dag_id: str
    state: str
    start_date: AwareDatetime | None = None
    end_date: AwareDatetime | None = None


class TaskInstance(AirflowModel):
    """A task of a run."""

    task_id: str
    state: str | None = None


class ImportFailure(AirflowModel):
    """A DAG file that cannot be imported."""

    filename: str
    stack_trace: str = ""


class AirflowTask(AirflowModel):
    """A task of a DAG."""

    task_id: str
    operator_name: str | None = None
    downstream_task_ids: tuple[str, ...] = ()


class DagReference(AirflowModel):
    """A DAG that an asset schedules."""

    dag_id: str


class TaskReference(AirflowModel):
    """A task that produces or consumes an asset."""

    dag_id: str
    task_id: str


class AirflowAsset(AirflowModel):
    """Data that tasks produce and consume."""

    name: str
    uri: str
    scheduled_dags: tuple[DagReference, ...] = ()
    producing_tasks: tuple[TaskReference, ...] = ()
    consuming_tasks: tuple[TaskReference, ...] = ()


class Component(AirflowModel):
    """State of one of Airflow's programs."""

    model_config = ConfigDict(frozen=True, extra="allow")

    status: str | None = None

    @property
    def heartbeat_at(self) -> str:
        """Time of its newest heartbeat; empty when it has none."""
        found = (self.model_extra or {}).items()
        return next((str(at) for name, at in found if name.endswith("_heartbeat") and at), "")


Model = TypeVar("Model", bound=AirflowModel)


@contextmanager
def signed_in(check: AirflowRuns, context: ProbeContext) -> Iterator[BoundedHttp]:
    """Requests to Airflow in the name of the check's user.

    Raises:
        NotConfigured: An address or a secret is not set.
        SystemUnavailable: Airflow does not answer or refuses the user.
    """
    base = address.of_web_check(check, context.environment)
    variable = check.token_from or check.password_from
    found = address.secret(variable, context.environment) if variable else ""
    with bounded_http.opened(base, context.within_s, {"of_check": found}) as http:
        if check.token_from:
            http.authorize(found)
        elif check.user:
            http.authorize(_token(http, base, check.user, found))
        try:
            yield http
        except SignInRefused:
            with _lock:
                _tokens.pop((base, check.user, found), None)
            raise


def _token(http: BoundedHttp, base: str, user: str, password: str) -> str:
    """A token for a user: the last one while it is young, as signing in takes long."""
    key = (base, user, password)
    with _lock:
        token, until_s = _tokens.get(key, ("", 0.0))
    if time.monotonic() < until_s:
        return token
    answer = http.post("/auth/token", {"username": user, "password": password})
    given = answer.get("access_token") if isinstance(answer, Mapping) else None
    if not isinstance(given, str) or not given:
        raise SystemUnavailable("/auth/token: the answer has no access_token")
    with _lock:
        _tokens[key] = (given, time.monotonic() + TOKEN_FOR_S)
    return given


def one(model: type[Model], found: Any, path: str) -> Model:  # noqa: ANN401
    """An answer as a model.

    Raises:
        SystemUnavailable: It is not what Airflow's API promises.
    """
    try:
        return model.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(each) for each in first["loc"])
        raise SystemUnavailable(f"{path}: unexpected answer: {place}: {first['msg']}") from None


def some(
    http: BoundedHttp, model: type[Model], path: str, key: str, most: int = PAGE, **query: str
) -> tuple[tuple[Model, ...], int]:
    """Items of a list, page by page, and how many there are in all.

    Args:
        http: Requests.
        model: Model of an item.
        path: Path after the version.
        key: Key of the items in the answer.
        most: Most items to read.
        query: Further parameters.

    Raises:
        SystemUnavailable: Airflow does not answer as its API promises.
    """
    items: list[Model] = []
    total = 1
    while len(items) < min(total, most):
        limit = min(PAGE, most - len(items))
        answer = http.get(PATH + path, limit=limit, offset=len(items), **query)
        if answer is None:
            raise SystemUnavailable(f"{path}: not there; an address of Airflow 3 is needed")
        if not isinstance(answer, Mapping) or not isinstance(answer.get(key), list):
            raise SystemUnavailable(f"{path}: the answer has no list {key}")
        page = [one(model, each, path) for each in answer[key]]
        items += page
        total = int(answer.get("total_entries") or 0) if page else len(items)
    return tuple(items[:most]), max(total, len(items))
