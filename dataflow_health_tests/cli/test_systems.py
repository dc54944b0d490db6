from dataflow_health.cli.systems import list_text, system_text
from dataflow_health.health.outside_system import (
    ListedTable,
    SystemDescription,
    Task,
    Workflow,
)
from dataflow_health.schemas import OutsideSystem
from dataflow_health_tests.cli.conftest import OperatorShell

DESCRIPTION = SystemDescription(
    version="3.3.2",
    components={"scheduler": "healthy"},
    workflows=(
        Workflow(name="copy", owners=("team-data",), last_state="failed", tasks=(Task(name="a"),)),
        Workflow(name="idle\x1b[2J", is_paused=True),
        Workflow(name="new"),
    ),
    tables=(ListedTable(name="public.finding", rows_estimate=1200, size_bytes=2_500_000),),
    left_out=("DAGs: 1 of 4",),
)


def test_a_system_is_shown_with_what_it_runs() -> None:
    system = OutsideSystem(
        process="airflow", check="runs", kind="airflow_runs", version="3.3.2", workflows=3,
        tables=1, age_s=120, error="refused", description=DESCRIPTION,
    )  # fmt: skip
    assert system_text(system).splitlines() == [
        "airflow.runs  airflow_runs  3.3.2  3 workflows  1 tables  2 min old  "
        "not described: refused",
        "  scheduler: healthy",
        "  copy: failed, 1 tasks, team-data",
        "  idle\\x1b[2J: switched off, 0 tasks",
        "  new: never ran, 0 tasks",
        "  public.finding: table, 0 columns, about 1,200 rows, 2.5 MB",
        "  not shown: DAGs: 1 of 4",
    ]
    unknown = system.model_copy(update={"description": None})
    assert len(system_text(unknown).splitlines()) == 1
    assert "No process watches another program" in list_text([])


def test_the_command_lists_systems_and_asks_none_that_is_unknown(shell: OperatorShell) -> None:
    assert "No process watches another program" in shell.output("systems", "--ask")
    assert shell.json("systems") == []
    assert "there are: none" in shell.output("systems", "spark", code=2)
