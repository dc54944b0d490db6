"""What another program runs, as its collector found it: workflows, tables and lineage.

Not here: whether that is well (its check says so), and how it is read.
"""

from collections.abc import Mapping

from pydantic import AwareDatetime

from dataflow_health.health.frozen_model import FrozenModel

Arrow = tuple[str, str]
"""Nodes of the lineage, ``kind:name``: what is read, and what is made from it."""


class Task(FrozenModel):
    """One step of a workflow.

    Attributes:
        name: Id of an Airflow task, or description of a Spark job.
        kind: Operator, or status of a Spark job.
        after: Steps that it waits for.
    """

    name: str
    kind: str = ""
    after: tuple[str, ...] = ()


class Workflow(FrozenModel):
    """A DAG of Airflow or an application of Spark.

    Attributes:
        name: Its id or name.
        describes: Description by its authors.
        owners: People or teams responsible.
        tags: Tags.
        schedule: When it runs.
        is_paused: Whether it is switched off.
        last_state: State of its newest run; empty when it never ran.
        last_at: Begin of its newest run.
        tasks: Its steps.
    """

    name: str
    describes: str = ""
    owners: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    schedule: str = ""
    is_paused: bool = False
    last_state: str = ""
    last_at: AwareDatetime | None = None
    tasks: tuple[Task, ...] = ()


class ListedColumn(FrozenModel):
    """A column of a table.

    Attributes:
        name: Its name.
        type: Type in the words of the database.
        is_nullable: Whether it may be empty.
        refers_to: ``schema.table.column`` of its foreign key; empty without one.
    """

    name: str
    type: str
    is_nullable: bool = True
    refers_to: str = ""


class ListedTable(FrozenModel):
    """A table or view.

    Attributes:
        name: ``schema.table``; without a schema where the database has none.
        kind: ``table`` or ``view``.
        columns: Its columns.
        rows_estimate: Rows by the database's statistics; None where it has none.
        size_bytes: Size on disk with its indexes; None where the database does not say it.
    """

    name: str
    kind: str = "table"
    columns: tuple[ListedColumn, ...] = ()
    rows_estimate: int | None = None
    size_bytes: int | None = None


class SystemDescription(FrozenModel):
    """What a collector found.

    Attributes:
        version: Version of the program.
        components: State of its parts: scheduler, workers, executors.
        workflows: DAGs or applications.
        tables: Tables and views.
        arrows: Lineage of what it runs.
        left_out: What was not read, because there is more than is shown.
    """

    version: str = ""
    components: Mapping[str, str] = {}
    workflows: tuple[Workflow, ...] = ()
    tables: tuple[ListedTable, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    left_out: tuple[str, ...] = ()
