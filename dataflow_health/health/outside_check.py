"""Live checks of other programs and what they run: Airflow, Spark and databases.

Not here: how they are read (``monitoring/collectors``).
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from dataflow_health.health.frozen_model import Count, Duration, FrozenModel
from dataflow_health.health.timed_check import UrlCheck

SecretVariable = Annotated[
    str, Field(pattern=r"^$|^[A-Z][A-Z0-9_]*(PASSWORD|TOKEN|SECRET|KEY|CREDENTIAL)[A-Z0-9_]*$")
]
"""Variable of a secret. By these words its value is known, and masked wherever it would stand."""

TableName = Annotated[str, Field(pattern=r"^\w+(\.\w+)?$")]


class OutsideCheck(UrlCheck):
    """A check of another program, which is asked less often than its port would be.

    Attributes:
        within: Time limit of the probe, retries included.
        every: Interval of the probe.
    """

    within: Duration = timedelta(seconds=10)
    every: Duration = timedelta(seconds=30)


class WebCheck(OutsideCheck):
    """A check of a program with an HTTP API.

    Attributes:
        user: User to sign in as.
        password_from: Variable of the environment that says its password.
        token_from: Variable of the environment that says a token; then no user is needed.
    """

    user: str = ""
    password_from: SecretVariable = ""
    token_from: SecretVariable = ""

    @model_validator(mode="after")
    def _is_a_web_address(self) -> Self:
        if self.url:
            require_web_address(self.url)
        return self

    @model_validator(mode="after")
    def _user_with_password(self) -> Self:
        if bool(self.user) != bool(self.password_from):
            raise ValueError("user and password_from go together")
        return self


def require_web_address(url: str) -> None:
    """Refuses what is not the plain address of a web server.

    Raises:
        ValueError: It has another scheme, no host, a user, a query or a control character.
    """
    parts = urlsplit(url)
    is_plain = re.fullmatch(r"[!-~]+", url) and not (parts.query or parts.fragment)
    if parts.scheme not in ("http", "https") or not parts.hostname or not is_plain:
        raise ValueError("the address must be http:// or https:// with a host and without a query")
    if parts.username is not None or parts.password is not None:
        raise ValueError("the address holds a user: use user and password_from, or token_from")


class AirflowRuns(WebCheck):
    """Airflow 3 is healthy, and the newest finished run of each DAG succeeded.

    Attributes:
        dags: Ids of the DAGs that must be there and switched on; empty for all that are on.
        at_most: Oldest allowed end of the newest successful run of each of ``dags``.
        running_at_most: Longest time that a run may take.
        heartbeat_at_most: Oldest heartbeat allowed of scheduler and DAG processor.
        import_errors: Whether a DAG file that cannot be imported fails the check.
    """

    kind: Literal["airflow_runs"]
    dags: Annotated[tuple[str, ...], Field(max_length=50)] = ()
    at_most: Duration | None = None
    running_at_most: Duration | None = None
    heartbeat_at_most: Duration = timedelta(minutes=2)
    import_errors: bool = True

    @model_validator(mode="after")
    def _age_of_named_dags(self) -> Self:
        if self.at_most is not None and not self.dags:
            raise ValueError("at_most needs dags: the ids of those that run so often")
        return self


class SparkJobs(WebCheck):
    """The newest application of each name has no failed job, stage or lost executor.

    Give the address of an application's own web page (port 4040) or of a history server (18080),
    and that of a standalone master as ``master_url``; or one of them.

    Attributes:
        master_url: Page of a standalone master: it is alive, has workers, and nothing waits long.
        applications: Names of applications that must be there; empty for all.
        at_most: Oldest allowed end of the newest finished application of each of these names.
        during: Failures and losses that count; older ones are history.
        lost_executors_at_most: Executors of a running application that may be lost ``during``.
        workers_at_least: Living workers of the master.
        waiting_at_most: Longest time that an application may wait for cores.
    """

    kind: Literal["spark_jobs"]
    master_url: str = ""
    applications: Annotated[tuple[str, ...], Field(max_length=50)] = ()
    at_most: Duration | None = None
    during: Duration = timedelta(days=1)
    lost_executors_at_most: Count = 0
    workers_at_least: Count = 1
    waiting_at_most: Duration = timedelta(minutes=10)

    @model_validator(mode="before")
    @classmethod
    def _master_alone(cls, given: object) -> object:
        """Takes the master's page for the address, where nothing else is read."""
        if isinstance(given, dict) and not given.get("url") and not given.get("url_from"):
            return given | {"url": given.get("master_url", "")}
        return given

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.master_url:
            require_web_address(self.master_url)
        if self.at_most is not None and not self.applications:
            raise ValueError("at_most needs applications: the names of those that run so often")
        if self.reads_master_only and (self.applications or self.at_most):
            raise ValueError("applications are read from url or url_from, not from master_url")
        return self

    @property
    def reads_master_only(self) -> bool:
        """Whether only the master's page is read."""
        return not self.url_from and self.url == self.master_url


class DeclaredTable(FrozenModel):
    """What a table must have.

    Attributes:
        columns: Names of columns that must be there.
        newest: Column of an instant; with ``at_most``, the newest row may be no older.
        at_most: Oldest allowed instant of the newest row.
    """

    columns: tuple[str, ...] = ()
    newest: Annotated[str, Field(pattern=r"^\w*$")] = ""
    at_most: Duration | None = None

    @model_validator(mode="after")
    def _newest_with_age(self) -> Self:
        if bool(self.newest) != (self.at_most is not None):
            raise ValueError("newest and at_most go together")
        return self


class DatabaseTables(OutsideCheck):
    """The database answers, has the tables with their columns, and new rows arrive.

    Attributes:
        tables: What must be there, by table, ``schema.table`` allowed.
        schemas: Schemas whose tables are listed; the default one when empty.
    """

    kind: Literal["database_tables"]
    tables: Annotated[Mapping[TableName, DeclaredTable], Field(max_length=200)] = {}
    schemas: Annotated[tuple[str, ...], Field(max_length=20)] = ()


SystemCheck = AirflowRuns | SparkJobs | DatabaseTables
"""Every kind of check that also describes what the other program runs."""

SYSTEM_CHECKS = (AirflowRuns, SparkJobs, DatabaseTables)
"""The same, for ``isinstance``."""
