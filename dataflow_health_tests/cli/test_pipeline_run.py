import io
import socket

from rich.console import Console

from dataflow_health.cli import pipeline_run
from dataflow_health.stages.chain import CHAIN


def test_the_operator_is_the_given_name_or_the_login_name_on_this_host(monkeypatch) -> None:
    monkeypatch.setenv("LOGNAME", "anna")
    assert pipeline_run.current_operator().name == "anna"
    named = pipeline_run.current_operator("berta")
    assert (named.name, named.origin) == ("berta", f"cli@{socket.gethostname()}")


def test_every_stage_has_one_bar_that_starts_again_with_the_next_day() -> None:
    bars = pipeline_run._bars(Console(file=io.StringIO()))
    show_progress = pipeline_run._progress_callback(bars)
    show_progress("parse", 3, 3)
    show_progress("store", 1, 3)
    show_progress("parse", 1, 2)
    assert [(task.description, task.completed, task.total) for task in bars.tasks] == [
        ("parse", 1, 2), ("store", 1, 3),
    ]  # fmt: skip


def test_spark_is_started_early_for_the_stages_that_say_they_need_it() -> None:
    declared = [stage.name for stage in CHAIN if "pyspark" in stage.kinds]
    assert list(pipeline_run.SPARK_STAGES) == declared
